// Makes the plan of a turn from what is remembered between turns: which slots nobody asks for and since when they stand
// unused, and which members' slots were given up.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { DesiredSlots } from '#core/slots/desired-slots.ts';
import { desiredSlots } from '#core/slots/desired-slots.ts';
import { planSlots } from '#core/slots/plan-slots.ts';
import { unknownLogical } from '#core/slots/plan-unknown-logical.ts';
import type { SlotPlan } from '#core/slots/slot-plan.ts';
import type { SlotReport } from '#core/slots/slot-report.ts';
import { readSlotSettings } from '#core/slots/slot-settings.ts';
import type { UnknownSince } from '#core/slots/unknown-slots.ts';
import { droppableUnknown, trackUnknown } from '#core/slots/unknown-slots.ts';
import { judgeWalBudget, withoutGivenUp } from '#core/slots/wal-budget.ts';
import type { SlotTurn } from './slot-turn.ts';

export interface PlannedSlots {
  readonly desired: DesiredSlots;
  readonly plan: SlotPlan;
  readonly reports: readonly SlotReport[];
}

export interface PlannerParts {
  readonly monotonicMs: () => number;
  /** Size of the volume that holds the WAL; null where it can't be told. */
  readonly walVolumeBytes: () => Promise<bigint | null>;
}

export class SlotPlanner {
  readonly #parts: PlannerParts;
  #unknownSince: UnknownSince = new Map();
  /** What a setting asked for once and asks for no more is dropped without a grace. */
  readonly #wasConfigured: Set<string> = new Set();
  /** Slots of absent members that kept too much, with where they were; until the member is back. */
  givenUp: ReadonlyMap<string, Lsn | null> = new Map();

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  async plan(turn: SlotTurn): Promise<PlannedSlots> {
    const { world, cluster, sql, slots, me, hasLeaderKey, leaderName, localLsn } = turn;
    const { config } = world;
    const { serverVersion } = world.postgres;
    const all = desiredSlots({ me, cluster, config, serverVersion });
    const budget = await this.#judgeBudget(turn, all);
    const desired = withoutGivenUp(all, this.givenUp);
    const plan = planSlots({
      me,
      isInRecovery: sql.isInRecovery,
      hasLeaderKey,
      leaderName,
      desired,
      existing: slots,
      localLsn,
      isStreamingFromLeader: turn.isStreamingFromLeader,
      droppableUnknown: this.#droppable(turn, desired),
      config,
    });
    for (const name of desired.logical.keys()) this.#wasConfigured.add(name);
    return { desired, plan, reports: [...all.reports, ...budget] };
  }

  #droppable({ world, slots }: SlotTurn, desired: DesiredSlots): ReadonlySet<string> {
    const { raw, permanentSlots } = world.config;
    const nowMs = this.#parts.monotonicMs();
    const unknown = unknownLogical({ desired, existing: slots }, permanentSlots);
    this.#unknownSince = trackUnknown(this.#unknownSince, unknown, slots, nowMs);
    const { unknownGraceMs } = readSlotSettings(raw);
    const old = droppableUnknown(this.#unknownSince, unknownGraceMs, nowMs);
    return new Set([...old, ...unknown.filter((name) => this.#wasConfigured.has(name))]);
  }

  /** Only who leads gives a slot up; the others follow what the leader retains. */
  async #judgeBudget(turn: SlotTurn, desired: DesiredSlots): Promise<readonly SlotReport[]> {
    const { world, slots, hasLeaderKey } = turn;
    const isPresent = (name: string): boolean => desired.physical.get(name)?.source === 'member';
    this.givenUp = new Map([...this.givenUp].filter(([name]) => !isPresent(name)));
    const { walBudget } = readSlotSettings(world.config.raw);
    if (walBudget === null || !hasLeaderKey || world.config.isPaused) return [];
    const { givenUp, reports } = judgeWalBudget({
      budget: walBudget,
      volumeBytes: walBudget.kind === 'percent' ? await this.#parts.walVolumeBytes() : null,
      physical: desired.physical,
      existing: slots,
    });
    this.givenUp = new Map([...this.givenUp, ...givenUp]);
    return reports;
  }
}
