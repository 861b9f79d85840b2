// The entries of a zip archive with their modes, as another reader than ours sees them.

import { openPromise } from 'yauzl';

export async function readArchive(
  path: string,
): Promise<readonly { name: string; mode: number }[]> {
  const entries: { name: string; mode: number }[] = [];
  const archive = await openPromise(path);
  for await (const entry of archive.eachEntry()) {
    entries.push({ name: entry.fileName, mode: entry.externalFileAttributes >>> 16 });
  }
  return entries;
}
