import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { retryDelay, updateStatusDelay } from '#core/juju/uniter/back-off.ts';
import { createRandom } from '#core/random.ts';

test('E82: the wait before a retry is 5 s, doubles, and ends at five minutes', () => {
  const delays = Array.from({ length: 9 }, (_, index) => retryDelay(index + 1, null) / 1000);
  assert.deepEqual(delays, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
});

test('E82: the wait is jittered, and never beyond five minutes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2000 }), (seed, attempts) => {
      const exact = retryDelay(attempts, null);
      const jittered = retryDelay(attempts, createRandom(seed));
      assert.ok(jittered >= exact * 0.969 && jittered <= Math.min(exact * 1.031, 300_000));
    }),
  );
  const drawn = new Set(Array.from({ length: 20 }, (_, seed) => retryDelay(1, createRandom(seed))));
  assert.ok(drawn.size > 10);
});

test('L33: update-status comes after its interval, give or take a fifth', () => {
  const delays = Array.from({ length: 500 }, (_, seed) =>
    updateStatusDelay(300_000, createRandom(seed)),
  );
  assert.ok(Math.min(...delays) >= 240_000 && Math.min(...delays) < 245_000);
  assert.ok(Math.max(...delays) <= 360_000 && Math.max(...delays) > 355_000);
  assert.equal(updateStatusDelay(300_000, null), 300_000);
});
