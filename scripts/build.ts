// Builds each charm's directory below build/charms: what `juju-local deploy` takes and `pack` zips.
//
//   node scripts/build.ts            all charms
//   node scripts/build.ts NAME...    only these

import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.ts';
import { compilePrograms } from './compile-program.ts';
import { type CharmSource, charmFiles, charms, root } from './charms.ts';

export interface BuiltCharm {
  readonly name: string;
  readonly directory: string;
  readonly bundleBytes: Readonly<Record<string, number>>;
}

/** Where a charm is built. */
export function charmDirectory(name: string): string {
  return join(root, 'build/charms', name);
}

/** Builds one charm from nothing, into its place below build/ or into a directory of the caller's. */
export async function buildCharm(
  charm: CharmSource,
  directory: string = charmDirectory(charm.name),
): Promise<BuiltCharm> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(directory, 'bin'), { recursive: true, mode: 0o755 });
  for (const file of charmFiles) {
    await copyFile(join(root, sourceOf(charm, file)), join(directory, file));
  }
  await copyFile(join(root, 'LICENSE'), join(directory, 'LICENSE'));
  await chmod(join(directory, 'dispatch'), 0o755);
  const sizes: Record<string, number> = {};
  for (const source of charm.bundles) {
    await mkdir(dirname(join(directory, source.output)), { recursive: true });
    sizes[source.output] = await bundle(source, directory);
  }
  for (const { from, to } of charm.files ?? []) {
    await copyFile(join(root, from), join(directory, to));
  }
  await copyRuntime(join(directory, 'bin/node'));
  await compilePrograms(directory, charm.bundles);
  await writeFile(join(directory, 'version'), `${await version()}\n`);
  return { name: charm.name, directory, bundleBytes: sizes };
}

/** Where a file of the charm stands, relative to the root. */
export function sourceOf({ directory, metadata }: CharmSource, file: string): string {
  return file === 'metadata.yaml' && metadata !== undefined ? metadata : join(directory, file);
}

/**
 * Copies the Node that runs this script, which is the pinned one of package.json: what is tested is
 * what the charm ships. A reflink where the file system has them.
 */
async function copyRuntime(target: string): Promise<void> {
  await copyFile(process.execPath, target, constants.COPYFILE_FICLONE);
  await chmod(target, 0o755);
}

/** Version of the package and a digest of the runtime, so that a charm tells what it was made of. */
async function version(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return `${manifest.version} node ${process.version} sha256 ${await digest(process.execPath)}`;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex').slice(0, 16);
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  for (const charm of charms) {
    if (wanted.length === 0 || wanted.includes(charm.name)) {
      const built = await buildCharm(charm);
      const sizes = Object.entries(built.bundleBytes).map(
        ([file, bytes]) => `${file} ${(bytes / 1000).toFixed(1)} kB`,
      );
      console.log(`built ${built.name}: ${sizes.join(', ')}`);
    }
  }
}
