// The one lease of a member: its member key and, while it leads, the leader key live and die with it.

import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import type { Deadline } from './deadline.ts';
import { isLeaseNotFound } from './etcd-error.ts';
import type { EtcdGateway } from './gateway.ts';

interface Held {
  readonly id: string;
  /** On the monotonic clock; counted from before the request was sent, so it is never too late. */
  readonly validUntilMs: number;
  readonly renewedAtMs: number;
}

export class MemberLease {
  readonly #gateway: EtcdGateway;
  readonly #clock: ClockPort;
  #ttlSeconds: number;
  #held: Held | null = null;
  /** Requests about the lease go one after the other, so that there is never more than one lease. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(gateway: EtcdGateway, clock: ClockPort, ttlSeconds: number) {
    this.#gateway = gateway;
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
  }

  /** Empty while there is none. */
  get id(): string {
    return this.#held?.id ?? '';
  }

  /** Until when, on the monotonic clock, the store keeps what hangs on the lease; 0 without a lease. */
  get validUntilMs(): number {
    return this.#held?.validUntilMs ?? 0;
  }

  /** Another time to live takes another lease; the next renewal grants it. */
  setTtl(seconds: number): void {
    if (seconds === this.#ttlSeconds) return;
    this.#ttlSeconds = seconds;
    this.#held = null;
  }

  /** The lease is known to be gone. */
  forget(id: string): void {
    if (this.#held?.id === id) this.#held = null;
  }

  /** Renews the lease, or grants one where there is none or it is gone; its id. */
  async renew(deadline: Deadline): Promise<string> {
    return this.#inTurn(async () => this.#renewNow(deadline));
  }

  /** As `renew`, but takes a lease that was renewed a tenth of its time ago or less as it is. */
  async keep(deadline: Deadline): Promise<string> {
    return this.#inTurn(async () => {
      const held = this.#held;
      const ageMs = this.#clock.monotonicMs() - (held?.renewedAtMs ?? 0);
      return held !== null && ageMs <= this.#ttlSeconds * 100 ? held.id : this.#renewNow(deadline);
    });
  }

  /** Runs a write that needs the lease; once more with another where it turns out to be gone. */
  async using<Result>(
    id: string,
    deadline: Deadline,
    write: (id: string) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await write(id);
    } catch (error) {
      if (!isLeaseNotFound(error)) throw error;
      this.forget(id);
      return write(await this.renew(deadline));
    }
  }

  async #renewNow(deadline: Deadline): Promise<string> {
    const ttlSeconds = this.#ttlSeconds;
    const held = this.#held;
    const sentAtMs = this.#clock.monotonicMs();
    const isCurrent = (): boolean => ttlSeconds === this.#ttlSeconds && held === this.#held;
    if (held !== null) {
      const keptSeconds = await this.#gateway.keepLeaseAlive(held.id, deadline);
      if (keptSeconds > 0) {
        if (isCurrent()) this.#held = heldFrom(held.id, sentAtMs, keptSeconds);
        return held.id;
      }
      this.forget(held.id);
    }
    return this.#grant(ttlSeconds, deadline);
  }

  async #grant(ttlSeconds: number, deadline: Deadline): Promise<string> {
    const sentAtMs = this.#clock.monotonicMs();
    const granted = await this.#gateway.grantLease(ttlSeconds, deadline);
    if (ttlSeconds === this.#ttlSeconds) {
      this.#held = heldFrom(granted.id, sentAtMs, granted.ttlSeconds);
    }
    return granted.id;
  }

  async #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    // Whatever became of the one before: it told its own caller.
    const turn = this.#last.then(task, task);
    this.#last = turn;
    return turn;
  }
}

function heldFrom(id: string, sentAtMs: number, ttlSeconds: number): Held {
  return { id, renewedAtMs: sentAtMs, validUntilMs: sentAtMs + ttlSeconds * 1000 };
}
