// When a replica is restarted to take over logical slots.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { CopyInput } from '#core/slots/copy-budget.ts';
import { afterRestart, decideCopy, noCopies, withoutOthers } from '#core/slots/copy-budget.ts';
import type { CopyLogicalStep } from '#core/slots/slot-step.ts';

function candidate(name: string): CopyLogicalStep {
  return { kind: 'copy-logical', name, database: 'a', plugin: 'b', why: '' };
}

function inputOf(names: readonly string[], more: Partial<CopyInput> = {}): CopyInput {
  return {
    candidates: names.map(candidate),
    expectedCount: 0,
    memory: noCopies,
    nowMs: 10_000,
    intervalMs: 60_000,
    isBusy: false,
    isInRecovery: true,
    hasLeaderKey: false,
    isFailsafeActive: false,
    config: { isPaused: false },
    ...more,
  };
}

test('all that wait are taken over by one restart, at once', () => {
  const { decision } = decideCopy(inputOf(['a', 'b', 'c']));
  assert.deepEqual(decision, {
    kind: 'copy',
    names: ['a', 'b', 'c'],
    why: 'Copying logical slots a, b, c from the primary',
  });
  assert.equal(decideCopy(inputOf([])).decision.kind, 'none');
});

test('for slots that are still being created it waits a moment, and not longer', () => {
  const first = decideCopy(inputOf(['a'], { expectedCount: 2 }));
  assert.ok(first.decision.kind === 'wait');
  assert.equal(first.decision.forMs, 500);
  const later = inputOf(['a'], { expectedCount: 2, memory: first.memory, nowMs: 10_500 });
  assert.equal(decideCopy(later).decision.kind, 'copy');
});

test('DEF-18: it never restarts in pause, a primary, a holder of the key, or in the middle of something', () => {
  for (const more of [
    { config: { isPaused: true } },
    { isInRecovery: false },
    { hasLeaderKey: true },
    { isBusy: true },
    { isFailsafeActive: true },
  ]) {
    assert.equal(decideCopy(inputOf(['a'], more)).decision.kind, 'wait');
  }
});

test('a slot that was the reason for a restart is none again within the interval', () => {
  const memory = afterRestart(noCopies, ['a'], 10_000);
  const soon = decideCopy(inputOf(['a'], { memory, nowMs: 20_000 })).decision;
  assert.ok(soon.kind === 'wait');
  assert.equal(soon.forMs, 50_000);
  assert.equal(decideCopy(inputOf(['a'], { memory, nowMs: 70_000 })).decision.kind, 'copy');
  const withNew = decideCopy(inputOf(['a', 'b'], { memory, nowMs: 20_000 })).decision;
  assert.deepEqual(
    withNew.kind === 'copy' && withNew.names,
    ['a', 'b'],
    'it goes along with another',
  );
  const renewed = withoutOthers(memory, new Set(['b']));
  assert.equal(
    decideCopy(inputOf(['a'], { memory: renewed, nowMs: 20_000 })).decision.kind,
    'copy',
  );
});

test('however often it is asked, there is at most one restart for a slot in each interval', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(30_000), fc.subarray(['a', 'b', 'c'])), { maxLength: 40 }),
      (events) => {
        let memory = noCopies;
        let nowMs = 0;
        const restarts: { readonly atMs: number; readonly names: readonly string[] }[] = [];
        for (const [afterMs, names] of events) {
          nowMs += afterMs;
          const decided = decideCopy(inputOf(names, { memory, nowMs }));
          ({ memory } = decided);
          if (decided.decision.kind !== 'copy') continue;
          restarts.push({ atMs: nowMs, names: decided.decision.names });
          memory = afterRestart(memory, decided.decision.names, nowMs);
        }
        for (const { atMs, names } of restarts) {
          const recent = restarts.filter((one) => one.atMs < atMs && one.atMs > atMs - 60_000);
          const isDue = (name: string): boolean => !recent.some((one) => one.names.includes(name));
          assert.ok(names.some(isDue), 'each restart has a slot that was not a reason lately');
        }
      },
    ),
  );
});
