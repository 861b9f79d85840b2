// Packs the built charms into .charm files: zip archives with the modes a charm needs, the same bytes
// for the same content.
//
//   npm run pack                 build/postgresql.charm, build/salt-job-cache.charm and so on

import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { buildCharm } from './build.ts';
import { charms, root } from './charms.ts';

/** Every file below `directory`, in the order of the names, relative to it. */
async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/** Zips a charm's directory; executables keep their bit, everything else is 0644. */
export async function pack(directory: string, target: string): Promise<number> {
  const zip = new ZipFile();
  for (const file of await filesBelow(directory)) {
    const executable = ((await stat(join(directory, file))).mode & 0o111) !== 0;
    zip.addFile(join(directory, file), file, {
      mode: executable ? 0o100755 : 0o100644,
      // A fixed time, in the zip format's own zoneless form: the same bytes on every machine.
      mtime: new Date(1980, 0, 1),
      forceDosTimestamp: true,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
  return (await stat(target)).size;
}

if (import.meta.main) {
  for (const charm of charms) {
    const built = await buildCharm(charm);
    const target = join(root, 'build', `${charm.name}.charm`);
    const bytes = await pack(built.directory, target);
    console.log(`packed ${relative(process.cwd(), target)} (${(bytes / 1e6).toFixed(1)} MB)`);
  }
}
