// A file that holds a secret for a program, for as long as the program runs: for its user alone, in a directory of
// its own, and gone afterwards whatever happens.

import { rmSync } from 'node:fs';
import { chown, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SecretFile extends AsyncDisposable {
  readonly path: string;
}

const kept = new Set<string>();
let isRemovedWithUs = false;

function removeWithUs(): void {
  if (isRemovedWithUs) return;
  isRemovedWithUs = true;
  process.once('exit', () => {
    for (const directory of kept) rmSync(directory, { recursive: true, force: true });
  });
}

/** Writes the file with mode 0600 for `owner`, or for ourselves where it is nobody else. */
export async function createSecretFile(
  content: string,
  owner: { readonly uid: number; readonly gid: number; readonly isOther: boolean },
): Promise<SecretFile> {
  removeWithUs();
  const directory = await mkdtemp(join(tmpdir(), 'pg-agent-'));
  kept.add(directory);
  const path = join(directory, 'secret');
  const remove = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true });
    kept.delete(directory);
  };
  try {
    const handle = await open(path, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      if (owner.isOther) await handle.chown(owner.uid, owner.gid);
    } finally {
      await handle.close();
    }
    // Last: from here on the other user may do with the directory as it likes.
    if (owner.isOther) await chown(directory, owner.uid, owner.gid);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}
