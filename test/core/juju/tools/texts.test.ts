// The small codecs the tools stand on: bytes, times, quotes, and the agent's memory of bags.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from '#core/juju/tools/bytes.ts';
import { goQuote, goQuoteList } from '#core/juju/tools/go-quote.ts';
import { readSettings } from '#core/juju/tools/key-values.ts';
import { createSettingsCache } from '#core/juju/tools/settings-cache.ts';
import { addDays, addMonths, parseRfc3339, rfc3339 } from '#core/juju/tools/timestamps.ts';
import { spacedTime } from '#core/juju/tools/timestamps.ts';

const anyText = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());

test('UTF-8 and base64 agree with the platform’s', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const bytes = encodeUtf8(text);
      const encoded = Buffer.from(text, 'utf8').toString('base64');
      assert.deepEqual(bytes, new TextEncoder().encode(text));
      assert.equal(decodeUtf8(bytes), text);
      assert.equal(encodeBase64(bytes), encoded);
      assert.deepEqual(decodeBase64(encoded), bytes);
    }),
  );
});

test('base64 of any bytes comes back, and UTF-8 is told from what is none', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const platform = (bytes: Uint8Array): string | null => {
    try {
      return strict.decode(bytes);
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
      assert.equal(decodeUtf8(bytes), platform(bytes));
    }),
    { numRuns: 300 },
  );
});

for (const bytes of [
  [0xc0, 0x80],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
  [0xe2, 0x28, 0xa1],
  [0x80],
]) {
  test(`bytes ${bytes.map((byte) => byte.toString(16)).join(' ')} are no UTF-8`, () => {
    assert.equal(decodeUtf8(Uint8Array.from(bytes)), null);
  });
}

for (const text of ['a', 'ab=', 'a===', '=abc', 'ab=c', 'a b=', 'äbcd', 'abcd=']) {
  test(`${text} is no base64`, () => {
    assert.equal(decodeBase64(text), null);
  });
}

test('base64 may be broken into lines', () => {
  assert.deepEqual(decodeBase64('aG\r\nk=\n'), encodeUtf8('hi'));
});

test('a lone surrogate is written as its replacement', () => {
  assert.deepEqual(encodeUtf8('\uD800'), encodeUtf8('\uFFFD'));
});

test('times agree with the platform’s calendar', () => {
  const time = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
  fc.assert(
    fc.property(time, (seconds) => {
      const at = seconds * 1000;
      const expected = new Date(at).toISOString().replace('.000Z', 'Z');
      assert.equal(rfc3339(at), expected);
      assert.equal(spacedTime(at), expected.replace('T', ' '));
      assert.equal(parseRfc3339(expected), at);
    }),
  );
});

for (const text of [
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:60Z',
  '2026-01-01',
  '2026-01-01 00:00:00Z',
  'soon',
]) {
  test(`${text} is no time`, () => {
    assert.equal(parseRfc3339(text), null);
  });
}

test('a time has fractions and zones', () => {
  const noon = Date.UTC(2024, 1, 29, 12);
  assert.equal(parseRfc3339('2024-02-29T12:00:00.25Z'), noon + 250);
  assert.equal(parseRfc3339('2024-02-29T07:30:00-04:30'), noon);
});

test('a month on: the same day, or what the month lacks runs over', () => {
  const clock = 3_723_004;
  assert.equal(addMonths(Date.UTC(2026, 0, 15) + clock, 1), Date.UTC(2026, 1, 15) + clock);
  assert.equal(addMonths(Date.UTC(2026, 0, 31) + clock, 1), Date.UTC(2026, 2, 3) + clock);
  assert.equal(addMonths(Date.UTC(2026, 10, 30), 3), Date.UTC(2027, 1, 30));
  assert.equal(addMonths(Date.UTC(2024, 1, 29), 12), Date.UTC(2025, 2, 1));
  assert.equal(addDays(Date.UTC(2026, 1, 28), 1), Date.UTC(2026, 2, 1));
});

test('Go’s quotes: what does not print is escaped', () => {
  assert.equal(goQuote('say "hi"\\'), '"say \\"hi\\"\\\\"');
  assert.equal(goQuote('\u0007\b\f\n\r\t\v\0\u007f'), '"\\a\\b\\f\\n\\r\\t\\v\\x00\\x7f"');
  assert.equal(goQuote('é \u{1F600}'), '"é \u{1F600}"');
  assert.equal(goQuote('\u200b\u{E0001}\u00a0'), '"\\u200b\\U000e0001\\u00a0"');
  assert.equal(goQuote('\uD800'), '"\uFFFD"');
  assert.equal(goQuoteList(['a', 'b c']), '["a" "b c"]');
});

test('H91: settings written as JSON or as YAML read the same', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText, { noNullPrototype: true }), (settings) => {
      assert.deepEqual(readSettings(JSON.stringify(settings)), settings);
    }),
  );
  assert.deepEqual(readSettings('{"a": 1.50, "b": true, "c": null, "d": "null"}'), {
    a: '1.50',
    b: 'true',
    c: '',
    d: 'null',
  });
  assert.deepEqual(readSettings('a: 010\n? b\n: |\n  x\n  y\nc: ~\n1: one\na: last\n'), {
    a: 'last',
    b: 'x\ny\n',
    c: '',
    1: 'one',
  });
});

test('H72: the cache forgets one unit, and everybody who is no member', () => {
  const cache = createSettingsCache();
  cache.keep('1', 'a/0', { a: '1' });
  cache.keep('1', 'a/1', { b: '1' });
  cache.keep('2', 'c/0', { c: '1' });
  cache.invalidate('1', 'a/0');
  cache.invalidate('9', 'a/0');
  assert.equal(cache.read('1', 'a/0'), undefined);
  assert.deepEqual(cache.read('1', 'a/1'), { b: '1' });

  cache.prune(new Map([['1', ['a/0']]]));
  assert.equal(cache.read('1', 'a/1'), undefined);
  assert.equal(cache.read('2', 'c/0'), undefined);
});
