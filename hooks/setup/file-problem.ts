// Tells a machine that does not let us write or read a file from a mistake of ours.

import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';

const hints: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'Give the directory to the user PostgreSQL runs as, or run this as root'],
  ['EPERM', 'Give the directory to the user PostgreSQL runs as, or run this as root'],
  ['ENOSPC', 'Free space on that disk'],
  ['EDQUOT', 'Raise the quota of the user PostgreSQL runs as, or free space'],
  ['EROFS', 'Mount that disk for writing'],
  ['ENOTDIR', 'Move the file that is where a directory is to be'],
]);

/** The problem this error of the file system is, or null where it is none an operator can do something about. */
export function fileProblem(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const code = String(error.code);
  const hint = hints.get(code);
  if (hint === undefined) return null;
  const path = 'path' in error ? String(error.path) : 'a file';
  return problem('FILE_NOT_WRITABLE', `Cannot use ${path}: ${code} (${error.message})`, hint);
}
