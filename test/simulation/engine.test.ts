// Virtual time: order, promises between events, frozen and dead processes, clocks that drift.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Actor } from './engine/actor.ts';
import { Engine } from './engine/engine.ts';
import { SimClock } from './engine/sim-clock.ts';

test('events take place in the order of their times, and of their making where times are equal', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }),
      async (delays) => {
        const engine = new Engine();
        const seen: (readonly [number, number])[] = [];
        for (const [index, delayMs] of delays.entries()) {
          engine.after(delayMs, () => seen.push([engine.nowMs, index]));
        }
        await engine.run(100);
        const expected = [...delays.entries()]
          .toSorted(([one, first], [other, second]) => first - second || one - other)
          .map(([index, delayMs]) => [delayMs, index]);
        assert.deepEqual(seen, expected);
        assert.equal(engine.nowMs, 100);
      },
    ),
  );
});

test('every promise goes on as far as it can before the next event', async () => {
  const engine = new Engine();
  const seen: string[] = [];
  engine.after(1, () => {
    void (async () => {
      for (let step = 0; step < 20; step += 1) await Promise.resolve();
      seen.push('promise');
    })();
  });
  engine.after(1, () => seen.push('next event'));
  await engine.run(10);
  assert.deepEqual(seen, ['promise', 'next event']);
});

test('an event that was called off does not take place, and what one throws ends the run', async () => {
  const engine = new Engine();
  const seen: number[] = [];
  engine.after(1, () => seen.push(1)).cancel();
  engine.after(2, () => {
    throw new Error('broken model');
  });
  await assert.rejects(engine.run(10), /broken model/u);
  assert.deepEqual(seen, []);
});

test('a frozen process acts late and in order, a dead one never', async () => {
  const engine = new Engine();
  const actor = new Actor(engine, 'process');
  const seen: string[] = [];
  actor.after(10, () => seen.push(`first at ${engine.nowMs}`));
  const cancelled = actor.after(11, () => seen.push('called off'));
  actor.after(12, () => {
    seen.push(`second at ${engine.nowMs}`);
    actor.kill();
  });
  actor.after(13, () => seen.push('after its death'));
  engine.after(5, () => actor.freeze());
  engine.after(50, () => {
    cancelled.cancel();
    actor.thaw();
  });
  await engine.run(100);
  assert.deepEqual(seen, ['first at 50', 'second at 50']);
});

test('a clock that runs too fast ends its timers too early, and shows it', async () => {
  const engine = new Engine();
  const clock = new SimClock(new Actor(engine, 'fast'), {
    rate: 1.25,
    offsetMs: 7,
    wallErrorMs: 0,
  });
  let endedMs = 0;
  clock.after(100, () => {
    endedMs = engine.nowMs;
  });
  await engine.run(1000);
  assert.equal(endedMs, 80);
  assert.equal(clock.monotonicMs(), 7 + 1250);
});

test('a delay that is called off rejects with the reason', async () => {
  const engine = new Engine();
  const clock = new SimClock(new Actor(engine, 'one'), { rate: 1, offsetMs: 0, wallErrorMs: 0 });
  const abort = new AbortController();
  const waiting = assert.rejects(clock.delay(100, abort.signal), /not needed/u);
  engine.after(5, () => abort.abort(new Error('not needed')));
  await engine.run(50);
  await waiting;
  await assert.rejects(clock.delay(1, abort.signal), /not needed/u);
});
