// `salt-job-cache call`, as a program in another language uses it, against real PostgreSQL.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import type { PythonDict, PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import { valueAt } from '#salt-job-cache/src/value/python-value.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { withPostgres } from '../../adapters/pg/with-postgres.ts';
import { startServer, stopServer } from '../database/with-standby.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { password, withJobCache } from '../program/with-job-cache.ts';
import type { Environment } from './run-program.ts';
import { runProgram, startCall } from './run-program.ts';
import { grants, seedTables } from './seed-tables.ts';

let server: TestServer;
before(async () => {
  server = await withPostgres();
});
after(async () => server[Symbol.asyncDispose]());

async function seeded(
  on: TestServer = server,
): Promise<{ cache: JobCache; environment: Environment }> {
  const cache = await withJobCache(on);
  await cache.sql(seedTables);
  await cache.sql(grants(cache.user));
  const environment = {
    PGHOST: on.host,
    PGPORT: String(on.port),
    PGUSER: cache.user,
    PGDATABASE: cache.user,
    PGPASSWORD: password,
  };
  return { cache, environment };
}

function field(value: PythonValue | undefined, name: string): string {
  return jsonText(valueAt(value as PythonDict, name) ?? null);
}

interface Answer {
  readonly ok?: unknown;
  readonly err?: string;
  readonly sqlstate?: string | null;
  readonly msg?: string;
  readonly transient?: boolean;
}

const parsed = (line: string): Answer => JSON.parse(line) as Answer;

