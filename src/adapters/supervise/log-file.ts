// The log of the agent and of the supervisor: one file both append to, so that neither needs the other to
// write, and one older file.

import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';

/** Size at which the file is put aside, bytes. */
const usualSizeMax = 25_000_000;

/** Opens it for the agent to write to. A disk that does not let us must not keep the agent down. */
export function openLog(path: string): number | 'ignore' {
  try {
    return openSync(path, 'a', 0o600);
  } catch {
    return 'ignore';
  }
}

export function closeLog(descriptor: number | 'ignore'): void {
  if (descriptor !== 'ignore') closeSync(descriptor);
}

/**
 * Puts a file that is too large aside. Who has it open goes on at its new beginning, as all append. Where there is no
 * room for the older one it is given up; where nothing can be done the file grows on.
 */
export function rotateLog(path: string, sizeMax: number = usualSizeMax): void {
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < sizeMax) return;
    copyOrGiveUp(path, `${path}.1`);
    truncateSync(path);
  } catch {
    // The storage may be gone, or only to be read: the agent will say so where it matters.
  }
}

function copyOrGiveUp(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch {
    rmSync(to, { force: true });
  }
}

/** A full disk must not stop what this only tells of. */
export function logLine(path: string, sentence: string): void {
  const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
  try {
    appendFileSync(path, `${time} pg-supervise: ${sentence}\n`, { mode: 0o600 });
  } catch (error) {
    process.stderr.write(`${sentence} (${String(error)})\n`);
  }
}
