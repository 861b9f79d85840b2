// A note beside the spool of how far it was stored when we last knew, so that a service that starts while the
// database is away can say how much waits and since when. Only the database knows for sure, and is asked before
// anything is stored: a note that is old, missing or damaged makes a worse guess and nothing else.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const form = /^(?<spool>[\da-f-]{36}) (?<batch>\d{1,15})\n$/u;

export class StoredMark {
  readonly #path: string;
  readonly #spool: string;

  /** @param spool the identity of the spool; a note of another one does not count */
  constructor(directory: string, spool: string) {
    this.#path = join(directory, 'stored');
    this.#spool = spool;
  }

  /** Number of the last block that is known to be stored; 0 where none is. */
  async read(): Promise<number> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    const { spool, batch } = form.exec(text)?.groups ?? {};
    return spool === this.#spool ? Number(batch) : 0;
  }

  /** A disk that is full leaves the note as it was. */
  async write(batch: number): Promise<void> {
    const beside = `${this.#path}.new`;
    try {
      await writeFile(beside, `${this.#spool} ${batch}\n`, { mode: 0o600 });
      await rename(beside, this.#path);
    } catch {
      // It is only a guess; that the disk refuses is told by whoever can't spool.
    }
  }
}
