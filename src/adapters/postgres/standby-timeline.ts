// The timeline of a standby that receives nothing: SQL does not tell it there, the replication protocol does. Asked
// now and then only, as it takes a connection.

import type { PostgresqlConfig } from '#core/config/patroni/agent-config.ts';
import { localTarget } from './local-address.ts';
import { localTimeline } from './rewind-facts.ts';

/** How long an answer counts, in milliseconds. */
const keptMs = 1000;

export class StandbyTimeline {
  readonly #ask: () => Promise<number>;
  readonly #nowMs: () => number;
  #known: { readonly timeline: number; readonly atMs: number } = {
    timeline: 0,
    atMs: Number.NEGATIVE_INFINITY,
  };

  constructor(ask: () => Promise<number>, nowMs: () => number) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  /** 0 where the server does not tell. */
  async read(): Promise<number> {
    const atMs = this.#nowMs();
    if (atMs - this.#known.atMs < keptMs) return this.#known.timeline;
    this.#known = { timeline: await this.#ask().catch(() => 0), atMs };
    return this.#known.timeline;
  }
}

/** Asks our own server, where it is by the configuration of now. */
export function standbyTimeline(
  config: () => PostgresqlConfig,
  nowMs: () => number,
): StandbyTimeline {
  return new StandbyTimeline(async () => {
    const postgresql = config();
    return localTimeline(localTarget(postgresql, true), postgresql.replication);
  }, nowMs);
}
