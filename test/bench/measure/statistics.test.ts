import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { mean, percentile, slope, summarise } from '../../../bench/measure/statistics.ts';

const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
  minLength: 1,
  maxLength: 50,
});

test('a percentile is one of the values, and no more than its share lies below it', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const found = percentile(list, share);
      assert.ok(list.includes(found));
      assert.ok(list.filter((value) => value < found).length <= share * list.length);
      // Counted in the values themselves: a product like 0.95 * 20 is not exact.
      assert.ok(list.filter((value) => value <= found).length >= Math.floor(share * list.length));
    }),
  );
});

test('a summary goes from the least by the middle to the nearly greatest', () => {
  const list = Array.from({ length: 100 }, (_, place) => 100 - place);
  assert.deepEqual(summarise(list), { runs: 100, min: 1, p50: 50, p95: 95, mean: 50.5 });
});

test('does not change the order of what it is given', () => {
  const list = [3, 1, 2];
  summarise(list);
  assert.deepEqual(list, [3, 1, 2]);
});

test('the slope of a straight line is its step, and noise of equal halves leaves it near', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -50, max: 50 }),
      fc.integer({ min: 2, max: 40 }),
      (step, count) => {
        const line = Array.from({ length: count }, (_, place) => 7 + step * place);
        assert.ok(Math.abs(slope(line) - step) < 1e-9);
      },
    ),
  );
  const noisy = Array.from({ length: 100 }, (_, place) => 5 * place + (place % 2 === 0 ? 1 : -1));
  assert.ok(Math.abs(slope(noisy) - 5) < 0.01);
});

test('one value has no slope', () => {
  assert.equal(slope([42]), 0);
});

test('the mean of values that are all the same is that value', () => {
  assert.equal(mean([4, 4, 4]), 4);
});
