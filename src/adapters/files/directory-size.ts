// How many bytes are in a data directory, its WAL and tablespaces included, while somebody writes to it.

import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectoryLinks } from './data-directory-links.ts';
import { errorCode } from './error-code.ts';

/** Files come and go while we look; those that went hold nothing. */
async function unlessGone<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error))) return null;
    throw error;
  }
}

async function sizeOfTree(path: string, signal: AbortSignal | undefined): Promise<number> {
  const directory = await unlessGone(opendir(path));
  if (directory === null) return 0;
  let bytes = 0;
  for await (const entry of directory) {
    signal?.throwIfAborted();
    const below = join(path, entry.name);
    if (entry.isDirectory()) bytes += await sizeOfTree(below, signal);
    else if (entry.isFile()) bytes += (await unlessGone(stat(below)))?.size ?? 0;
  }
  return bytes;
}

/** Sum of the sizes of all files; 0 where there is no directory. Throws the signal's reason. */
export async function directorySize(dataDirectory: string, signal?: AbortSignal): Promise<number> {
  let bytes = await sizeOfTree(dataDirectory, signal);
  for (const link of await dataDirectoryLinks(dataDirectory)) {
    bytes += await sizeOfTree(link.target, signal);
  }
  return bytes;
}
