// In compatible mode rows, reads and errors are those of Salt's own module.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import type { PythonDict, PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import { isDict } from '#salt-job-cache/src/value/python-value.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import { given, givenText, goldenLines } from '../value/golden-lines.ts';
import { seededCache } from './seed-schema.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

function okOf(line: PythonDict, key: string): PythonValue {
  const answer = given(line, key);
  assert.ok(isDict(answer));
  return given(answer, 'ok');
}

/** JSON of a row of a vector, as the database gives it back. */
const rowsText = (rows: readonly (readonly unknown[])[]): string =>
  jsonText(rows as readonly (readonly PythonValue[])[]);

test('rows and reads of every vector are those of Salt’s own module, byte for byte', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache({ mode: 'compatible' });
  const lines = await goldenLines('rows.jsonl');
  assert.equal(lines.length, 150);

  for (const line of lines) {
    const jid = givenText(line, 'jid');
    await cache.saveLoad(jid, parseJson(givenText(line, 'load')));
    await cache.returner(parseJson(givenText(line, 'ret')));
    await cache.eventReturn(parseJson(givenText(line, 'events')));

    const jids = await seeded.rows(
      `SELECT jid, started::timestamp::text AS started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun
         FROM jids WHERE jid = $1`,
      [jid],
    );
    assert.equal(rowsText(jids), jsonText(given(line, 'jids')));
    const returns = await seeded.rows(
      'SELECT fun, jid, return, id, success FROM salt_returns WHERE jid = $1',
      [jid],
    );
    assert.equal(rowsText(returns), jsonText(given(line, 'salt_returns')));
    const events = await seeded.rows('SELECT tag, data, master_id FROM salt_events ORDER BY id');
    assert.equal(rowsText(events), jsonText(given(line, 'salt_events')));
    await seeded.rows('DELETE FROM salt_events');
    assert.equal(jsonText(await cache.getLoad(jid)), jsonText(okOf(line, 'get_load')));
    assert.equal(jsonText(await cache.getJid(jid)), jsonText(okOf(line, 'get_jid')));
  }
});

const load = {
  fun: 'test.ping',
  arg: [],
  tgt: '*',
  tgt_type: 'glob',
  cmd: 'publish',
  ret: '',
  user: 'r',
};
const minionReturn = { fun: 'test.ping', jid: '20240102030405678901', id: 'web1', return: true };

async function errorOf(work: Promise<unknown>): Promise<readonly [string, string | null]> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof JobCacheError, String(error));
    return [error.kind, error.sqlstate];
  }
  return assert.fail('there was no error');
}

test('refuses the loads that Salt’s module refuses, by the same names', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache({ mode: 'compatible' });
  const jid = '20240102030405678901';
  await cache.saveLoad(jid, load);

  const cases: readonly (readonly [PythonValue, PythonValue, string, string | null])[] = [
    [jid, load, 'UniqueViolation', '23505'],
    ['req', load, 'InvalidDatetimeFormat', '22007'],
    [null, load, 'InvalidDatetimeFormat', '22007'],
    ['20240230030405678901', load, 'DatetimeFieldOverflow', '22008'],
    ['20240101250405678901', load, 'DatetimeFieldOverflow', '22008'],
    ['20241302030405678901', load, 'IndexError', null],
    ['20240102030405678902_123', load, 'StringDataRightTruncation', '22001'],
    ['20240102030405678903', { ...load, arg: [new Uint8Array([1])] }, 'TypeError', null],
    ['20240102030405678903', { ...load, tgt: 'a\0b' }, 'ValueError', null],
    ['20240102030405678903', { ...load, tgt: 'a\ud800b' }, 'UnicodeEncodeError', null],
    ['20240102030405678903', { ...load, arg: ['a\ud800b'] }, 'UnicodeEncodeError', null],
    ['20240102030405678903', null, 'AttributeError', null],
  ];
  for (const [id, value, kind, sqlstate] of cases) {
    assert.deepEqual(await errorOf(cache.saveLoad(id, value)), [kind, sqlstate], jsonText(id));
  }
  await cache.saveLoad('20240102030405678904', { ...load, arg: ['a\0b', '\\ud800'] });
  assert.equal(
    (await cache.getLoad('20240102030405678904')).get('arg'),
    String.raw`["a\u0000b", "\\ud800"]`,
  );
});

test('refuses the returns that Salt’s module refuses, by the same names', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache({ mode: 'compatible' });
  const noise = Array.from({ length: 12_000 }, (_, index) => ((index * 7919) % 9973).toString(36));
  const long = noise.join('');
  const without = (key: string): PythonValue => ({ ...minionReturn, [key]: undefined });

  const cases: readonly (readonly [PythonValue, string, string | null])[] = [
    [{ ...minionReturn, success: 1 }, 'DatatypeMismatch', '42804'],
    [{ ...minionReturn, success: 'Unknown' }, 'InvalidTextRepresentation', '22P02'],
    [{ ...minionReturn, success: { a: true } }, 'ProgrammingError', null],
    [{ ...minionReturn, fun: null }, 'NotNullViolation', '23502'],
    [{ ...minionReturn, jid: '20240102030405678901_1' }, 'StringDataRightTruncation', '22001'],
    [{ ...minionReturn, id: long }, 'ProgramLimitExceeded', '54000'],
    [{ ...minionReturn, fun: long }, 'ProgramLimitExceeded', '54000'],
    [without('fun'), 'KeyError', null],
    [without('jid'), 'KeyError', null],
    [without('id'), 'KeyError', null],
    [without('return'), 'KeyError', null],
    [null, 'TypeError', null],
  ];
  for (const [value, kind, sqlstate] of cases) {
    assert.deepEqual(await errorOf(cache.returner(value)), [kind, sqlstate]);
  }
  assert.deepEqual(await seeded.rows('SELECT count(*)::int FROM salt_returns'), [[0]]);
});

