// The file of what could not be stored, one JSON object a line with its reason, for people to look at. It is
// bounded: when it is full it takes the place of the one before it.

import { appendFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#adapters/files/error-code.ts';

const limitBytes = 64 * 1024 * 1024;

export class RejectedFile {
  readonly path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.path = join(directory, 'rejected.ndjson');
  }

  /**
   * In the order of the calls, so that lines stay whole.
   *
   * @throws the system's error
   */
  async append(entries: readonly object[]): Promise<void> {
    if (entries.length === 0) return;
    const written = this.#writing.then(async () => this.#append(entries));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Resolves once everything so far was written, or could not be. */
  async settled(): Promise<void> {
    return this.#writing;
  }

  async #append(entries: readonly object[]): Promise<void> {
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    if ((await this.#size()) > limitBytes) await rename(this.path, `${this.path}.1`);
    await appendFile(this.path, text, { mode: 0o600, flush: true });
  }

  async #size(): Promise<number> {
    try {
      return (await stat(this.path)).size;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 0;
      throw error;
    }
  }
}
