// Steps from the slots that are to those that should be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { DesiredSlot } from '#core/slots/member-slots.ts';
import type { SlotPlanInput } from '#core/slots/plan-physical-slots.ts';
import { planPhysicalSlots } from '#core/slots/plan-physical-slots.ts';
import { slotOf } from './samples.ts';

function inputOf(
  desired: readonly DesiredSlot[],
  existing: readonly PhysicalSlotRow[],
  more: Partial<SlotPlanInput> = {},
): SlotPlanInput {
  return {
    me: { name: 'l', role: 'primary' },
    desired: new Map(desired.map((slot) => [slot.name, slot])),
    existing,
    leaderName: 'l',
    localLsn: lsnOf(1000),
    config: { isPaused: false, ignoreSlots: [], permanentSlots: {} },
    ...more,
  };
}

function shown(...args: Parameters<typeof inputOf>): readonly string[] {
  return planPhysicalSlots(inputOf(...args)).map((step) =>
    step.kind === 'advance-physical'
      ? `advance ${step.name} ${step.to}`
      : `${step.kind === 'drop' ? 'drop' : 'create'} ${step.name}`,
  );
}

function wanted(
  name: string,
  isExpectedActive: boolean | null = false,
  lsn: number | null = null,
): DesiredSlot {
  return { name, isExpectedActive, lsn: lsn === null ? null : lsnOf(lsn) };
}

test('what is missing is created and what nobody asks for is dropped', () => {
  assert.deepEqual(shown([wanted('a', true)], [slotOf('old')]), ['drop old', 'create a']);
});

test('INV-1: a slot in use is never dropped', () => {
  const active = { isActive: true };
  assert.deepEqual(shown([], [slotOf('old', 50, active)]), []);
  assert.deepEqual(shown([wanted('a')], [slotOf('a', 50, { ...active, xmin: '7' })]), []);
});

test('INV-2: what ignore_slots fits is never dropped; each field of a matcher has to fit', () => {
  const ignoring = (matcher: Readonly<Record<string, string | null>>): readonly string[] =>
    shown([], [slotOf('old')], {
      config: { isPaused: false, ignoreSlots: [matcher], permanentSlots: {} },
    });
  assert.deepEqual(ignoring({ name: 'old' }), []);
  assert.deepEqual(ignoring({ name: 'old', type: 'physical', database: null }), []);
  assert.deepEqual(ignoring({ type: 'physical' }), []);
  assert.deepEqual(ignoring({}), []);
  assert.deepEqual(ignoring({ name: 'other' }), ['drop old']);
  assert.deepEqual(ignoring({ name: 'old', type: 'logical' }), ['drop old']);
  assert.deepEqual(ignoring({ name: 'old', plugin: 'test_decoding' }), ['drop old']);
});

test('INV-3: in pause slots are created and moved, and none is dropped', () => {
  const config = { isPaused: true, ignoreSlots: [], permanentSlots: {} };
  const existing = [
    slotOf('old'),
    slotOf('lost', 50, { walStatus: 'lost' }),
    slotOf('held', 50, { xmin: '7' }),
    slotOf('empty', null),
    slotOf('behind', 50),
  ];
  const desired = [
    ...['lost', 'held', 'empty', 'new'].map((name) => wanted(name)),
    wanted('behind', false, 60),
  ];
  assert.deepEqual(shown(desired, existing, { config }), ['create new', 'advance behind 60']);
});

test('while nobody leads no slot is dropped', () => {
  assert.deepEqual(shown([], [slotOf('old')], { leaderName: null }), []);
});

test('logical slots and permanent ones are left alone', () => {
  const logical = slotOf('a', 50, { type: 'logical', database: 'd', plugin: 'p' });
  assert.deepEqual(shown([wanted('a')], [logical, slotOf('b', 50, { type: 'logical' })]), []);
  const config = { isPaused: false, ignoreSlots: [], permanentSlots: { kept: {} } };
  assert.deepEqual(shown([], [slotOf('kept')], { config }), []);
});

