// The machine's clocks for the agent. The monotonic one goes on while the machine is suspended, as the leases of
// others do, and a timer that was due meanwhile fires soon after.

import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClockPort, Timer } from '../ports/agent-ports.ts';

/** The longest a timer trusts the kernel's timers, which stand still during a suspend, in milliseconds. */
const longestStretchMs = 1000;

/** Differences below this are the resolution of the machine's uptime, in milliseconds. */
const uptimeNoiseMs = 200;

class MachineClock implements ClockPort {
  readonly #uptimeOffsetMs = uptime() * 1000 - performance.now();
  #suspendedMs = 0;

  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now() + this.#suspendedMs;
  }

  after(delayMs: number, task: () => void): Timer {
    const dueMs = this.monotonicMs() + delayMs;
    let timer: NodeJS.Timeout;
    const next = (leftMs: number): void => {
      timer = setTimeout(
        () => {
          this.#noteSuspend();
          const remainingMs = dueMs - this.monotonicMs();
          if (remainingMs <= 0) task();
          else next(remainingMs);
        },
        Math.max(0, Math.min(leftMs, longestStretchMs)),
      );
    };
    next(delayMs);
    return { cancel: () => clearTimeout(timer) };
  }

  async delay(delayMs: number, signal?: AbortSignal): Promise<void> {
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  }

  /** The uptime counts a suspend, the clock of the timers does not. */
  #noteSuspend(): void {
    const driftMs = uptime() * 1000 - performance.now() - this.#uptimeOffsetMs;
    if (driftMs > this.#suspendedMs + uptimeNoiseMs) this.#suspendedMs = driftMs;
  }
}

export function createMachineClock(): ClockPort {
  return new MachineClock();
}
