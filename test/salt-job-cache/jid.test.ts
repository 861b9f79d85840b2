import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import {
  cleanJid,
  isJid,
  jidOf,
  jidSource,
  jidToTime,
  jidToTimestamp,
} from '#salt-job-cache/src/jid.ts';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { valueAt } from '#salt-job-cache/src/value/python-value.ts';
import { given, goldenLines } from './value/golden-lines.ts';
import { pythonValues } from './value/python-values.ts';

test('times of all vectors are those of Salt', async () => {
  for (const line of await goldenLines('jid.jsonl')) {
    const jid = given(line, 'jid');
    const kind = valueAt(line, 'err');
    assert.equal(isJid(jid), given(line, 'is_jid'), jsonText(jid));
    if (kind === undefined) assert.equal(jidToTime(jid), given(line, 'time'));
    else assert.throws(() => jidToTime(jid), { kind });
  }
});

test('every jid is later than the one before, also where the clock stands or goes back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }), { minLength: 2 }),
      (times) => {
        let index = 0;
        const next = jidSource({
          nowMicros() {
            index += 1;
            return times[index % times.length] ?? 0n;
          },
        });
        const jids = Array.from({ length: 50 }, () => next());
        assert.deepEqual(jids, [...new Set(jids)].sort());
      },
    ),
  );
});

test('a jid the clock made is a jid, and its time is the clock’s', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 253_402_300_799_999_999n }), (micros) => {
      const jid = jidOf(micros);
      assert.ok(isJid(jid));
      const timestamp = jidToTimestamp(jid) ?? '';
      const iso = new Date(Number(micros / 1000n)).toISOString();
      assert.equal(timestamp.slice(0, 23), iso.replace('T', ' ').slice(0, 23));
      assert.equal(timestamp.slice(-9), `${String(micros % 1_000_000n).padStart(6, '0')}+00`);
    }),
  );
});

test('what is no time has no timestamp', () => {
  const wrong = ['', 'req', '20240230030405678901', '20240101250405678901', '20241301030405678901'];
  for (const jid of [
    ...wrong,
    '00000101030405678901',
    '2024010203040567890',
    '20240101030460678901',
  ]) {
    assert.equal(jidToTimestamp(jid), null, jid);
  }
  assert.equal(jidToTimestamp('20240229030405678901'), '2024-02-29 03:04:05.678901+00');
});

test('any value has a time or an error with Python’s name, and a jid without quotes', () => {
  fc.assert(
    fc.property(fc.oneof(pythonValues, fc.string({ minLength: 20, maxLength: 20 })), (value) => {
      assert.ok(!cleanJid(value).includes("'"));
      try {
        assert.equal(typeof jidToTime(value), 'string');
      } catch (error) {
        assert.ok(error instanceof JobCacheError);
        assert.match(error.kind, /^(IndexError|ValueError)$/);
      }
    }),
  );
});

test('months are read as Python’s int() and list read them', () => {
  assert.equal(jidToTime('2024-102030405678901x'), '');
  assert.equal(jidToTime('2024-102030405678901').slice(0, 12), '2024, Dec 02');
  assert.equal(jidToTime('2024 102030405678901').slice(0, 12), '2024, Jan 02');
  assert.throws(() => jidToTime('2024xx02030405678901'), { kind: 'ValueError' });
});
