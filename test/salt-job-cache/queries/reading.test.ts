// What people type, and what rows hold, read by pure functions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import { Copies } from '#salt-job-cache/src/queries/copies.ts';
import {
  expectedMinions,
  missingMinions,
  parseNames,
} from '#salt-job-cache/src/queries/expected-minions.ts';
import { lineColumns, lineText, parseLine } from '#salt-job-cache/src/queries/exported-lines.ts';
import { elementRegex, parseGlob, wholeRegex } from '#salt-job-cache/src/glob.ts';
import { readStoredReturn } from '#salt-job-cache/src/queries/stored-return.ts';
import { advance, graceMicros, startAt } from '#salt-job-cache/src/queries/tail-position.ts';
import { wholeXid } from '#salt-job-cache/src/queries/tail-rows.ts';
import { checkJid, jidAt, microsOfJid, parseWhen } from '#salt-job-cache/src/queries/when.ts';
import { pythonRepr } from '#salt-job-cache/src/value/repr.ts';

const now = BigInt(Date.UTC(2026, 10, 27, 12)) * 1000n;

void test('reads ages and dates', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['90s', '20261127115830000000'],
    ['2h', '20261127100000000000'],
    ['3d', '20261124120000000000'],
    ['1w', '20261120120000000000'],
    ['2026-11-27', '20261127000000000000'],
    ['2026-11-27T14:30', '20261127143000000000'],
    ['2026-11-27 14:30:00.123456', '20261127143000123456'],
    ['2026-11-27T14:30:00+02:00', '20261127123000000000'],
    ['2026-11-27T14:30:00.5Z', '20261127143000500000'],
  ];
  for (const [text, jid] of cases) assert.equal(jidAt(parseWhen('--since', text, now)), jid, text);
});

void test('refuses what is no moment, and says what would be', () => {
  for (const text of [
    '',
    '5y',
    'h',
    '-2h',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-11-27T25:00',
    "'",
  ]) {
    assert.throws(
      () => parseWhen('--since', text, now),
      (error) => error instanceof JobCacheError && error.message.includes('an age such as'),
      text,
    );
  }
  for (const text of ['', '123', "2026112712000000000'", '202611271200000000001']) {
    assert.throws(() => checkJid(text), JobCacheError);
  }
  // A page may end at a job that has no time for an id, and the next one begins behind it.
  for (const text of ['20261127120000000000', 'req']) assert.equal(checkJid(text), text);
});

void test('a job id and its time are the same thing', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }), (micros) => {
      assert.equal(microsOfJid(jidOf(micros)), micros);
    }),
  );
  assert.equal(microsOfJid('req'), null);
});

/** Globs matched the slow way. */
function matches(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  const [first = ''] = glob;
  if (first === '*')
    return matches(glob.slice(1), text) || (text !== '' && matches(glob, text.slice(1)));
  return (
    text !== '' && (first === '?' || first === text[0]) && matches(glob.slice(1), text.slice(1))
  );
}

void test('a glob matches what its characters say', () => {
  const character = fc.constantFrom('a', 'b', '.', '*', '?', '\\', '$', '(', '{', '|');
  fc.assert(
    fc.property(
      fc.array(character, { maxLength: 6 }).map((list) => list.join('')),
      fc
        .array(fc.constantFrom('a', 'b', '.', '\\', '$', '(', '{', '|'), { maxLength: 6 })
        .map((list) => list.join('')),
      (glob, text) => {
        const parsed = parseGlob(glob);
        assert.equal(new RegExp(wholeRegex(parsed), 'su').test(text), matches(glob, text));
        assert.equal(parsed.isLiteral, !/[*?]/u.test(glob));
        if (matches(glob, text)) assert.ok(text.startsWith(parsed.prefix));
      },
    ),
  );
});

void test('a glob has sets, and a bracket that is never closed is one', () => {
  const isMatch = (glob: string, text: string): boolean =>
    new RegExp(wholeRegex(parseGlob(glob)), 'su').test(text);
  assert.ok(isMatch('web[0-3]', 'web2'));
  assert.ok(!isMatch('web[!0-3]', 'web2'));
  assert.ok(isMatch('web[', 'web['));
  assert.ok(parseGlob('web[').isLiteral);
});

void test('a glob finds an element of a list and does not run over its end', () => {
  const isMatch = (glob: string, text: string): boolean =>
    new RegExp(elementRegex(parseGlob(glob)).replace('[],]', String.raw`[\],]`), 'su').test(text);
  assert.ok(isMatch('web*', "['db1', 'web2']"));
  assert.ok(isMatch('db1', '["db1", "web2"]'));
  assert.ok(!isMatch('db*2', "['db1', 'web2']"));
  assert.ok(!isMatch('db', "['db1']"));
});

void test('knows who should return where the job says it', () => {
  assert.deepEqual(expectedMinions('list', "['a', 'b', 'b']"), ['a', 'b', 'b']);
  assert.deepEqual(expectedMinions('list', 'a,b'), ['a', 'b']);
  assert.deepEqual(expectedMinions('glob', 'web1'), ['web1']);
  assert.equal(expectedMinions('glob', 'web*'), null);
  assert.equal(expectedMinions('None', 'host_master'), null);
  assert.equal(expectedMinions('list', '[1, 2]'), null);
  assert.deepEqual(missingMinions(['a', 'b', 'b'], new Set(['a'])), ['b']);
});

