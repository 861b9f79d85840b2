// How much WAL a member that is away may cost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { DesiredPhysicalSlot } from '#core/slots/desired-slot.ts';
import { readSlotSettings, readWalBudget } from '#core/slots/slot-settings.ts';
import type { BudgetInput, BudgetVerdict } from '#core/slots/wal-budget.ts';
import { judgeWalBudget, withoutGivenUp } from '#core/slots/wal-budget.ts';
import { infoOf, wantedPhysical } from './samples.ts';

const away: Partial<DesiredPhysicalSlot> = { source: 'retained', isExpectedActive: null };

function judged(
  retainedBytes: bigint | null,
  more: Partial<BudgetInput> = {},
  slot: Partial<DesiredPhysicalSlot> = away,
  isActive = false,
): BudgetVerdict {
  return judgeWalBudget({
    budget: { kind: 'bytes', bytes: 1000n },
    volumeBytes: null,
    physical: new Map([['m', wantedPhysical('m', slot)]]),
    existing: [infoOf('m', 50, { retainedBytes, isActive })],
    ...more,
  });
}

test('below four fifths of the budget nothing is said, then it is told, beyond it the slot is given up', () => {
  assert.deepEqual(judged(799n), { givenUp: new Map(), reports: [] });
  const warned = judged(800n);
  assert.equal(warned.givenUp.size, 0);
  assert.match(warned.reports[0]?.message ?? '', /keeps most of the 1000 bytes/u);
  assert.equal(judged(1000n).givenUp.size, 0);
  const over = judged(1001n);
  assert.deepEqual([...over.givenUp], [['m', 50n]]);
  assert.match(over.reports[0]?.message ?? '', /has to be cloned when it returns/u);
});

test('a share counts of the volume, and is no limit where its size is not known', () => {
  const budget = { kind: 'percent', percent: 20 } as const;
  assert.equal(judged(2001n, { budget, volumeBytes: 10_000n }).givenUp.size, 1);
  assert.equal(judged(2000n, { budget, volumeBytes: 10_000n }).givenUp.size, 0);
  assert.equal(judged(2001n, { budget }).givenUp.size, 0);
});

test('slots in use, of members that are there and of the configuration are never given up', () => {
  assert.equal(judged(9999n, {}, { source: 'member', isExpectedActive: true }).givenUp.size, 0);
  assert.equal(judged(9999n, {}, { source: 'permanent' }).givenUp.size, 0);
  assert.equal(judged(9999n, {}, away, true).givenUp.size, 0);
  assert.equal(judged(null).givenUp.size, 0);
  assert.equal(judged(9999n, { budget: null }).givenUp.size, 0);
});

test('what was given up is not kept any more, and everything else is', () => {
  const slots = [wantedPhysical('m', away), wantedPhysical('n', away), wantedPhysical('o')];
  const desired = { physical: new Map(slots.map((slot) => [slot.name, slot])), logical: new Map() };
  const left = withoutGivenUp(
    desired,
    new Map([
      ['m', null],
      ['o', null],
    ]),
  );
  assert.deepEqual([...left.physical.keys()], ['n', 'o']);
});

test('more WAL never makes a slot be kept that less had given up', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 3000n), fc.bigInt(0n, 3000n), (kept, more) => {
      assert.ok(judged(kept).givenUp.size <= judged(kept + more).givenUp.size);
    }),
  );
});

test('settings have their defaults, and a budget that is no amount is none', () => {
  assert.deepEqual(readSlotSettings({}), {
    walBudget: null,
    copyIntervalMs: 3_600_000,
    unknownGraceMs: 60_000,
  });
  assert.deepEqual(
    readSlotSettings({
      member_slots_wal_budget: '50GB',
      slot_copy_interval: '10min',
      unknown_slots_grace: 0,
    }),
    {
      walBudget: { kind: 'bytes', bytes: 50n * 1024n ** 3n },
      copyIntervalMs: 600_000,
      unknownGraceMs: 0,
    },
  );
  assert.deepEqual(readWalBudget(' 20 %'), { kind: 'percent', percent: 20 });
  for (const value of [undefined, null, 0, -5, '0%', '101%', 'much', true, {}, []]) {
    assert.equal(readWalBudget(value), null, JSON.stringify(value));
  }
});