test("in compatible mode answers and rows equal those of Salt's own module, byte for byte", async () => {
  const golden = new URL('../../golden/salt/rows.jsonl', import.meta.url);
  const cases = (await readFile(golden, 'utf8')).trimEnd().split('\n').map(parseJson);
  const { cache, environment } = await seeded();
  await using _ = cache;
  const requests = cases.flatMap((one) => {
    const text = (name: string): string => valueAt(one as PythonDict, name) as string;
    const jid = field(one, 'jid');
    return [
      `{"fn": "save_load", "args": [${jid}, ${text('load')}]}`,
      `{"fn": "returner", "kwargs": {"load": ${text('ret')}}}`,
      `{"fn": "event_return", "args": [${text('events')}]}`,
      `{"fn": "get_load", "args": [${jid}]}`,
      `{"fn": "get_jid", "kwargs": {"jid": ${jid}}}`,
    ];
  });

  const { code, stdout, stderr } = await runProgram(
    ['call', '--compatible', '--master-id', 'oracle_master'],
    environment,
    `${requests.join('\n')}\n`,
  );

  assert.equal(stderr, '');
  assert.equal(code, 0);
  const [ready, ...answers] = stdout.trimEnd().split('\n');
  assert.match(ready ?? '', /^\{"ready": true, "functions": \["prep_jid", "save_load", /u);
  assert.equal(answers.length, requests.length);
  const rows = async (statement: string): Promise<string[]> =>
    (await cache.sql(statement)).map((row) => jsonText(Object.values(row) as PythonValue));
  const jids = await rows(`SELECT jid, (started AT TIME ZONE 'UTC')::text,
    tgt_type, cmd, tgt, kwargs, ret, username, arg, fun FROM public.jids ORDER BY jid`);
  const returns = await rows(
    'SELECT fun, jid, return, id, success FROM public.salt_returns ORDER BY jid',
  );
  const events = await rows('SELECT tag, data, master_id FROM public.salt_events ORDER BY id');
  const wanted = (name: string): string[] =>
    cases.flatMap((one) =>
      (valueAt(one as PythonDict, name) as PythonValue[]).map((row) => jsonText(row)),
    );
  cases.forEach((one, index) => {
    const [, , , load, job] = answers.slice(index * 5, index * 5 + 5);
    const results = (valueAt(one as PythonDict, 'results') as PythonValue[]).map((row) =>
      jsonText(row),
    );
    assert.deepEqual(answers.slice(index * 5, index * 5 + 3), results);
    assert.equal(load, field(one, 'get_load'));
    assert.equal(job, field(one, 'get_jid'));
  });
  assert.deepEqual(jids, wanted('jids'));
  assert.deepEqual(returns, wanted('salt_returns'));
  assert.deepEqual(events, wanted('salt_events'));
});

test('what is no request is answered as an error, and the next one works', async () => {
  const { cache, environment } = await seeded();
  await using _ = cache;
  await using caller = await startCall([], environment);
  const bad: readonly (readonly [line: string, kind: string, message: RegExp])[] = [
    ['{"fn": ', 'JSONDecodeError', /at character/u],
    ['[]', 'TypeError', /a request is/u],
    ['{"fn": 1}', 'TypeError', /a request is/u],
    ['{"fn": "get_jid", "arguments": []}', 'TypeError', /without "arguments"/u],
    ['{"fn": "get_fun"}', 'AttributeError', /no function "get_fun"; there are prep_jid, /u],
    ['{"fn": "__init__"}', 'AttributeError', /no function/u],
    ['{"fn": "get_jid"}', 'TypeError', /get_jid\(jid\) was not given "jid"/u],
    [
      '{"fn": "get_jid", "args": ["1", "2"]}',
      'TypeError',
      /was given 2 arguments and takes at most 1/u,
    ],
    ['{"fn": "get_jid", "args": ["1"], "kwargs": {"jid": "1"}}', 'TypeError', /"jid" twice/u],
    ['{"fn": "get_jid", "kwargs": {"job": "1"}}', 'TypeError', /has no argument "job"/u],
    ['\u{1f600}', 'JSONDecodeError', /at character/u],
  ];

  for (const [line, kind, message] of bad) {
    const answer = parsed(await caller.send(line));
    assert.equal(answer.err, kind, line);
    assert.match(answer.msg ?? '', message);
    assert.equal(answer.transient, false);
    assert.equal(answer.sqlstate, null);
  }
  assert.deepEqual(
    parsed(await caller.send('{"fn": "get_load", "args": ["20240102030405678901"]}')),
    { ok: {} },
  );
  const jid = parsed(await caller.send('{"fn": "prep_jid"}'));
  assert.match(String(jid.ok), /^\d{20}$/u);
  assert.deepEqual(
    parsed(await caller.send('{"fn": "prep_jid", "kwargs": {"passed_jid": "me"}}')),
    { ok: 'me' },
  );
  assert.deepEqual(parsed(await caller.send('{"fn": "clean_old_jobs"}')), { ok: null });
  assert.deepEqual(parsed(await caller.send('{"fn": "save_minions", "args": ["1", []]}')), {
    ok: null,
  });
  assert.equal(await caller.end(), 0);
});

test('an error of PostgreSQL is told by its exception of Python and its SQLSTATE', async () => {
  const { cache, environment } = await seeded();
  await using _ = cache;
  await using caller = await startCall(['--compatible'], environment);
  const save =
    '{"fn": "save_load", "args": ["20240102030405678901", {"fun": "test.ping", "arg": []}]}';

  const first = parsed(await caller.send(save));
  const second = parsed(await caller.send(save));

  assert.deepEqual(first, { ok: null });
  assert.equal(second.err, 'UniqueViolation');
  assert.equal(second.sqlstate, '23505');
  assert.equal(second.transient, false);
});

test('what can hardly be stored is stored as it is, or refused; the program goes on', async () => {
  const { cache, environment } = await seeded();
  await using _ = cache;
  const back = String.fromCharCode(92);
  const load = (value: string): string =>
    `{"fn": "returner", "args": [{"jid": "20240102030405678901", "id": "m", "fun": "f", "return": ${value}}]}`;
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const lines = [
    Buffer.from(load(`"a${back}u0000b"`)),
    Buffer.from(load(`"${back}ud800"`)),
    Buffer.from(load(deep)),
    Buffer.concat([Buffer.from(load('"')), Buffer.from([0xc3, 0x28]), Buffer.from('"')]),
    Buffer.from(load('NaN')),
    Buffer.from(load('1e400')),
    Buffer.from(''),
    Buffer.from('{"fn": "returner", "args": [{"jid": "20240102030405678901"}]}'),
    Buffer.from('{"fn": "save_load", "args": ["not a jid", {"fun": "f"}]}'),
    Buffer.from('{"fn": "get_jid", "args": ["20240102030405678901"]}'),
  ];
  const input = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));

  const { code, stdout, stderr } = await runProgram(['call'], environment, input);
  const answers = stdout.trimEnd().split('\n').slice(1);

  assert.equal(code, 0);
  assert.equal(stderr, '');
  // The empty line asks for nothing.
  assert.equal(answers.length, lines.length - 1);
  for (const answer of answers) assert.match(answer, /^\{"ok": |^\{"err": "(?!InternalError)/u);
  const [nul, , nested, notUtf8, , , missing, , read] = answers;
  assert.equal(nul, '{"ok": null}');
  assert.match(nested ?? '', /"err": "RecursionError"/u);
  assert.match(notUtf8 ?? '', /"err": "ValueError".*not UTF-8/u);
  assert.match(missing ?? '', /"err": "KeyError"/u);
  assert.match(read ?? '', /"ok": \{"m": /u);
});

test('a return of many megabytes goes in and comes out', async () => {
  const { cache, environment } = await seeded();
  await using _ = cache;
  await using caller = await startCall([], environment);
  const big = 'é'.repeat(8_000_000);
  const load = { jid: '20240102030405678901', id: 'm', fun: 'cmd.run', return: big };

  const stored = await caller.send(JSON.stringify({ fn: 'returner', args: [load] }));
  const read = await caller.send('{"fn": "get_jid", "args": ["20240102030405678901"]}');

  assert.equal(stored, '{"ok": null}');
  assert.equal((parsed(read).ok as { m: { return: string } }).m.return, big);
});

test('starts without the database, tells that it is away, and works when it is there', async () => {
  await using own = await withPostgres();
  const { cache, environment } = await seeded(own);
  await using _ = cache;
  await stopServer(own);
  await using caller = await startCall([], environment);
  const request = '{"fn": "get_load", "args": ["20240102030405678901"]}';

  const away = parsed(await caller.send(request));
  await startServer(own);
  const there = parsed(await caller.send(request));
  await stopServer(own, 'immediate');
  const awayAgain = parsed(await caller.send(request));
  await startServer(own);
  const thereAgain = parsed(await caller.send(request));

  assert.equal(away.err, 'OperationalError');
  assert.equal(away.transient, true);
  assert.ok(!(away.msg ?? '').includes(password));
  assert.deepEqual(there, { ok: {} });
  assert.equal(awayAgain.transient, true);
  assert.deepEqual(thereAgain, { ok: {} });
});

test('ends when it is interrupted, and without a word when nobody reads any more', async () => {
  const { cache, environment } = await seeded();
  await using _ = cache;
  await using interrupted = await startCall([], environment);
  await using terminated = await startCall([], environment);

  assert.equal(await interrupted.end('SIGINT'), 130);
  assert.equal(await terminated.end('SIGTERM'), 0);
});
