// Writes a small file of its own in the data directory and in pg_wal, which may be another disk, and has it synced. No
// WAL is written for it, so that an idle cluster stays idle.

import { constants } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClockPort } from '../ports/agent-ports.ts';
import type { StorageProbe } from '../ports/storage-probe.ts';
import { errorCode } from './error-code.ts';

/** A full page: a disk without a free block has no room for it. */
const probe = Buffer.alloc(8192, 0x70);

const fileName = 'pg-agent.probe';

/** A new file, never through a link that somebody else put there, and on disk before the call returns. */
const newAndSynced =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_EXCL |
  constants.O_NOFOLLOW |
  constants.O_DSYNC;

async function writeOne(directory: string): Promise<void> {
  const path = join(directory, fileName);
  // Opened, written and closed in one go: this is done in every turn.
  const write = async (): Promise<void> =>
    writeFile(path, probe, { flag: newAndSynced, mode: 0o600 });
  try {
    await write();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') {
      await unlink(path).catch(() => undefined);
      throw error;
    }
    // Left by an agent that was killed.
    await unlink(path);
    await write();
  }
  await unlink(path);
}

const words: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left',
  EROFS: 'it is mounted read-only',
  EDQUOT: 'the quota is used up',
  EIO: 'the disk reports an error',
};

class DirectoryProbe implements StorageProbe {
  readonly #dataDirectory: string;
  readonly #clock: ClockPort;
  readonly #limitMs: number;
  #running: Promise<string | null> | null = null;

  constructor(dataDirectory: string, clock: ClockPort, limitMs: number) {
    this.#dataDirectory = dataDirectory;
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  async check(): Promise<string | null> {
    // A disk that hangs is asked once, however often it is looked at.
    this.#running ??= this.#write().finally(() => {
      this.#running = null;
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = this.#clock.after(this.#limitMs, () =>
      resolve(`a small file was not on disk after ${this.#limitMs / 1000} s`),
    );
    try {
      return await Promise.race([this.#running, promise]);
    } finally {
      timer.cancel();
    }
  }

  async #write(): Promise<string | null> {
    for (const directory of [this.#dataDirectory, join(this.#dataDirectory, 'pg_wal')]) {
      try {
        await writeOne(directory);
      } catch (error) {
        const code = errorCode(error);
        // A directory that is not there is somebody else's finding.
        if (code === 'ENOENT') continue;
        return `${directory} can't be written: ${words[code] ?? (code || String(error))}`;
      }
    }
    return null;
  }
}

export function createStorageProbe(
  dataDirectory: string,
  clock: ClockPort,
  limitMs = 2000,
): StorageProbe {
  return new DirectoryProbe(dataDirectory, clock, limitMs);
}
