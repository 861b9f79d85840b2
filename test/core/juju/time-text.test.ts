import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatDuration, parseDuration } from '#core/juju/duration.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';
import { clockText, sinceText, timingText } from '#core/juju/time-text.ts';
import { now } from './samples.ts';

test('times read as in Juju’s own output', () => {
  assert.equal(clockText(now), '03:04:05Z');
  assert.equal(sinceText(now), '02 Jan 2026 03:04:05Z');
  assert.equal(timingText(now), '2026-01-02 03:04:05 +0000 UTC');
});

test('property: the calendar agrees with the platform’s', () => {
  const instants = fc.date({
    min: new Date('1600-01-01'),
    max: new Date('2900-01-01'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(instants, (date) => {
      const iso = date.toISOString();
      assert.equal(
        timingText(date.getTime()),
        `${iso.slice(0, 10)} ${iso.slice(11, 19)} +0000 UTC`,
      );
      assert.equal(sinceText(date.getTime()).slice(3, 6), date.toUTCString().slice(8, 11));
    }),
  );
});

test('the leap day and the turn of the year are where they belong', () => {
  assert.equal(sinceText(Date.UTC(2024, 1, 29)), '29 Feb 2024 00:00:00Z');
  assert.equal(sinceText(Date.UTC(2023, 11, 31, 23, 59, 59)), '31 Dec 2023 23:59:59Z');
  assert.equal(sinceText(0), '01 Jan 1970 00:00:00Z');
});

const durations: readonly (readonly [string, number])[] = [
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['0', 0],
  ['0s', 0],
];
for (const [text, millis] of durations) {
  test(`the duration ${text} is ${millis} ms`, () => {
    assert.equal(parseDuration(text), millis);
  });
}

for (const text of ['', '5', '5 m', 'm', '-5m', '5d', '5m 3s']) {
  test(`"${text}" is no duration`, () => {
    assert.equal(parseDuration(text), null);
  });
}

test('durations are written as Go writes them', () => {
  const written = [300_000, 3_600_000, 1500, 250, 0, 61_000].map(formatDuration);
  assert.deepEqual(written, ['5m0s', '1h0m0s', '1.5s', '250ms', '0s', '1m1s']);
});

test('property: a duration survives being written and read', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000_000 }), (millis) => {
      assert.equal(parseDuration(formatDuration(millis)), millis);
    }),
  );
});

test('property: sizes are those of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(utf8Length(text), Buffer.byteLength(text));
    }),
  );
});
