// A clock that stands still until a test moves it on.

import { setImmediate } from 'node:timers/promises';
import type { ClockPort, Timer } from '#adapters/ports/agent-ports.ts';

interface Due {
  readonly atMs: number;
  readonly task: () => void;
}

export class VirtualClock implements ClockPort {
  #nowMs = 1_000_000;
  readonly #due = new Set<Due>();
  readonly #epochMs = 1_763_640_000_000;

  now(): number {
    return this.#epochMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): Timer {
    const due = { atMs: this.#nowMs + Math.max(0, delayMs), task };
    this.#due.add(due);
    return { cancel: () => void this.#due.delete(due) };
  }

  async delay(delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = this.after(delayMs, resolve);
    signal?.addEventListener('abort', () => {
      timer.cancel();
      reject(signal.reason as Error);
    });
    return promise;
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#due.size;
  }

  /** Moves on, timer by timer, with what each of them brings about. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const next = [...this.#due]
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined) break;
      this.#due.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.task();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await setImmediate();
}
