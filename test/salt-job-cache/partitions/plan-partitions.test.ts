// Which partitions there should be, whatever there is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundOf } from '#salt-job-cache/src/partitions/partition.ts';
import { expiredPartitions, missingSpans } from '#salt-job-cache/src/partitions/plan-partitions.ts';
import type { Span } from '#salt-job-cache/src/partitions/span.ts';
import {
  digitsOf,
  floorTo,
  microsOfDigits,
  timestampOf,
} from '#salt-job-cache/src/partitions/span.ts';
import { jidOf } from '#salt-job-cache/src/jid.ts';

const time = fc.bigInt({ min: 1_000_000_000_000_000n, max: 4_000_000_000_000_000n });
const lengths = fc.constantFrom(3600, 21_600, 86_400, 604_800);

/** Spans that do not overlap, one of them perhaps open below, as partitions are. */
const existingSpans = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 12 }), fc.boolean(), time)
  .map(([hours, isOpen, base]): readonly Span[] => {
    const sorted = hours.toSorted((one, other) => one - other);
    const spans: Span[] = [];
    for (let at = 0; at + 1 < sorted.length; at += 2) {
      const [start, end] = [sorted[at] ?? 0, sorted[at + 1] ?? 0];
      const at0 = floorTo(base, 3600);
      spans.push({
        start: isOpen && at === 0 ? null : at0 + BigInt(start) * 3_600_000_000n,
        end: at0 + BigInt(end) * 3_600_000_000n,
      });
    }
    return spans;
  });

const holds = ({ start, end }: Span, micros: bigint): boolean =>
  (start === null || start <= micros) && (end === null || micros < end);

test('now and all the time ahead are in exactly one partition, whatever spans were before', () => {
  fc.assert(
    fc.property(
      existingSpans,
      fc.integer({ min: -100, max: 500 }),
      lengths,
      fc.integer({ min: 0, max: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (existing, hours, spanSeconds, ahead, where) => {
        const base = existing[0]?.end ?? 2_000_000_000_000_000n;
        const now = base + BigInt(hours) * 3_600_000_000n;
        const made = missingSpans(existing, now, spanSeconds, ahead);
        const length = BigInt(spanSeconds) * 1_000_000n;
        const end = floorTo(now, spanSeconds) + BigInt(ahead + 1) * length;
        const moment = now + BigInt(Math.floor(where * Number(end - now - 1n)));
        const all = [...existing, ...made];
        assert.equal(all.filter((span) => holds(span, moment)).length, 1);
        assert.equal(all.filter((span) => holds(span, now)).length, 1);
        for (const one of made) {
          assert.ok(one.start < one.end);
          assert.equal(all.filter((span) => holds(span, one.start)).length, 1);
          assert.equal(all.filter((span) => holds(span, one.end - 1n)).length, 1);
        }
        assert.deepEqual(missingSpans(all, now, spanSeconds, ahead), []);
      },
    ),
  );
});

test('no partition that holds a time to be kept is dropped, and every other one is', () => {
  fc.assert(
    fc.property(existingSpans, time, (spans, cutoff) => {
      const existing = spans.map((span, at) => ({ ...span, name: `p${at}` }));
      const dropped = expiredPartitions(existing, cutoff);
      for (const one of existing) {
        const isExpired = one.end !== null && one.end <= cutoff;
        assert.equal(dropped.includes(one), isExpired);
        if (holds(one, cutoff)) assert.ok(!dropped.includes(one));
      }
    }),
  );
});

test('a job id sorts into the span of its time, compared as text', () => {
  fc.assert(
    fc.property(time, lengths, (micros, spanSeconds) => {
      const start = floorTo(micros, spanSeconds);
      const end = start + BigInt(spanSeconds) * 1_000_000n;
      const jid = jidOf(micros);
      assert.ok(digitsOf(start) <= jid && jid < digitsOf(end));
    }),
  );
});

test('bounds are read back as they were written', () => {
  fc.assert(
    fc.property(time, (micros) => {
      const whole = floorTo(micros, 1);
      assert.equal(microsOfDigits(digitsOf(whole)), whole);
      assert.equal(BigInt(Date.parse(timestampOf(whole))) * 1000n, whole);
    }),
  );
  assert.equal(microsOfDigits('req'), null);
  assert.equal(boundOf('jids', 1_704_164_645_000_000n), `'20240102030405'`);
  assert.equal(boundOf('salt_events', 1_704_164_645_000_000n), `'2024-01-02 03:04:05.000000+00'`);
});
