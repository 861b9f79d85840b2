// How much is kept, and how fast the rest is deleted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutoffsOf } from '#salt-job-cache/src/retention/limits.ts';
import { firstPace, nextPace } from '#salt-job-cache/src/retention/pace.ts';

const micros = fc.bigInt({ min: 1_000_000_000_000_000n, max: 4_000_000_000_000_000n });
const seconds = fc.integer({ min: 0, max: 1_000_000 });

test('a limit of any length is one: nothing is older than the calendar', () => {
  for (const keepJobsSeconds of [1e11, 1e15, Number.MAX_SAFE_INTEGER]) {
    const limits = { keepJobsSeconds, keepJobs: 0, keepEventsSeconds: keepJobsSeconds };
    const { jobs, events } = cutoffsOf(limits, [1_700_000_000_000_000n, 1_700_000_000_000_000n]);
    assert.deepEqual([jobs, events], [0n, 0n]);
  }
});

test('nothing younger than its limit expires by either clock', () => {
  fc.assert(
    fc.property(
      micros,
      micros,
      seconds,
      seconds,
      (mine, servers, keepJobsSeconds, keepEventsSeconds) => {
        const limits = { keepJobsSeconds, keepJobs: 0, keepEventsSeconds };
        const cutoffs = cutoffsOf(limits, [mine, servers]);
        for (const [cutoff, keep] of [
          [cutoffs.jobs, keepJobsSeconds],
          [cutoffs.events, keepEventsSeconds],
        ] as const) {
          assert.equal(cutoff === null, keep === 0);
          for (const now of [mine, servers]) {
            if (cutoff !== null) assert.ok(cutoff <= now - BigInt(keep) * 1_000_000n);
          }
        }
      },
    ),
  );
});

test('a limit that is none is refused with its name', () => {
  for (const wrong of [-1, Number.NaN, Infinity]) {
    assert.throws(
      () => cutoffsOf({ keepJobsSeconds: 1, keepJobs: wrong }, [0n, 0n]),
      /keepJobs = /,
    );
  }
});

test('batches stay within their limits, and take about 25 ms where the server is steady', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.4, noNaN: true }), (msPerRow) => {
      let pace = firstPace;
      for (let at = 0; at < 40; at += 1) {
        pace = nextPace(pace, pace.rows * msPerRow);
        assert.ok(pace.rows >= 50 && pace.rows <= 20_000);
        assert.ok(pace.pauseMs >= 0 && pace.pauseMs <= 1000);
      }
      assert.ok(pace.rows * msPerRow <= 40 || pace.rows === 50);
    }),
  );
});
