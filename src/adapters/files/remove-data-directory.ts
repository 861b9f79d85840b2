// Removes a data directory with its WAL and its tablespaces, wherever they are. Who calls it has decided that this
// data is of no use any more.

import { lstat, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dataDirectoryLinks, realDirectory } from './data-directory-links.ts';
import { errorCode } from './error-code.ts';

/** At the root of a disk of its own; it belongs to the file system. */
const notOurs = 'lost+found';

async function emptyDirectory(path: string): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  for (const name of names) {
    if (name !== notOurs)
      await rm(join(path, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Takes the directory off its place before its files are deleted, so that nobody ever finds a half of it there.
 * False where it can't be moved, as the root of a disk can't.
 */
async function takeAway(path: string): Promise<string | null> {
  const beside = `${path}.removing`;
  await rm(beside, { recursive: true, force: true });
  try {
    await rename(path, beside);
    return beside;
  } catch (error) {
    if (['EBUSY', 'EACCES', 'EPERM', 'EXDEV', 'EROFS'].includes(errorCode(error))) return null;
    throw error;
  }
}

/**
 * Removes all of it. What links lead to is emptied and stays as an empty directory: it may be a disk of its own, and
 * its place may be one where the server's user can't make it again. Throws the system's error.
 */
export async function removeDataDirectory(dataDirectory: string): Promise<void> {
  const real = await realDirectory(dataDirectory);
  if (real === null) {
    // A link to nowhere, or nothing.
    await rm(dataDirectory, { force: true });
    return;
  }
  if (dirname(real) === real) {
    throw new Error(`Cannot remove the data directory: ${dataDirectory} is the root of all files`);
  }
  const links = await dataDirectoryLinks(real);
  const isLink = (await lstat(dataDirectory.replace(/\/+$/u, ''))).isSymbolicLink();
  const away = isLink ? null : await takeAway(real);
  for (const link of links) await emptyDirectory(link.target);
  if (away !== null) {
    await rm(away, { recursive: true, force: true, maxRetries: 3 });
    return;
  }
  await emptyDirectory(real);
  if (!isLink) {
    await rmdir(real).catch(() => {
      // Empty is as good as gone.
    });
  }
}
