// Seeded randomness: what other code relies on is that it repeats, stays in its bounds and loses nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRandom } from '#core/random.ts';

const drawsOf = (seed: number, count: number): readonly number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test('the same seed gives the same draws, and another seed gives others', () => {
  assert.deepEqual(drawsOf(7, 50), drawsOf(7, 50));
  assert.notDeepEqual(drawsOf(7, 5), drawsOf(8, 5));
  assert.notDeepEqual(drawsOf(0, 5), drawsOf(1, 5));
});

test('a seed beyond 32 bits counts in full', () => {
  assert.notDeepEqual(drawsOf(1, 5), drawsOf(1 + 2 ** 32, 5));
});

test('draws are as they always were, so that a seed noted down keeps its meaning', () => {
  const random = createRandom(1);
  assert.deepEqual(
    Array.from({ length: 6 }, () => random.between(1, 100)),
    [10, 51, 89, 49, 44, 51],
  );
});

test('draws spread evenly from 0 up to but not including 1', () => {
  const buckets = Array.from({ length: 10 }, () => 0);
  for (const draw of drawsOf(42, 10_000)) {
    assert.ok(draw >= 0 && draw < 1);
    buckets[Math.floor(draw * 10)]! += 1;
  }
  for (const count of buckets) assert.ok(count > 850 && count < 1150, `uneven: ${buckets.join()}`);
});

test('between stays in its bounds and reaches both ends', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: -50, max: 50 }), fc.nat(5), (seed, low, width) => {
      const random = createRandom(seed);
      const drawn = new Set(Array.from({ length: 200 }, () => random.between(low, low + width)));
      assert.deepEqual([...drawn].sort((a, b) => a - b).at(0), low);
      assert.deepEqual([...drawn].sort((a, b) => a - b).at(-1), low + width);
    }),
  );
});

test('between refuses bounds that are no integers or the wrong way round', () => {
  const random = createRandom(1);
  assert.throws(() => random.between(2, 1), /between 2 and 1/u);
  assert.throws(() => random.between(0, 0.5), /two integers/u);
  assert.throws(() => random.between(0.5, 1), /two integers/u);
});

test('choose gives one of the options, each of them in time, and refuses to pick from none', () => {
  const random = createRandom(3);
  const seen = new Set(Array.from({ length: 100 }, () => random.choose(['a', 'b', 'c'])));
  assert.deepEqual([...seen].sort(), ['a', 'b', 'c']);
  assert.throws(() => random.choose([]), /no options/u);
});

test('choosing the only option spends no draw', () => {
  const [left, right] = [createRandom(9), createRandom(9)];
  assert.equal(left.choose(['only']), 'only');
  assert.equal(left.next(), right.next());
});

test('shuffle keeps every element and leaves the original alone', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.integer()), (seed, elements) => {
      const copy = [...elements];
      const shuffled = createRandom(seed).shuffle(elements);
      assert.deepEqual(elements, copy);
      const ordered = (list: readonly number[]): readonly number[] =>
        list.toSorted((a, b) => a - b);
      assert.deepEqual(ordered(shuffled), ordered(elements));
    }),
  );
  const orders = new Set(
    Array.from({ length: 200 }, (_, seed) => createRandom(seed).shuffle([1, 2, 3]).join()),
  );
  assert.equal(orders.size, 6);
});

test('chance is never at 0, always at 1 and sometimes between', () => {
  const random = createRandom(5);
  const hits = (probability: number): number =>
    Array.from({ length: 1000 }, () => random.chance(probability)).filter(Boolean).length;
  assert.equal(hits(0), 0);
  assert.equal(hits(1), 1000);
  const quarter = hits(0.25);
  assert.ok(quarter > 200 && quarter < 300, `${quarter} of 1000 at 0.25`);
});
