// What a member needs to come back behind another one: where both histories stand, recovery of what crashed, and
// pg_rewind. Whether any of it is to be done is decided elsewhere.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Progress } from '#core/dcs/cluster.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { RewindFacts, RewindOutcome } from '#core/rewind/rewind-facts.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { Row } from './connection.ts';
import { localTarget } from './local-address.ts';
import type { MemberObserver } from './member-observer.ts';
import type { MemberPlace } from './member-place.ts';
import type { MemberServer } from './member-server.ts';
import { canRunRewind, runRewind } from './rewind.ts';
import { readLeaderHistory, runningHistory, stoppedHistory, withBranch } from './rewind-facts.ts';
import { recoverInSingleUserMode } from './single-user.ts';

export interface RewinderParts {
  readonly place: MemberPlace;
  readonly config: () => AgentConfig;
  readonly server: MemberServer;
  readonly observer: MemberObserver;
  readonly query: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
  readonly log: LogPort;
  readonly monotonicMs: () => number;
  readonly onProgress: (progress: Progress | null) => void;
}

export class MemberRewinder {
  readonly #parts: RewinderParts;
  #hasProgram: boolean | null = null;

  constructor(parts: RewinderParts) {
    this.#parts = parts;
  }

  async readFacts(leader: Upstream): Promise<RewindFacts> {
    const { place, server, query } = this.#parts;
    const config = this.#parts.config();
    const { postgresql } = config;
    const known =
      server.process === null
        ? await stoppedHistory(place)
        : await runningHistory(query, localTarget(postgresql, true), postgresql.replication);
    const local = await withBranch(place, known);
    return { local, leader: await readLeaderHistory(leader, config, local?.timeline ?? null) };
  }

  async recover(signal?: AbortSignal): Promise<boolean> {
    const { place, server, log } = this.#parts;
    if (server.process !== null) return false;
    return recoverInSingleUserMode(place, log, signal);
  }

  async rewind(leader: Upstream, signal?: AbortSignal): Promise<RewindOutcome> {
    const { place, server, observer, log, monotonicMs, onProgress } = this.#parts;
    if (server.process !== null) return { kind: 'failed', why: 'PostgreSQL still runs' };
    const { serverVersion } = await observer.dataDirectory();
    const outcome = await runRewind({
      place,
      config: this.#parts.config(),
      serverVersion,
      leader,
      log,
      monotonicMs,
      onProgress,
      signal,
    });
    observer.forget();
    return outcome;
  }

  async canRewind(): Promise<boolean> {
    const { place, observer } = this.#parts;
    const control = await observer.control();
    if (control === null || !(control.isWalLogHints || control.isDataChecksummed)) return false;
    this.#hasProgram ??= await canRunRewind(place);
    return this.#hasProgram;
  }
}
