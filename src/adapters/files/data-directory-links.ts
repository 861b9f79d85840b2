// The parts of a data directory that are elsewhere: its WAL, and its tablespaces.

import { readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from './error-code.ts';

export interface DataDirectoryLink {
  /** Path of the link within the data directory. */
  readonly path: string;
  /** Absolute path of what it leads to. */
  readonly target: string;
}

async function readTarget(path: string): Promise<string | null> {
  try {
    return resolve(dirname(path), await readlink(path));
  } catch (error) {
    // EINVAL: it is a directory and no link.
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(errorCode(error))) return null;
    throw error;
  }
}

async function tablespaceNames(dataDirectory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(join(dataDirectory, 'pg_tblspc'));
    return names.filter((name) => /^\d+$/u.test(name)).map((name) => join('pg_tblspc', name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return [];
    throw error;
  }
}

/** All links that a server of this directory follows; none where there is no directory. */
export async function dataDirectoryLinks(
  dataDirectory: string,
): Promise<readonly DataDirectoryLink[]> {
  const names = ['pg_wal', 'pg_xlog', ...(await tablespaceNames(dataDirectory))];
  const links: DataDirectoryLink[] = [];
  for (const name of names) {
    const path = join(dataDirectory, name);
    const target = await readTarget(path);
    if (target !== null) links.push({ path, target });
  }
  return links;
}

/** The directory itself, where a link may lead to it; null where there is none. */
export async function realDirectory(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null;
    throw error;
  }
}
