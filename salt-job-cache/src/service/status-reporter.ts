// Writes the status file: soon after a change, and every few seconds in any case, so that its age tells
// whether the service lives.

import type { Clock, Scheduled } from '#adapters/system/clock.ts';
import { writeStatusFile } from '../../adapters/status-file.ts';

const soonMs = 100;
const everyMs = 1000;

export class StatusReporter {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #status: () => object;
  readonly #failed: (error: unknown) => void;
  #next: Scheduled | null = null;
  #isSoon = false;
  #isClosed = false;
  #writing: Promise<void> = Promise.resolve();

  /** @param failed told once for each attempt that failed */
  constructor(path: string, clock: Clock, status: () => object, failed: (error: unknown) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#status = status;
    this.#failed = failed;
    this.changed();
  }

  /** Something is worth telling before the next round. */
  changed(): void {
    if (this.#isSoon || this.#isClosed) return;
    this.#isSoon = true;
    this.#next?.cancel();
    this.#schedule(soonMs);
  }

  /** Writes the last state. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#next?.cancel();
    await this.#writing;
    await this.#write();
  }

  #schedule(delayMs: number): void {
    this.#next = this.#clock.after(delayMs, () => {
      this.#isSoon = false;
      this.#writing = this.#round();
    });
  }

  async #round(): Promise<void> {
    await this.#write();
    if (!this.#isClosed && !this.#isSoon) this.#schedule(everyMs);
  }

  async #write(): Promise<void> {
    try {
      await writeStatusFile(this.#path, `${JSON.stringify(this.#status(), null, 2)}\n`);
    } catch (error) {
      this.#failed(error);
    }
  }
}