void test('reads back every list of names that Python writes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed())),
      (names) => {
        assert.deepEqual(parseNames(pythonRepr(names)), names);
      },
    ),
  );
});

void test('shows a return as it is stored, whoever stored it', () => {
  assert.deepEqual(readStoredReturn('{"return": "{\'a\': 1}", "retcode": 0}'), {
    value: "{'a': 1}",
    others: [['retcode', 0]],
  });
  assert.deepEqual(readStoredReturn('true'), { value: true, others: [] });
  assert.deepEqual(readStoredReturn('no JSON'), { value: 'no JSON', others: [] });
});

void test('every row comes back from its line', () => {
  const text = fc
    .string({ unit: 'binary' })
    .filter((value) => value.isWellFormed() && !value.includes('\0'));
  fc.assert(
    fc.property(text, text, fc.constantFrom(true, false, null), (body, id, success) => {
      const row = {
        added: '2026-11-27 14:30:00.123456+00',
        fun: 'test.ping',
        jid: '20261127143000123456',
        return: body,
        id,
        success,
      };
      const line = lineText('return', row);
      assert.ok(!line.includes('\n'));
      const values = parseLine(line).values;
      const expected = lineColumns.return.map(({ name }) => {
        const value = row[name as keyof typeof row];
        return value === null ? null : String(value);
      });
      assert.deepEqual(values, expected);
    }),
  );
});

void test('a bad line is refused with the name of the field', () => {
  const good = { type: 'return', fun: 'f', jid: '1', return: '{}', id: 'm' };
  const cases: readonly (readonly [string, string])[] = [
    ['{', 'line'],
    ['[]', 'line'],
    ['{"type":"x"}', 'type'],
    [JSON.stringify({ ...good, id: undefined }), 'id'],
    [JSON.stringify({ ...good, id: 1 }), 'id'],
    [JSON.stringify({ ...good, return: 'a\0b' }), 'return'],
    [JSON.stringify({ ...good, return: '\ud800' }), 'return'],
    [JSON.stringify({ ...good, jid: '1'.repeat(21) }), 'jid'],
    [JSON.stringify({ ...good, success: 'yes' }), 'success'],
    [JSON.stringify({ ...good, added: 'now' }), 'added'],
    [JSON.stringify({ ...good, more: 1 }), '"more"'],
  ];
  for (const [line, field] of cases) {
    assert.throws(
      () => parseLine(line),
      (error) => error instanceof JobCacheError && error.message.startsWith(`${field}: `),
      line,
    );
  }
});

void test('counts copies of a row, and knows the very same row again', () => {
  const copies = new Copies();
  const line = (jid: string, added: string): ReturnType<typeof parseLine> =>
    parseLine(JSON.stringify({ type: 'return', fun: 'f', jid, return: '{}', id: 'm', added }));
  assert.equal(copies.next(line('1', '2026-01-01 00:00:00+00')), 1);
  assert.equal(copies.next(line('1', '2026-01-01 00:00:00+00')), null);
  assert.equal(copies.next(line('1', '2026-01-01 00:00:01+00')), 2);
  copies.forget();
  assert.equal(copies.next(line('1', '2026-01-01 00:00:02+00')), 3);
  assert.equal(copies.next(line('2', '2026-01-01 00:00:00+00')), 1);
  copies.forget();
  assert.equal(copies.next(line('1', '2026-01-01 00:00:00+00')), 1);
});

void test('a row has the whole number of its transaction, also after 2^32 of them', () => {
  assert.equal(wholeXid(5n, 10n), 5n);
  assert.equal(wholeXid(4_294_967_290n, 4_294_967_296n + 10n), 4_294_967_290n);
  assert.equal(wholeXid(5n, 4_294_967_296n + 10n), 4_294_967_296n + 5n);
});

void test('tail looks back no further than the oldest transaction that still runs may reach', () => {
  const look = (seconds: number, xmin: bigint, xmax: bigint): Parameters<typeof startAt>[0] => ({
    micros: BigInt(seconds) * 1_000_000n,
    xmin,
    xmax,
  });
  let position = startAt(look(1000, 50n, 50n));
  position = advance(position, look(1010, 60n, 60n));
  assert.equal(position.horizon, 60n);
  assert.equal(position.floorMicros, 1_010_000_000n - graceMicros);
  // Transaction 65 got its number after the look at 1010 and runs on: what it writes may be that old.
  position = advance(position, look(1020, 65n, 70n));
  position = advance(position, look(1030, 65n, 90n));
  assert.equal(position.horizon, 65n);
  assert.equal(position.floorMicros, 1_010_000_000n - graceMicros);
  position = advance(position, look(1040, 100n, 100n));
  assert.equal(position.floorMicros, 1_040_000_000n - graceMicros);
  assert.equal(position.looks.length, 1);
});
