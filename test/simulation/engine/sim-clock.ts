// The clocks of one process under virtual time. They run a little too fast or too slow, as those of machines do.

import type { ClockPort, Timer } from '#adapters/ports/agent-ports.ts';
import type { Actor } from './actor.ts';

/** Milliseconds since the epoch at which every run begins. */
export const epochMs = 1_800_000_000_000;

/** No timer of Node is shorter, in milliseconds. */
const shortestMs = 1;

export interface ClockOptions {
  /** Seconds of this clock in a true second: 0.995 to 1.005. */
  readonly rate: number;
  /** What its monotonic clock showed at the beginning, in milliseconds. */
  readonly offsetMs: number;
  /** How wrong its wall clock is, in milliseconds. */
  readonly wallErrorMs: number;
}

export class SimClock implements ClockPort {
  readonly #actor: Actor;
  readonly #options: ClockOptions;

  constructor(actor: Actor, options: ClockOptions) {
    this.#actor = actor;
    this.#options = options;
  }

  now(): number {
    const { rate, wallErrorMs } = this.#options;
    return Math.floor(epochMs + this.#actor.engine.nowMs * rate + wallErrorMs);
  }

  monotonicMs(): number {
    const { rate, offsetMs } = this.#options;
    return offsetMs + this.#actor.engine.nowMs * rate;
  }

  after(delayMs: number, task: () => void): Timer {
    return this.#actor.after(Math.max(shortestMs, delayMs) / this.#options.rate, task);
  }

  async delay(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw signal.reason as Error;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = this.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise;
  }
}
