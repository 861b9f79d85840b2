// Writes job-cache.conf so that nobody reads the password in it but root and the Salt master's group, at no moment.

import { randomBytes } from 'node:crypto';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '#adapters/files/error-code.ts';
import { readIfThere, syncDirectory } from '#adapters/postgres-server/atomic-file.ts';

/** Whether the file holds this text already, and has these rights. */
async function isAsWanted(path: string, text: string, gid: number | null): Promise<boolean> {
  if ((await readIfThere(path)) !== text) return false;
  const found = await stat(path);
  const mode = found.mode & 0o777;
  return gid === null ? mode === 0o600 : mode === 0o640 && found.gid === gid;
}

/**
 * Replaces the file as a whole, unless it is as wanted; whether it did. The new text goes to a file of an
 * unforeseeable name that must not exist, as the directory may be the master's own, and whose name Salt passes over.
 *
 * @param gid group that may read it, by ourselves as owner; null for nobody else
 */
export async function writeMasterFile(
  path: string,
  text: string,
  gid: number | null,
): Promise<boolean> {
  if (await isAsWanted(path, text, gid)) return false;
  const temporary = join(dirname(path), `.job-cache.${randomBytes(6).toString('hex')}.new`);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    try {
      await handle.writeFile(text);
      if (gid !== null) {
        await handle.chown(process.getuid?.() ?? 0, gid);
        await handle.chmod(0o640);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Whether the directory is there. */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
