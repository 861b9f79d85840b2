// Looks at a data directory from outside: whether a cluster is in it, of which version, and whose it is.

import { errorCode } from '#adapters/files/error-code.ts';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from './atomic-file.ts';

export type DataDirectory =
  | { readonly kind: 'absent' }
  | { readonly kind: 'empty'; readonly uid: number }
  | { readonly kind: 'cluster'; readonly major: string; readonly uid: number }
  /** Something is in it, and it is no complete cluster; `found` are some of the names. */
  | { readonly kind: 'other'; readonly found: readonly string[] };

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Reads what is there; throws where the directory can't be read at all. */
export async function readDataDirectory(path: string): Promise<DataDirectory> {
  if (!(await exists(path))) return { kind: 'absent' };
  const { uid } = await stat(path);
  const names = await readdir(path);
  if (names.length === 0) return { kind: 'empty', uid };
  const version = await readIfThere(join(path, 'PG_VERSION'));
  // A directory without its control file can't be started. It may hold the only copy of somebody's data
  // all the same, so it is never taken for a fresh one.
  if (version !== null && (await exists(join(path, 'global', 'pg_control')))) {
    return { kind: 'cluster', major: version.trim(), uid };
  }
  return { kind: 'other', found: names.sort().slice(0, 5) };
}
