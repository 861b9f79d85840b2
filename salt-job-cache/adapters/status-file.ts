// Replaces the status file as a whole, so that a reader sees one state or the next. It is not made to outlast
// a power cut: after one there is a new state to tell.

import { rename, writeFile } from 'node:fs/promises';

/** @throws the system's error */
export async function writeStatusFile(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  await writeFile(beside, text, { mode: 0o644 });
  await rename(beside, path);
}
