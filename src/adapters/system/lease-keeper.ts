// Sees that a primary ends with its lease even where its agent can't: a small program beside the agent reads the note
// of the lease and stops the server shortly before it runs out. Node would take ten times the memory for it.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LogPort } from '../ports/agent-ports.ts';
import type { LeaseNote } from '../ports/lease-note.ts';

export interface LeaseKeeperOptions {
  readonly note: LeaseNote;
  /** Of the note's file, and of the server. */
  readonly path: string;
  readonly dataDirectory: string;
  /** The part of a lease that is kept for the stop, in milliseconds. */
  readonly reserveMs: () => number;
  readonly log: LogPort;
  /** The program, where it is not beside this file. */
  readonly program?: string;
}

class KeptLeaseNote implements LeaseNote {
  readonly #options: LeaseKeeperOptions;
  #keeper: ChildProcess | null = null;
  #isFailing = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  async read(): Promise<number | null> {
    return this.#options.note.read();
  }

  write(leftMs: number | null): void {
    this.#options.note.write(leftMs);
    if (leftMs !== null && this.#keeper === null) this.#start();
  }

  #start(): void {
    const { path, dataDirectory, reserveMs, log } = this.#options;
    const program =
      this.#options.program ?? fileURLToPath(new URL('lease-keeper.pl', import.meta.url));
    const args = [program, path, dataDirectory, String(Math.round(reserveMs()))];
    // It outlives us: that is what it is for. It ends when the note is gone.
    const keeper = spawn('perl', args, { detached: true, stdio: 'ignore' });
    this.#keeper = keeper;
    keeper.unref();
    keeper.once('error', (error) => {
      this.#keeper = null;
      if (!this.#isFailing) {
        log.warning(
          `Cannot run the lease keeper (${error.message}): a primary whose agent hangs is not stopped at the end of its lease`,
        );
      }
      this.#isFailing = true;
    });
    keeper.once('exit', () => {
      this.#keeper = null;
    });
  }
}

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseNote {
  return new KeptLeaseNote(options);
}
