// The files of a charm in a folder: listing them, and copying them over another folder.
//
// A charm holds plain files, folders and relative symbolic links that stay inside it (F62). Anything
// else is refused before a byte is written.

import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';

import { errorCode } from './error-code.ts';

export interface TreeEntry {
  /** Relative to the charm's root, with `/` between its parts. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link';
  /** Permission bits only. */
  readonly mode: number;
  /** Where a link points; empty for the others. */
  readonly target: string;
}

/** What a charm must not hold; the message is one sentence for the person who deploys it. */
export class CharmTreeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CharmTreeError';
  }
}

/** Throws `CharmTreeError` when a link of a charm is absolute or leads out of it (F62). */
export function checkLink(path: string, target: string): void {
  if (isAbsolute(target)) throw new CharmTreeError(`symlink "${path}" is absolute: "${target}"`);
  const resolved = normalize(join(dirname(path), target));
  if (resolved === '..' || resolved.startsWith('../')) {
    throw new CharmTreeError(`symlink "${path}" links out of charm: "${target}"`);
  }
}

/**
 * Everything below `root`, folders before what they hold, in the order of names. Entries of the root
 * for which `skip` answers true are left out with all they hold.
 */
export async function listTree(
  root: string,
  skip: (name: string) => boolean = () => false,
): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const visit = async (folder: string): Promise<void> => {
    const names = (await readdir(join(root, folder))).toSorted();
    for (const name of names) {
      if (folder === '' && skip(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      const entry = await describe(root, path);
      entries.push(entry);
      if (entry.kind === 'directory') await visit(path);
    }
  };
  await visit('');
  return entries;
}

async function describe(root: string, path: string): Promise<TreeEntry> {
  const found = await lstat(join(root, path));
  const mode = found.mode & 0o777;
  if (found.isDirectory()) return { path, kind: 'directory', mode, target: '' };
  if (found.isFile()) return { path, kind: 'file', mode, target: '' };
  if (found.isSymbolicLink()) {
    const target = await readlink(join(root, path));
    checkLink(path, target);
    return { path, kind: 'link', mode, target };
  }
  throw new CharmTreeError(
    `file "${path}" is neither a file, a folder nor a symlink: take it out of the charm`,
  );
}

/**
 * Copies the entries from one folder to another. A file is made beside its place and renamed into it,
 * so that a program which runs from the old one goes on undisturbed.
 */
export async function copyTree(
  from: string,
  to: string,
  entries: readonly TreeEntry[],
): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of entries) {
    const target = join(to, entry.path);
    if (entry.kind === 'directory') await makeFolder(target, entry.mode);
    else await replace(target, (beside) => place(join(from, entry.path), beside, entry));
  }
}

async function place(source: string, beside: string, entry: TreeEntry): Promise<void> {
  if (entry.kind === 'link') {
    await symlink(entry.target, beside);
    return;
  }
  await copyFile(source, beside, constants.COPYFILE_FICLONE);
  await chmod(beside, entry.mode | 0o400);
}

/** Puts what `make` writes beside `target` in its place, whatever kind of thing was there. */
async function replace(target: string, make: (beside: string) => Promise<void>): Promise<void> {
  const beside = `${target}.juju-local-new`;
  await rm(beside, { force: true });
  await make(beside);
  try {
    await rename(beside, target);
  } catch (error) {
    // A folder of the old charm became a file of the new one.
    if (!['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw error;
    await rm(target, { recursive: true });
    await rename(beside, target);
  }
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    // A file or link of the old charm became a folder of the new one.
    if (!['EEXIST', 'ENOTDIR'].includes(errorCode(error))) throw error;
    await rm(path);
    await mkdir(path, { recursive: true });
  }
  await chmod(path, mode | 0o700);
}
