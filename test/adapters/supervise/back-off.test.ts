// The waits between starts of an agent that ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterEnd, type BackOff, goodRunMs, noFailures } from '#adapters/supervise/back-off.ts';

test('each early end doubles the wait, up to half a minute', () => {
  const waits: number[] = [];
  let state: BackOff = noFailures;
  for (let end = 0; end < 12; end += 1) {
    state = afterEnd(state, 50);
    waits.push(state.delayMs);
  }

  assert.deepEqual(waits.slice(0, 4), [100, 200, 400, 800]);
  assert.deepEqual(waits.slice(-2), [30_000, 30_000]);
});

test('after a good run the first wait is the shortest again, however often it failed before', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 1_000_000 }),
      fc.integer({ min: goodRunMs }),
      (failures, ranForMs) => {
        assert.equal(afterEnd({ failures, delayMs: 30_000 }, ranForMs).delayMs, 100);
      },
    ),
  );
});

test('the wait is never longer than half a minute', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (failures, ranForMs) => {
      const { delayMs } = afterEnd({ failures, delayMs: 0 }, ranForMs);
      assert.ok(delayMs >= 100 && delayMs <= 30_000);
    }),
  );
});
