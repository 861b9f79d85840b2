// The last fence before a second primary (DESIGN rule 6): when the lease of a primary is about to end without having
// been renewed, the server is stopped at once, whatever the loop waits for.

import type { ClockPort, LogPort, Timer } from '#adapters/ports/agent-ports.ts';

export interface LeaseGuardDeps {
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** Whether there is something to fence: a server that accepts or soon would accept writes, outside of pause. */
  readonly isExposed: () => boolean;
  /** Stops the server, within the time. */
  readonly fence: (withinMs: number) => Promise<void>;
}

export class LeaseGuard {
  readonly #deps: LeaseGuardDeps;
  #timer: Timer | null = null;
  #untilMs: number | null = null;

  constructor(deps: LeaseGuardDeps) {
    this.#deps = deps;
  }

  /** Milliseconds on the monotonic clock until which the lease is proven; null while there is none. */
  get untilMs(): number | null {
    return this.#untilMs;
  }

  /**
   * The lease was proven: it lasts until `untilMs`, and the last `reserveMs` of it are for the stop.
   * The last proof counts, also where it ends earlier: with a shorter ttl the key hangs on another lease.
   */
  extend(untilMs: number, reserveMs: number): void {
    this.#timer?.cancel();
    this.#untilMs = untilMs;
    const { clock } = this.#deps;
    this.#timer = clock.after(untilMs - reserveMs - clock.monotonicMs(), () => {
      void this.#expire(untilMs);
    });
  }

  /** The lease was given up or lost, and the server does not lead any more. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#untilMs = null;
  }

  async #expire(untilMs: number): Promise<void> {
    const { clock, log, isExposed, fence } = this.#deps;
    this.clear();
    if (!isExposed()) return;
    const leftMs = Math.max(0, untilMs - clock.monotonicMs());
    log.critical(
      `Stopping PostgreSQL: the leader lease ends in ${Math.round(leftMs)} ms and could not be renewed`,
    );
    await fence(leftMs);
  }
}