test('stores the returns PostgreSQL would make something of as it would', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache({ mode: 'compatible' });

  await cache.returner({ ...minionReturn, fun: ['test.ping', 'a b', 'null', 'q"\\'] });
  await cache.returner({ ...minionReturn, jid: 20240102030405678901n, success: ' Yes ' });
  await cache.returner({ ...minionReturn, success: null, retcode: null, fun: true });
  await cache.returner({ ...minionReturn, return: 'x'.repeat(5_000_000) });

  assert.deepEqual(
    await seeded.rows('SELECT fun, jid, left(return, 60), success FROM salt_returns ORDER BY ctid'),
    [
      [
        String.raw`{test.ping,"a b","null","q\"\\"}`,
        '20240102030405678901',
        '{"return": "True"}',
        null,
      ],
      ['test.ping', '20240102030405678901', '{"return": "True", "success": " Yes "}', true],
      [
        'true',
        '20240102030405678901',
        '{"return": "True", "retcode": null, "success": null}',
        null,
      ],
      ['test.ping', '20240102030405678901', `{"return": "${'x'.repeat(48)}`, null],
    ],
  );
});

test('one bad event loses all of them, as with Salt’s module', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache({ mode: 'compatible' });
  const good = { tag: 'a', data: { b: 1 } };

  assert.deepEqual(await errorOf(cache.eventReturn([good, { tag: null, data: 1 }])), [
    'NotNullViolation',
    '23502',
  ]);
  assert.deepEqual(await errorOf(cache.eventReturn([good, { data: new Uint8Array([1]) }])), [
    'TypeError',
    null,
  ]);
  assert.deepEqual(await seeded.rows('SELECT count(*)::int FROM salt_events'), [[0]]);
  await cache.eventReturn([good, {}, { tag: 'c', data: null }]);
  assert.deepEqual(await seeded.rows('SELECT tag, data FROM salt_events ORDER BY id'), [
    ['a', '{"b": 1}'],
    ['', '""'],
    ['c', 'null'],
  ]);
  await cache.eventReturn([]);
});

test('lists jobs as Salt does, and one bad row raises for all', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache({ mode: 'compatible' });
  await cache.saveLoad('20240102030405678901', { ...load, tgt: ['a', 'b'], arg: ['x', { k: 1 }] });

  assert.equal(
    jsonText(await cache.getJids()),
    '{"20240102030405678901": {"Function": "test.ping", "Arguments": ["x", {"k": 1}], ' +
      `"Target": "['a', 'b']", "Target-type": "glob", "User": "r", ` +
      '"StartTime": "2024, Jan 02 03:04:05.678901"}}',
  );
  await seeded.rows("UPDATE jids SET arg = 'no json'");
  assert.deepEqual(await errorOf(cache.getJids()), ['JSONDecodeError', null]);
  assert.equal((await seeded.cache({ mode: 'compatible', keepJobsSeconds: 60 }).getJids()).size, 0);
  await seeded.rows("UPDATE jids SET arg = '[]', started = now() - interval '50 seconds'");
  assert.equal((await seeded.cache({ mode: 'compatible', keepJobsSeconds: 60 }).getJids()).size, 1);
});

test('reads old rows that hold a bare value, and finds nothing where there is nothing', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache({ mode: 'compatible' });
  await seeded.rows(
    `INSERT INTO salt_returns (fun, jid, return, id) VALUES
       ('f', '20240102030405678901', '[1.0]', 'a'), ('f', '20240102030405678901', '{"b": 1}', 'b')`,
  );

  assert.equal(
    jsonText(await cache.getJid("'20240102030405678901'")),
    '{"a": {"return": [1.0]}, "b": {"return": {"b": 1}}}',
  );
  assert.equal((await cache.getJid('unknown')).size, 0);
  assert.equal((await cache.getLoad('unknown')).size, 0);
  await seeded.rows("UPDATE salt_returns SET return = 'no json' WHERE id = 'a'");
  assert.deepEqual(await errorOf(cache.getJid('20240102030405678901')), ['JSONDecodeError', null]);
});

test('gives out the next jid where one is taken, and a passed one as it is', async () => {
  await using seeded = await seededCache(server);
  await seeded.cache({ mode: 'compatible' }).saveLoad('20240102030405678901', load);
  const cache = seeded.cache({ mode: 'compatible' });

  assert.equal(await cache.prepJid(), '20240102030405678902');
  assert.equal(await cache.prepJid(false, 'anything'), 'anything');
  assert.equal(await cache.prepJid(false, ''), '20240102030405678903');
  assert.equal(await cache.prepJid(false, 0), '20240102030405678904');
  assert.equal(await cache.saveMinions('a', []), null);
  assert.equal(await cache.cleanOldJobs(), null);
});
