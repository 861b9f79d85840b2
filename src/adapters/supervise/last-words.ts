// What a service under our supervisor said last, for the status of its unit.

import { readFileSync } from 'node:fs';

/** The text of a small file; null where it is not there, or not ours to read: in both cases it tells nothing. */
export function readTextIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The supervisor's own lines say only that the service ended, and its lines before that why. */
export function lastWordsIn(log: string): string {
  const said = (readTextIfThere(log) ?? '').split('\n');
  return said.findLast((line) => line.trim() !== '' && !line.includes(' pg-supervise: ')) ?? '';
}
