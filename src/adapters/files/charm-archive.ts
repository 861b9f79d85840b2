// Unpacks a `.charm` file, a zip, into a folder (F60 to F62).
//
// yauzl refuses names that are absolute or climb out of the archive. Links are checked here, and are
// made after every file is written, so that no file can be written through one.

import { createWriteStream } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';

import { openPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';

import { CharmTreeError, checkLink } from './charm-tree.ts';

const fileTypeMask = 0o170000;
const fileTypes: Readonly<Record<number, 'file' | 'directory' | 'link'>> = {
  0: 'file',
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'link',
};

/** The longest target of a link that is read; more is no path. */
const longestLinkBytes = 4096;

/**
 * Unpacks the archive into `folder`, which is made. Modes come from the external attributes (F61); files
 * below hooks/ always get their execute bit. Throws `CharmTreeError` for what a charm must not hold
 * and for a file that is no zip.
 */
export async function unpackCharmArchive(archive: string, folder: string): Promise<void> {
  const zip = await openArchive(archive);
  const links: { readonly path: string; readonly target: string }[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for await (const entry of zip.eachEntry()) {
      const kind = kindOf(entry);
      const path = entry.fileName.replace(/\/$/u, '');
      if (kind === 'directory') await mkdir(join(folder, path), { recursive: true });
      else if (kind === 'link') links.push({ path, target: await readTarget(zip, entry, path) });
      else await writeEntry(zip, entry, join(folder, path), modeOf(entry, path));
    }
    for (const link of links) {
      await mkdir(dirname(join(folder, link.path)), { recursive: true });
      await symlink(link.target, join(folder, link.path));
    }
  } catch (error) {
    throw asCharmTreeError(error, archive);
  } finally {
    zip.close();
  }
}

async function openArchive(archive: string): Promise<ZipFile> {
  try {
    return await openPromise(archive, { autoClose: false, strictFileNames: true });
  } catch (error) {
    throw asCharmTreeError(error, archive);
  }
}

/** yauzl's own complaints are plain errors without a code; what the system says is passed on as it is. */
function asCharmTreeError(error: unknown, archive: string): unknown {
  if (!(error instanceof Error) || error instanceof CharmTreeError) return error;
  if ('syscall' in error) return error;
  return new CharmTreeError(
    `cannot read "${archive}" as a charm archive: ${error.message}; pack it again as a plain zip`,
  );
}

function kindOf(entry: Entry): 'file' | 'directory' | 'link' {
  if (entry.fileName.endsWith('/')) return 'directory';
  const type = (entry.externalFileAttributes >>> 16) & fileTypeMask;
  const kind = fileTypes[type];
  if (kind !== undefined) return kind;
  throw new CharmTreeError(
    `file "${entry.fileName}" of the archive is neither a file, a folder nor a symlink: take it out of the charm`,
  );
}

/**
 * The permissions of a file. An archive made without unix modes gives 0644: its dispatch then fails as
 * it would in Juju (E5), which is what a tester wants to see.
 */
function modeOf(entry: Entry, path: string): number {
  const stored = (entry.externalFileAttributes >>> 16) & 0o777;
  const mode = stored === 0 ? 0o644 : stored | 0o400;
  return path.startsWith('hooks/') ? mode | 0o111 : mode;
}

async function writeEntry(zip: ZipFile, entry: Entry, path: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const content = await zip.openReadStreamPromise(entry);
  // `wx`: the same name twice in an archive is a mistake, and must not follow a link.
  await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  await chmod(path, mode);
}

async function readTarget(zip: ZipFile, entry: Entry, path: string): Promise<string> {
  if (entry.uncompressedSize > longestLinkBytes) {
    throw new CharmTreeError(
      `symlink "${path}" has a target longer than ${longestLinkBytes} bytes`,
    );
  }
  const target = (await buffer(await zip.openReadStreamPromise(entry))).toString('utf8');
  checkLink(path, target);
  return target;
}
