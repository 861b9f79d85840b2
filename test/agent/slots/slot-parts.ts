// Slots, and agents whose server has them, for tests of slot work.

import type { SlotsHandler } from '#agent/slots/slots-handler.ts';
import { worldOf } from '#agent/observe.ts';
import type { World } from '#core/ha/world.ts';
import type { Cluster, JsonObject } from '#core/dcs/cluster.ts';
import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { cluster, primaryFacts, standbyFacts } from '../../core/ha/worlds.ts';
import type { FakeAgent } from '../fake-agent.ts';
import { fakeAgent } from '../fake-agent.ts';
import { settle } from '../virtual-clock.ts';

/** The configuration of one permanent logical slot. */
export const logicalSlot: JsonObject = {
  slots: { l: { type: 'logical', database: 'app', plugin: 'test_decoding' } },
};

export function physicalRow(name: string, more: Partial<PhysicalSlotRow> = {}): PhysicalSlotRow {
  return {
    name,
    type: 'physical',
    isActive: true,
    restartLsn: lsnOf(900),
    xmin: null,
    walStatus: 'reserved',
    database: null,
    plugin: null,
    ...more,
  };
}

export function logicalRow(name: string, more: Partial<PhysicalSlotRow> = {}): PhysicalSlotRow {
  return {
    ...physicalRow(name),
    type: 'logical',
    isActive: false,
    database: 'app',
    plugin: 'test_decoding',
    datoid: '5',
    catalogXmin: '700',
    confirmedFlushLsn: lsnOf(900),
    ...more,
  };
}

/** Slots of the members that `a`, `b` and `c` keep for each other. */
export function memberRows(me: string, isPrimary: boolean): readonly PhysicalSlotRow[] {
  return ['a', 'b', 'c']
    .filter((name) => name !== me)
    .map((name) => physicalRow(name, { isActive: isPrimary }));
}

export interface SlotSituation {
  readonly name?: 'a' | 'b';
  readonly dynamic?: JsonObject;
  readonly rows?: readonly PhysicalSlotRow[];
  readonly cluster?: Partial<Cluster>;
}

export interface SlotFake extends FakeAgent {
  readonly handler: SlotsHandler;
  readonly world: () => World;
  /** One turn of slot work, to its end. */
  readonly turn: () => Promise<void>;
  /** What the server has from the next turn on. */
  readonly setRows: (rows: readonly PhysicalSlotRow[]) => void;
}

/** The leader `a`, or the standby `b` behind it. */
export function slotFake({
  name = 'a',
  dynamic = {},
  rows = [],
  cluster: more = {},
}: SlotSituation = {}): SlotFake {
  const isPrimary = name === 'a';
  const facts = isPrimary ? primaryFacts : standbyFacts;
  const fake = fakeAgent({ name, dynamic, cluster: cluster('a', more) });
  fake.slots.isWorking = true;
  const { context, postgres, dcs } = fake;
  context.state.config = context.deps.merge(dynamic);
  context.state.cluster = dcs.cluster;
  const setRows = (found: readonly PhysicalSlotRow[]): void => {
    if (facts.sql === null) return;
    const all = [...memberRows(name, isPrimary), ...found];
    postgres.facts = { ...facts, sql: { ...facts.sql, slots: all } };
  };
  setRows(rows);
  if (isPrimary) context.guard.extend(fake.clock.monotonicMs() + 30_000, 0);
  const world = (): World => {
    const view = {
      kind: 'cluster',
      cluster: dcs.cluster,
      lockedCluster: dcs.cluster,
      isLeaderByFailsafe: false,
    } as const;
    const base = worldOf(context, view, postgres.facts);
    return isPrimary ? { ...base, learned: { ...base.learned, lock: 'refreshed' } } : base;
  };
  const turn = async (): Promise<void> => {
    const now = world();
    context.slots.note(now.postgres);
    context.slots.begin(now);
    await settle();
  };
  return { ...fake, handler: context.slots, world, turn, setRows };
}
