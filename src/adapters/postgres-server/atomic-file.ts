// Reads and writes the server's files. A reader sees the old text or the new one, never a part of either,
// also after a power cut; an unchanged file is not touched.

import { errorCode } from '#adapters/files/error-code.ts';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Identity } from './identity.ts';

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(errorCode(error));
}

/** The text of a file; null where there is none. Other errors are thrown. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** Makes a rename or a new file in this directory last through a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes the file with mode 0600 for `owner`, unless it holds that text already. Returns whether it did.
 * The new text goes to a file of an unforeseeable name that must not exist: the directory belongs to
 * `owner`, who could otherwise have us, as root, write through a link of its own.
 */
export async function writeAtomically(
  path: string,
  text: string,
  owner: Identity,
): Promise<boolean> {
  if ((await readIfThere(path)) === text) return false;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    try {
      if (owner.isOther) await handle.chown(owner.uid, owner.gid);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Makes the directory and those above it where they are missing. Only the last one is given to `owner`. */
export async function ensureDirectory(path: string, mode: number, owner: Identity): Promise<void> {
  const isThere = await stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    },
  );
  if (isThere) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await mkdir(path, { mode });
  const handle = await open(path, 'r');
  try {
    // The mask of the caller may have taken rights from the mode that the server needs.
    await handle.chmod(mode);
    if (owner.isOther) await handle.chown(owner.uid, owner.gid);
  } finally {
    await handle.close();
  }
}
