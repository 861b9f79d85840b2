// Writes a file so that a reader sees the old content or the new, whatever dies in between.

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Replaces `path` by `content` with `mode`, 0600 unless said otherwise. The new content stands beside
 * the file until it is whole and on disk. Throws the system's error when the folder can't be written.
 */
export function writeFileAtomically(path: string, content: string, mode = 0o600): void {
  const beside = `${path}.new`;
  const file = openSync(beside, 'w', mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}
