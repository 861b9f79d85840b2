// How large the volume is on which a directory lies.

import { statfs } from 'node:fs/promises';

/** In bytes; null where it can't be told, as where there is no such directory. */
export async function volumeBytes(directory: string): Promise<bigint | null> {
  try {
    const { blocks, bsize } = await statfs(directory, { bigint: true });
    return blocks * bsize;
  } catch {
    return null;
  }
}
