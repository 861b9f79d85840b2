// Moves a data directory aside with its WAL and its tablespaces, and deletes nothing: what a failed attempt left is
// evidence, and may be the only copy.

import { chown, lstat, mkdir, rename, stat, symlink } from 'node:fs/promises';
import type { DataDirectoryLink } from './data-directory-links.ts';
import { dataDirectoryLinks, realDirectory } from './data-directory-links.ts';
import { errorCode } from './error-code.ts';

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** `<path>.<suffix>`, or the first of `<path>.<suffix>.2`, `.3` and so on that nothing bears. */
async function freeName(path: string, suffix: string): Promise<string> {
  const first = `${path}.${suffix}`;
  if (!(await isThere(first))) return first;
  for (let number = 2; ; number += 1) {
    const name = `${first}.${number}`;
    if (!(await isThere(name))) return name;
  }
}

async function moveOne(path: string, suffix: string): Promise<string> {
  const to = await freeName(path, suffix);
  try {
    await rename(path, to);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EBUSY') {
      throw new Error(
        `Cannot rename ${path}: it is the root of a disk. Move its content elsewhere, and use a directory below it`,
        { cause: error },
      );
    }
    throw error;
  }
  return to;
}

/** Moves the directory and makes an empty one in its place, with the same rights: a link leads there. */
async function moveTarget(target: string, suffix: string): Promise<string> {
  const { mode, uid, gid } = await stat(target);
  const to = await moveOne(target, suffix);
  await mkdir(target, { mode: mode & 0o777 });
  if (process.getuid?.() === 0) await chown(target, uid, gid);
  return to;
}

async function moveLink(link: DataDirectoryLink, suffix: string): Promise<void> {
  if (!(await isThere(link.target))) return;
  const to = await moveTarget(link.target, suffix);
  const beside = `${link.path}.new`;
  await symlink(to, beside);
  await rename(beside, link.path);
}

/**
 * Renames the directory to `<name>.<suffix>`, numbered from the second on, and what it links to in the same way; its
 * links then lead to the new names. Returns the new name, or null where there is no directory. Throws the system's
 * error.
 */
export async function moveDataDirectory(
  dataDirectory: string,
  suffix: string,
): Promise<string | null> {
  const found = await realDirectory(dataDirectory);
  if (found === null) return null;
  for (const link of await dataDirectoryLinks(found)) await moveLink(link, suffix);
  // Where the path itself is a link it stays, as the data is wanted on that other disk.
  return (await lstat(dataDirectory.replace(/\/+$/u, ''))).isSymbolicLink()
    ? moveTarget(found, suffix)
    : moveOne(found, suffix);
}
