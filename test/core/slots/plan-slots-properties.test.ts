// What holds of every plan, whatever the situation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isIgnoredSlot } from '#core/slots/ignored-slots.ts';
import type { SlotsSnapshot } from '#core/slots/plan-slots.ts';
import { planSlots } from '#core/slots/plan-slots.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { carriedOut, someSnapshot } from './slot-model.ts';

const runs = { numRuns: 1000 };

function rowOf({ existing }: SlotsSnapshot, name: string): SlotInfo | undefined {
  return existing.find((slot) => slot.name === name);
}

test('INV-1 to INV-4: nothing is dropped that is in use, ignored or the server’s, or in pause, or unled', () => {
  fc.assert(
    fc.property(someSnapshot, (snapshot) => {
      const { config, leaderName } = snapshot;
      for (const step of planSlots(snapshot).steps.filter(({ kind }) => kind === 'drop')) {
        const row = rowOf(snapshot, step.name);
        assert.ok(row !== undefined && !row.isActive && !(row.isFailover && row.isSynced));
        assert.ok(!isIgnoredSlot(row, config.ignoreSlots));
        assert.ok(!config.isPaused && leaderName !== null);
        assert.ok(
          !Object.hasOwn(config.permanentSlots, step.name) || isWanted(snapshot, step.name),
        );
      }
    }),
    runs,
  );
});

function isWanted({ desired }: SlotsSnapshot, name: string): boolean {
  return desired.physical.has(name) || desired.logical.has(name);
}

test('INV-2: a slot that is in use, ignored or the server’s is not copied over either', () => {
  fc.assert(
    fc.property(someSnapshot, (snapshot) => {
      const { copy } = planSlots(snapshot);
      assert.ok(copy.length === 0 || !snapshot.config.isPaused);
      for (const { name } of copy) {
        const row = rowOf(snapshot, name);
        if (row === undefined) continue;
        assert.ok(!row.isActive && !row.isFailover);
        assert.ok(!isIgnoredSlot(row, snapshot.config.ignoreSlots));
      }
    }),
    runs,
  );
});

test('INV-7 and INV-8: logical slots are created by a primary with the key only, copied by others only', () => {
  fc.assert(
    fc.property(someSnapshot, (snapshot) => {
      const { create, copy, advance } = planSlots(snapshot);
      const { isInRecovery, hasLeaderKey, leaderName } = snapshot;
      assert.ok(create.length === 0 || (!isInRecovery && hasLeaderKey));
      assert.ok(copy.length === 0 || (isInRecovery && !hasLeaderKey && leaderName !== null));
      assert.ok(advance.length === 0 || isInRecovery);
    }),
    runs,
  );
});

test('INV-5: no slot is moved back, beyond what this server has, or beyond what was published', () => {
  fc.assert(
    fc.property(someSnapshot, (snapshot) => {
      const { localLsn, desired } = snapshot;
      const plan = planSlots(snapshot);
      for (const step of plan.steps) {
        if (step.kind !== 'advance-physical') continue;
        const from = rowOf(snapshot, step.name)?.restartLsn ?? null;
        assert.ok(from !== null && step.to > from);
        assert.ok(localLsn !== null && step.to <= localLsn);
      }
      for (const { name, to } of plan.advance) {
        const row = rowOf(snapshot, name);
        const published = desired.logical.get(name)?.lsn ?? null;
        assert.ok(row !== undefined && row.confirmedFlushLsn !== null && !row.isActive);
        assert.ok(to > row.confirmedFlushLsn && published !== null && to <= published);
        assert.ok(localLsn !== null && to <= localLsn);
      }
    }),
    runs,
  );
});

test('INV-9: a slot whose consumer has a position is made anew only where that is configured', () => {
  fc.assert(
    fc.property(someSnapshot, (snapshot) => {
      const plan = planSlots(snapshot);
      for (const { name } of plan.create) {
        const slot = snapshot.desired.logical.get(name);
        const row = rowOf(snapshot, name);
        const isChanged =
          row !== undefined && (row.type !== 'logical' || row.plugin !== slot?.plugin);
        const isNew = row === undefined && slot?.lsn === null;
        assert.ok(isChanged || isNew || slot?.isRecreatedWhenLost === true);
      }
      for (const name of plan.lostPositions.keys()) {
        assert.ok(
          plan.reports.some(({ slot }) => slot === name),
          'never in silence',
        );
      }
    }),
    runs,
  );
});

test('plans come to an end: carried out, they leave nothing to do and never fail at the server', () => {
  fc.assert(
    fc.property(someSnapshot, (start) => {
      let { existing } = start;
      for (let turn = 0; turn < 4; turn += 1) {
        existing = carriedOut(existing, planSlots({ ...start, existing }), start.localLsn);
      }
      const last = planSlots({ ...start, existing });
      assert.deepEqual(
        { steps: last.steps, create: last.create, advance: last.advance, copy: last.copy },
        { steps: [], create: [], advance: [], copy: [] },
      );
    }),
    runs,
  );
});

test('INV-15: what is wrong with one slot changes nothing for the others', () => {
  fc.assert(
    fc.property(someSnapshot, (snapshot) => {
      const whole = planSlots(snapshot);
      for (const { name } of snapshot.existing) {
        const { physical, logical } = snapshot.desired;
        const alone = planSlots({
          ...snapshot,
          existing: snapshot.existing.filter((slot) => slot.name === name),
          desired: {
            physical: new Map([...physical].filter(([each]) => each === name)),
            logical: new Map([...logical].filter(([each]) => each === name)),
          },
        });
        const only = <Step extends { readonly name: string }>(steps: readonly Step[]): Step[] =>
          steps.filter((step) => step.name === name);
        assert.deepEqual(alone.steps, only(whole.steps));
        assert.deepEqual(alone.create, only(whole.create));
        assert.deepEqual(alone.advance, only(whole.advance));
        assert.deepEqual(alone.copy, only(whole.copy));
      }
    }),
    runs,
  );
});
