// A server's slots as a model that carries out plans, for properties of planning.

import * as fc from 'fast-check';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { SlotsSnapshot } from '#core/slots/plan-slots.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { SlotPlan } from '#core/slots/slot-plan.ts';
import { infoOf, logicalOf, wantedLogical, wantedPhysical, xidOf } from './samples.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const position = fc.integer({ min: 1, max: 100 });
const optionalPosition = fc.option(position, { nil: null });

const someSlot: fc.Arbitrary<SlotInfo> = fc
  .record({
    name,
    isLogical: fc.boolean(),
    at: optionalPosition,
    isActive: fc.boolean(),
    hasXmin: fc.boolean(),
    walStatus: fc.constantFrom('reserved', 'extended', 'lost'),
    plugin: fc.constantFrom('b', 'other'),
    isFailover: fc.boolean(),
    isSynced: fc.boolean(),
    isConflicting: fc.boolean(),
  })
  .map(({ isLogical, at, hasXmin, plugin, isFailover, isSynced, isConflicting, ...same }) =>
    isLogical
      ? logicalOf(same.name, at === null ? null : at + 10, {
          ...same,
          plugin,
          isFailover,
          isSynced: isFailover && isSynced,
          isConflicting,
        })
      : infoOf(same.name, at, { ...same, xmin: hasXmin ? xidOf(7) : null }),
  );

const someDesired: fc.Arbitrary<SlotsSnapshot['desired']> = fc
  .uniqueArray(
    fc.record({
      name,
      isLogical: fc.boolean(),
      at: optionalPosition,
      isExpectedActive: fc.constantFrom(true, false, null),
      isRecreatedWhenLost: fc.boolean(),
      isFailover: fc.boolean(),
    }),
    { selector: (slot) => slot.name },
  )
  .map((slots) => ({
    physical: new Map(
      slots
        .filter(({ isLogical }) => !isLogical)
        .map(({ name: of, at, isExpectedActive }) => [
          of,
          wantedPhysical(of, { isExpectedActive, lsn: at === null ? null : lsnOf(at) }),
        ]),
    ),
    logical: new Map(
      slots
        .filter(({ isLogical }) => isLogical)
        .map(({ name: of, at, isRecreatedWhenLost, isFailover }) => [
          of,
          wantedLogical(of, at, { isRecreatedWhenLost, isFailover }),
        ]),
    ),
  }));

const someMatcher: fc.Arbitrary<JsonObject> = fc.record(
  { name, type: fc.constantFrom('physical', 'logical') },
  { requiredKeys: ['name'] },
);

/** Any situation a member may be in, those that should not be included. */
export const someSnapshot: fc.Arbitrary<SlotsSnapshot> = fc
  .record({
    isInRecovery: fc.boolean(),
    isStreaming: fc.boolean(),
    hasLeaderKey: fc.boolean(),
    otherLeader: fc.constantFrom('other', null),
    desired: someDesired,
    existing: fc.uniqueArray(someSlot, { selector: (slot) => slot.name }),
    localAt: optionalPosition,
    droppable: fc.array(name),
    isPaused: fc.boolean(),
    ignoreSlots: fc.array(someMatcher, { maxLength: 2 }),
    unreadable: fc.array(name, { maxLength: 1 }),
  })
  .map((of) => ({
    me: { name: 'me', role: of.isInRecovery ? 'replica' : 'primary' },
    isInRecovery: of.isInRecovery,
    hasLeaderKey: of.hasLeaderKey,
    leaderName: of.hasLeaderKey ? 'me' : of.otherLeader,
    desired: of.desired,
    existing: of.existing,
    localLsn: of.localAt === null ? null : lsnOf(of.localAt),
    isStreamingFromLeader: of.isStreaming,
    droppableUnknown: new Set(of.droppable),
    config: {
      isPaused: of.isPaused,
      ignoreSlots: of.ignoreSlots,
      permanentSlots: Object.fromEntries(of.unreadable.map((each) => [each, 'nonsense'])),
    },
  }));

/** The slots after all steps have worked, copies included. Throws where the server would have refused one. */
export function carriedOut(
  before: readonly SlotInfo[],
  plan: SlotPlan,
  localLsn: Lsn | null,
): readonly SlotInfo[] {
  const slots = new Map(before.map((slot) => [slot.name, slot]));
  const present = (of: string): SlotInfo => {
    const slot = slots.get(of);
    if (slot === undefined) throw new Error(`There is no slot ${of}`);
    return slot;
  };
  const add = (slot: SlotInfo): void => {
    if (slots.has(slot.name)) throw new Error(`There is a slot ${slot.name} already`);
    slots.set(slot.name, slot);
  };
  for (const step of plan.steps) {
    if (step.kind === 'drop') {
      if (present(step.name).isActive) throw new Error(`Slot ${step.name} is in use`);
      slots.delete(step.name);
    } else if (step.kind === 'create-physical') {
      add(infoOf(step.name, localLsn === null ? 1 : Number(localLsn)));
    } else {
      slots.set(step.name, { ...present(step.name), restartLsn: step.to });
    }
  }
  for (const { name: of, database, plugin, isFailover } of plan.create) {
    add(logicalOf(of, Number(localLsn ?? 1), { database, plugin, isFailover }));
  }
  for (const { name: of, to } of plan.advance) {
    slots.set(of, { ...present(of), confirmedFlushLsn: to });
  }
  for (const { name: of, database, plugin } of plan.copy) {
    slots.set(of, logicalOf(of, 200, { database, plugin }));
  }
  return [...slots.values()];
}
