// Puts the state of logical slots where the server reads it when it starts. The server must be stopped. What a crash
// leaves half done is either gone at the server's next start or whole: it removes directories that end in `.tmp`.

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isValidSlotName } from '#core/slots/slot-name.ts';
import { errorCode } from '#adapters/files/error-code.ts';
import type { InstallOutcome, SlotStateFile } from '#adapters/ports/slots-port.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';

/** Where the data directory has its slots, a directory each. */
export function pgReplslotDir(dataDirectory: string): string {
  return join(dataDirectory, 'pg_replslot');
}

/** Of this slot; throws for a name that could lead elsewhere. */
function slotDirectory(dataDirectory: string, name: string): string {
  if (!isValidSlotName(name)) throw new Error(`'${name}' is no name of a replication slot`);
  return join(pgReplslotDir(dataDirectory), name);
}

async function withHandle(
  path: string,
  flags: number,
  mode: number,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  // What we are given is the server's directory: its user could have put a link in the place of anything.
  const handle = await open(path, flags | constants.O_NOFOLLOW, mode);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

/** Some file systems can't do this for a directory, and say so. */
async function syncDirectory(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if (errorCode(error) !== 'EINVAL') throw error;
  }
}

interface Owner {
  readonly identity: Identity;
  /** Of directories, for example 0o700. */
  readonly directoryMode: number;
}

/** With or without the rights of the group, as the data directory itself. */
async function ownerOf(dataDirectory: string, identity: Identity): Promise<Owner> {
  const { mode } = await stat(dataDirectory);
  return { identity, directoryMode: (mode & 0o050) === 0 ? 0o700 : 0o750 };
}

async function give(handle: FileHandle, { identity }: Owner, mode: number): Promise<void> {
  // The mask of this process may have taken rights from the mode, or left it too many.
  await handle.chmod(mode);
  if (identity.isOther) await handle.chown(identity.uid, identity.gid);
}

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY;
const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** Writes the slot beside its place, on disk for good. */
async function prepare(directory: string, state: Uint8Array, owner: Owner): Promise<void> {
  const { directoryMode } = owner;
  const fileMode = directoryMode & 0o666;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: directoryMode });
  await withHandle(directory, directoryFlags, 0, async (handle) => {
    await give(handle, owner, directoryMode);
  });
  await withHandle(join(directory, 'state'), newFileFlags, fileMode, async (handle) => {
    await give(handle, owner, fileMode);
    await handle.writeFile(state);
    await handle.sync();
  });
  await withHandle(directory, directoryFlags, 0, syncDirectory);
}

async function syncAll(dataDirectory: string): Promise<void> {
  await withHandle(pgReplslotDir(dataDirectory), directoryFlags, 0, syncDirectory);
}

async function installOne(
  dataDirectory: string,
  { name, state }: SlotStateFile,
  owner: Owner,
): Promise<void> {
  const place = slotDirectory(dataDirectory, name);
  const temporary = `${place}.tmp`;
  try {
    await prepare(temporary, state, owner);
    await rm(place, { recursive: true, force: true });
    await rename(temporary, place);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  await withHandle(place, directoryFlags, 0, syncDirectory);
}

/**
 * Puts validated states in place, each whole or not at all; a slot of that name that was there is replaced. One
 * that fails is left as it was, or, where its place could not be taken, absent; it stops no other.
 */
export async function installSlotFiles(
  dataDirectory: string,
  files: readonly SlotStateFile[],
  identity: Identity,
): Promise<InstallOutcome> {
  const installed: string[] = [];
  const failed: { readonly name: string; readonly why: string }[] = [];
  for (const file of files) {
    try {
      await installOne(dataDirectory, file, await ownerOf(dataDirectory, identity));
      installed.push(file.name);
    } catch (error) {
      failed.push({ name: file.name, why: error instanceof Error ? error.message : String(error) });
    }
  }
  try {
    await syncAll(dataDirectory);
  } catch (error) {
    // They may be gone after a power cut, so nobody is to count on them.
    const why = error instanceof Error ? error.message : String(error);
    failed.push(...installed.splice(0).map((name) => ({ name, why })));
  }
  return { installed, failed };
}

/** Removes a slot whose state the server can't read, which else does not start. Nothing where there is none. */
export async function removeSlotDirectory(dataDirectory: string, name: string): Promise<void> {
  const place = slotDirectory(dataDirectory, name);
  const temporary = `${place}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  try {
    // First out of the way at once: half of a slot is worse than a whole bad one.
    await rename(place, temporary);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  await syncAll(dataDirectory);
  await rm(temporary, { recursive: true, force: true });
  await syncAll(dataDirectory);
}
