// Finds out why a standby does not stream: whether the leader has thrown away the WAL it needs next, as after its slot
// was given up. What is done about it the rules decide (core/ha/rules/rejoin-rules.ts). A cascading standby whose own
// upstream gives it nothing goes round it, to the leader, where that has what it needs.

import { clusterOf, maxLsn } from '#core/ha/look.ts';
import { situationOf } from '#core/ha/rules/rejoin-rules.ts';
import { isDetourOver } from '#core/ha/detour.ts';
import { leaderUpstream, upstreamOf } from '#core/ha/upstream.ts';
import type { World } from '#core/ha/world.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import type { AgentParts } from '../context.ts';
import { remember } from '../state.ts';

/** A standby that has just started, or lost its leader, needs a while to stream, in milliseconds. */
const patienceMs = 3000;
const askAgainMs = 10_000;
const settledMs = 1000;
/** An upstream that restarts, or has just promoted, gives nothing for a while either. */
const detourPatienceMs = 10_000;

export class WalGapCheck {
  readonly #parts: AgentParts;
  #notStreamingSinceMs: number | null = null;
  #streamingSinceMs: number | null = null;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  /** Asks the leader where it is time to. Never waits and never throws. */
  begin(world: World): void {
    const { state, deps } = this.#parts;
    const nowMs = deps.clock.monotonicMs();
    if (!isWaitingForWal(world)) {
      this.#noteNoWait(world, nowMs);
      if (state.memory.walGap !== null) remember(state, { walGap: null });
      this.#endDetour(world);
      return;
    }
    this.#streamingSinceMs = null;
    this.#notStreamingSinceMs ??= nowMs;
    const isDue =
      nowMs - this.#notStreamingSinceMs >= patienceMs && nowMs - this.#askedAtMs >= askAgainMs;
    if (!isDue || this.#isAsking || this.#parts.executor.running() !== null) return;
    this.#askedAtMs = nowMs;
    void this.#ask(world);
  }

  /** A receiver whose upstream lacks the WAL streams for an instant too, each time it is started. */
  #noteNoWait({ postgres }: World, nowMs: number): void {
    const isStandby = postgres.sql?.isInRecovery === true;
    this.#streamingSinceMs ??= nowMs;
    if (isStandby && nowMs - this.#streamingSinceMs < settledMs) return;
    this.#notStreamingSinceMs = null;
  }

  async #ask(world: World): Promise<void> {
    const { state, deps, wake } = this.#parts;
    const leader = leaderUpstream(world);
    const member = clusterOf(world).leader?.member ?? null;
    const { sql } = world.postgres;
    const from = sql === null ? null : maxLsn(sql.receiveLsn, sql.replayLsn);
    if (leader === null || member === null || from === null) return;
    this.#isAsking = true;
    const hasWal = await deps.slots.isWalOnLeader(leader, from);
    this.#isAsking = false;
    if (this.#notStreamingSinceMs === null) return;
    const silentMs = deps.clock.monotonicMs() - this.#notStreamingSinceMs;
    if (hasWal === true && silentMs >= detourPatienceMs) this.#goRound(world, leader.name);
    if (hasWal !== false) return;
    const why = `${leader.name} does not have the WAL from ${formatLsn(from)} on any more`;
    deps.log.warning(`This member can't follow: ${why}`);
    remember(state, { walGap: { against: situationOf(member), why } });
    wake();
  }

  #goRound(world: World, leader: string): void {
    const { state, deps, wake } = this.#parts;
    const around = upstreamOf(world)?.name ?? '';
    if (around === '' || around === leader) return;
    deps.log.warning(
      `This member gets no WAL from ${around}, and follows the leader ${leader} until it has caught up`,
    );
    remember(state, { detour: { around, sinceMs: deps.clock.monotonicMs() } });
    wake();
  }

  #endDetour(world: World): void {
    const { state, deps, wake } = this.#parts;
    if (!isDetourOver(world)) return;
    deps.log.info(
      `Going back to ${state.memory.detour?.around ?? ''}, the member to replicate from`,
    );
    remember(state, { detour: null });
    wake();
  }
}

/** A standby of a member that gets its WAL from nowhere. */
function isWaitingForWal({ postgres, dcs, me }: World): boolean {
  const { sql } = postgres;
  if (sql === null || !sql.isInRecovery || dcs.kind !== 'cluster') return false;
  const leader = dcs.cluster.leader?.name ?? me.name;
  const hasArchive = (sql.restoreCommand ?? '') !== '';
  return leader !== me.name && sql.receiverState !== 'streaming' && !hasArchive;
}
