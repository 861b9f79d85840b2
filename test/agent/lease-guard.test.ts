// The last fence: before a lease ends that nobody renewed, the server is stopped.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LeaseGuard } from '#agent/lease-guard.ts';
import { recordingLog } from './rest/fake-host.ts';
import { VirtualClock } from './virtual-clock.ts';

function parts(isExposed: () => boolean = () => true) {
  const clock = new VirtualClock();
  const fencedAt: number[] = [];
  const within: number[] = [];
  const lines: string[] = [];
  const guard = new LeaseGuard({
    clock,
    log: recordingLog(lines),
    isExposed,
    fence: async (withinMs) => {
      fencedAt.push(clock.monotonicMs());
      within.push(withinMs);
    },
  });
  return { clock, guard, fencedAt, within, lines };
}

test('a lease that is not renewed ends with a stop, in the time that is kept for it', async () => {
  const { clock, guard, fencedAt, within, lines } = parts();
  const untilMs = clock.monotonicMs() + 30_000;
  guard.extend(untilMs, 3000);
  await clock.advance(26_999);
  assert.deepEqual(fencedAt, []);
  await clock.advance(1);
  assert.deepEqual(fencedAt, [untilMs - 3000]);
  assert.deepEqual(within, [3000]);
  assert.equal(guard.untilMs, null, 'nobody leads by it any more');
  assert.match(lines[0] ?? '', /^critical Stopping PostgreSQL: the leader lease ends in 3000 ms/u);
});

test('each renewal moves the end on', async () => {
  const { clock, guard, fencedAt } = parts();
  for (let turn = 0; turn < 10; turn += 1) {
    guard.extend(clock.monotonicMs() + 30_000, 3000);
    await clock.advance(10_000);
  }
  assert.deepEqual(fencedAt, []);
  assert.equal(clock.waiting, 1, 'one timer, not one per renewal');
});

test('a shorter lease in the place of a longer one ends when it ends', async () => {
  const { clock, guard, fencedAt } = parts();
  guard.extend(clock.monotonicMs() + 30_000, 3000);
  guard.extend(clock.monotonicMs() + 10_000, 2500);
  await clock.advance(7500);
  assert.equal(fencedAt.length, 1);
});

test('a lease that was given up is not guarded', async () => {
  const { clock, guard, fencedAt } = parts();
  guard.extend(clock.monotonicMs() + 30_000, 3000);
  guard.clear();
  await clock.advance(60_000);
  assert.deepEqual(fencedAt, []);
  assert.equal(guard.untilMs, null);
});

test('who accepts no writes is not stopped, and leads no more', async () => {
  const { clock, guard, fencedAt } = parts(() => false);
  guard.extend(clock.monotonicMs() + 30_000, 3000);
  await clock.advance(30_000);
  assert.deepEqual(fencedAt, []);
  assert.equal(guard.untilMs, null);
});

test('a machine that stood still fences at once when it wakes, with no time left', async () => {
  const { clock, guard, within } = parts();
  guard.extend(clock.monotonicMs() - 5000, 3000);
  await clock.advance(0);
  assert.deepEqual(within, [0]);
});

test('whatever the order of proofs, the stop begins before the last lease ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 8000 }), fc.integer({ min: 5, max: 30 })), {
        minLength: 1,
        maxLength: 10,
      }),
      async (renewals) => {
        const { clock, guard, fencedAt } = parts();
        let longestMs = 0;
        for (const [pauseMs, ttl] of renewals) {
          await clock.advance(pauseMs);
          const untilMs = clock.monotonicMs() + ttl * 1000;
          if (fencedAt.length > 0) break;
          longestMs = Math.max(longestMs, untilMs);
          guard.extend(untilMs, Math.min(3000, ttl * 250));
        }
        await clock.advance(60_000);
        assert.equal(fencedAt.length, 1);
        assert.ok((fencedAt[0] ?? Number.POSITIVE_INFINITY) < longestMs);
      },
    ),
    { numRuns: 50 },
  );
});
