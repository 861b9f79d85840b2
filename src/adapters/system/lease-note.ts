// The note of a lease as a small file: until when it lasts on the clock that has run since the machine was started.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { errorCode } from '#adapters/files/error-code.ts';
import type { LogPort } from '../ports/agent-ports.ts';
import type { LeaseNote } from '../ports/lease-note.ts';

interface Noted {
  /** Of this start of the machine; after another one nothing runs that a lease was for. */
  readonly boot: string;
  /** Milliseconds of uptime, time in suspend included. */
  readonly untilMs: number;
}

function isNoted(value: unknown): value is Noted {
  const { boot, untilMs } = (value ?? {}) as Partial<Record<keyof Noted, unknown>>;
  return typeof boot === 'string' && typeof untilMs === 'number';
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

class FileLeaseNote implements LeaseNote {
  readonly #path: string;
  readonly #log: LogPort;
  readonly #boot: string = bootId();
  #isFailing = false;

  constructor(path: string, log: LogPort) {
    this.#path = path;
    this.#log = log;
  }

  async read(): Promise<number | null> {
    const text = await readFile(this.#path, 'utf8').catch(() => null);
    if (text === null) return null;
    try {
      const value: unknown = JSON.parse(text);
      if (!isNoted(value) || value.boot !== this.#boot) return null;
      return value.untilMs - uptime() * 1000;
    } catch {
      return null;
    }
  }

  /** At once, as the agent may die in the next moment; the file is small, and no disk is waited for. */
  write(leftMs: number | null): void {
    try {
      if (leftMs === null) {
        rmSync(this.#path, { force: true });
        return;
      }
      const noted: Noted = { boot: this.#boot, untilMs: uptime() * 1000 + leftMs };
      const next = `${this.#path}.new`;
      rmSync(next, { force: true });
      // Never through a link that somebody else put there.
      writeFileSync(next, JSON.stringify(noted), { mode: 0o600, flag: 'wx' });
      renameSync(next, this.#path);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        this.#log.warning(
          `Cannot note the lease in ${this.#path} (${errorCode(error) || String(error)}): should this agent die while the store is away, the next one does not know when its primary must stop`,
        );
      }
      this.#isFailing = true;
    }
  }
}

/** `path`: of the file, beside the data directory. */
export function createLeaseNote(path: string, log: LogPort): LeaseNote {
  return new FileLeaseNote(path, log);
}