test('a slot that lost its WAL, or never kept any, is made anew', () => {
  const lost = slotOf('a', null, { walStatus: 'lost' });
  assert.deepEqual(shown([wanted('a', true)], [lost]), ['drop a', 'create a']);
  assert.deepEqual(shown([wanted('a', false)], [slotOf('a', null)]), ['drop a', 'create a']);
  assert.deepEqual(shown([wanted('a', null)], [slotOf('a', null)]), ['drop a', 'create a']);
  assert.deepEqual(shown([wanted('a', true)], [slotOf('a', null)]), []);
});

test('AT-15: an unused slot moves on where it has no xmin, and is made anew where it holds vacuum back', () => {
  assert.deepEqual(
    shown([wanted('t', false, 12_346)], [slotOf('t', 12_345)], { localLsn: lsnOf(20_000) }),
    ['advance t 12346'],
  );
  const held = slotOf('t', 12_345, { xmin: '1' });
  assert.deepEqual(shown([wanted('t', false, 12_346)], [held]), ['drop t', 'create t']);
  assert.deepEqual(shown([wanted('t', false, 12_346)], [held], { leaderName: null }), []);
  assert.deepEqual(shown([wanted('t', null)], [held]), []);
});

test('S-36: the holder of the leader key drops no slot for its xmin while it is in recovery', () => {
  const held = slotOf('t', 50, { xmin: '1' });
  const replica = { name: 'l', role: 'replica' } as const;
  assert.deepEqual(shown([wanted('t')], [held], { me: replica }), []);
  assert.deepEqual(shown([wanted('t')], [held], { me: replica, leaderName: 'other' }), [
    'drop t',
    'create t',
  ]);
});

test('S-37: no slot is moved beyond what this server has, nor back', () => {
  assert.deepEqual(shown([wanted('a', false, 900)], [slotOf('a')], { localLsn: lsnOf(70) }), [
    'advance a 70',
  ]);
  assert.deepEqual(shown([wanted('a', false, 40)], [slotOf('a')]), []);
  assert.deepEqual(shown([wanted('a', false, 900)], [slotOf('a')], { localLsn: null }), []);
  assert.deepEqual(shown([wanted('a', true, 900)], [slotOf('a')]), []);
  assert.deepEqual(shown([wanted('a', false, 900)], [slotOf('a', 50, { isActive: true })]), []);
});

test('whatever slots there are, no step harms one that must stay, and doing all leaves nothing to do', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd');
  const slots = fc.uniqueArray(
    fc.record({
      name: names,
      isActive: fc.boolean(),
      type: fc.constantFrom('physical' as const, 'logical' as const),
      xmin: fc.constantFrom(null, '5'),
      walStatus: fc.constantFrom('reserved', 'lost', null),
      restart: fc.constantFrom(null, 10, 60),
    }),
    { selector: ({ name }) => name },
  );
  const desired = fc.uniqueArray(
    fc.tuple(names, fc.constantFrom(true, false, null), fc.constantFrom(null, 50)),
    { selector: ([name]) => name },
  );
  fc.assert(
    fc.property(slots, desired, fc.boolean(), (found, asked, isPaused) => {
      const rows = found.map(({ restart, ...row }) => slotOf(row.name, restart, row));
      const config = { isPaused, ignoreSlots: [{ name: 'd' }], permanentSlots: {} };
      const input = inputOf(
        asked.map((each) => wanted(...each)),
        rows,
        { config },
      );
      const after = new Map(rows.map((row) => [row.name, row]));
      for (const step of planPhysicalSlots(input)) {
        const row = after.get(step.name);
        if (step.kind === 'drop') {
          assert.ok(row?.type === 'physical' && !row.isActive && !isPaused && row.name !== 'd');
          after.delete(step.name);
        } else if (step.kind === 'create-physical') {
          assert.equal(row, undefined);
          after.set(step.name, slotOf(step.name, 1000));
        } else {
          assert.ok(row?.restartLsn !== undefined && (row.restartLsn ?? 0n) < step.to);
          after.set(step.name, { ...row, restartLsn: step.to });
        }
      }
      assert.deepEqual(planPhysicalSlots({ ...input, existing: [...after.values()] }), []);
    }),
  );
});
