// At most one process works on a directory: a lock of the kernel on a file in it, which is gone with the
// process, however that ends. Node has no call for it, so the program flock of util-linux takes it on the file
// this process holds open.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

export interface DirectoryLock extends Disposable {
  readonly path: string;
}

/** How flock says that somebody else has the lock. */
const isTaken = 1;

/**
 * @returns null where another process has the directory
 * @throws Error where the lock can't be taken for another reason
 */
export function lockDirectory(directory: string): DirectoryLock | null {
  const path = join(directory, 'lock');
  const file = openSync(path, 'a', 0o600);
  const done = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file],
    timeout: 10_000,
  });
  if (done.status === 0) return { path, [Symbol.dispose]: () => closeSync(file) };
  closeSync(file);
  if (done.status === isTaken) return null;
  throw new Error(
    `Cannot lock ${path}: flock ended with ${done.status ?? done.signal ?? 'no code'}. It belongs to the package util-linux`,
    { cause: done.error },
  );
}
