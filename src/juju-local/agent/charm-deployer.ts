// Puts a charm into a unit's charm directory, at first and at each refresh (L35): the new charm's files
// replace the old one's, files only the old charm had go, and what the charm made at run time stays.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { writeFileAtomically } from '#adapters/files/atomic-write.ts';
import { copyTree, listTree } from '#adapters/files/charm-tree.ts';
import { errorCode } from '#adapters/files/error-code.ts';

/** Copies the unpacked charm in `source` over `charmDir`. May be cut off and run again at any point. */
export async function deployCharmFiles(
  source: string,
  charmDir: string,
  manifestFile: string,
): Promise<void> {
  const entries = await listTree(source);
  const wanted = entries.map((entry) => entry.path);
  const before = readManifest(manifestFile);
  // Until all is done the manifest names the files of both charms: a second try then still knows
  // which files are not the charm's own doing.
  writeManifest(manifestFile, [...new Set([...before, ...wanted])]);
  mkdirSync(charmDir, { recursive: true, mode: 0o755 });
  chmodSync(charmDir, 0o755);
  await copyTree(source, charmDir, entries);
  removeStale(charmDir, before, new Set(wanted));
  writeManifest(manifestFile, wanted);
}

function readManifest(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(content) ? content.map(String) : [];
}

function writeManifest(file: string, paths: readonly string[]): void {
  writeFileAtomically(file, `${JSON.stringify(paths)}\n`);
}

/** Removes files of the old charm, then its folders as far as they are empty, the deepest first. */
function removeStale(
  charmDir: string,
  before: readonly string[],
  wanted: ReadonlySet<string>,
): void {
  const stale = before
    .filter((path) => !wanted.has(path))
    .toSorted()
    .reverse();
  for (const path of stale) {
    const full = join(charmDir, path);
    try {
      rmSync(full, { force: true });
    } catch (error) {
      if (!['ERR_FS_EISDIR', 'EISDIR'].includes(errorCode(error))) throw error;
      removeEmptyFolder(full);
    }
  }
}

function removeEmptyFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    // The charm made files of its own in it, which survive.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) throw error;
  }
}

/** Writes what Juju adds to a charm it unpacks (F66). */
export async function writeRevision(charmDir: string, revision: number): Promise<void> {
  await writeFile(join(charmDir, 'revision'), `${revision}\n`);
}
