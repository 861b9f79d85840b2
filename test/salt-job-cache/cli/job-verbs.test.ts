// The verbs that show, clean, export and import jobs, through the real program against a real server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { password, startServer } from '../program/with-job-cache.ts';
import { jidNumber, storeJobs, withJobs } from '../queries/with-jobs.ts';
import type { TestJob, TestJobs } from '../queries/with-jobs.ts';
import type { Ended, Environment } from './run-program.ts';
import { runProgram, startProgram } from './run-program.ts';

let server: TestServer;
let directory = '';
before(async () => {
  server = await startServer();
  directory = await mkdtemp(join(tmpdir(), 'job-verbs-'));
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function environmentOf(jobs: TestJobs): Environment {
  return {
    PGHOST: server.host,
    PGPORT: String(server.port),
    PGUSER: jobs.cache.user,
    PGDATABASE: jobs.cache.user,
    PGPASSWORD: password,
  };
}

async function run(jobs: TestJobs, args: readonly string[], input = ''): Promise<Ended> {
  return runProgram(args, environmentOf(jobs), input);
}

const pings: readonly TestJob[] = [1, 2, 3].map((index) => ({
  jid: jidNumber(index),
  fun: index === 2 ? 'state.apply' : 'test.ping',
  target: index === 2 ? "['web1', 'web2']" : 'web*',
  targetType: index === 2 ? 'list' : 'glob',
  user: 'root',
  returns: [{ minion: 'web1', success: index !== 2 }],
}));

const hostile = JSON.stringify({ return: '\u001b[31mred\nnext' });

void test('list and find print a table, JSON or YAML', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, pings);
  const listed = await run(jobs, ['list', '--limit', '2']);
  assert.equal(listed.code, 0);
  assert.match(
    listed.stdout,
    /^JID +STARTED +FUNCTION +TARGET +USER +RETURNS +FAILED\n20261127000000000003 /u,
  );
  assert.equal(listed.stdout.split('\n').length, 4);
  assert.match(listed.stderr, /--before 20261127000000000002/u);

  const rest = await run(jobs, ['list', '--before', jidNumber(2), '-o', 'json']);
  const found = JSON.parse(rest.stdout) as readonly Record<string, unknown>[];
  assert.deepEqual(
    found.map(({ jid }) => jid),
    [jidNumber(1)],
  );

  const failed = await run(jobs, [
    'find',
    '--failed',
    '--function',
    'state.*',
    '--target',
    'web2',
    '-o',
    'yaml',
  ]);
  const [one] = parse(failed.stdout) as readonly Record<string, unknown>[];
  assert.equal(one?.['jid'], jidNumber(2));
  assert.equal(one?.['failed'], 1);
});

void test('show prints the job, its returns as they are stored, and who is missing', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, pings);
  await jobs.sql(
    `INSERT INTO salt_returns (fun, jid, return, id) VALUES ('f', '${jidNumber(2)}', '${hostile}', 'web3')`,
  );
  const shown = await run(jobs, ['show', jidNumber(2)]);
  assert.equal(shown.code, 0);
  assert.match(shown.stdout, /missing: +web2\n/u);
  assert.match(shown.stdout, /web1 +no +0 +True\n/u);
  assert.ok(shown.stdout.includes(String.raw`\u001b[31mred\nnext`));
  assert.doesNotMatch(shown.stdout, /\u001b/u);
  const data = JSON.parse((await run(jobs, ['show', jidNumber(2), '-o', 'json'])).stdout) as Record<
    string,
    unknown
  >;
  assert.deepEqual(data['missing'], ['web2']);
  assert.deepEqual(data['arg'], ['a', { __kwarg__: true }]);
  const returns = data['returns'] as readonly Record<string, unknown>[];
  assert.deepEqual(
    returns.map((one) => one['return']),
    ['True', '\u001b[31mred\nnext'],
  );
});

void test('wrong input is answered with a sentence and exit code 1', async () => {
  await using jobs = await withJobs(server);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['show', '1'], /20 digits/u],
    [['show', jidNumber(1)], /no job 20261127/u],
    [['find', '--since', 'yesterday'], /an age such as 90s/u],
    [['find', '--success', '--failed'], /--success and --failed/u],
    [['list', '--limit', '0'], /whole number from 1/u],
    [['list', '-o', 'xml'], /table, json, yaml/u],
    [['list', '--before', '1'], /20 digits/u],
    [['clean'], /--keep-seconds/u],
    [['export', '--after', 'event:x'], /position/u],
    [['import', '/does/not/exist'], /no such file/u],
    [['import', '/'], /Cannot read the file "\/"/u],
    [['tail', '--lines', 'x'], /whole number/u],
  ];
  for (const [args, sentence] of cases) {
    const { code, stdout: out, stderr: err } = await run(jobs, args);
    assert.equal(code, 1, args.join(' '));
    assert.equal(out, '', args.join(' '));
    assert.match(err, sentence, args.join(' '));
    assert.doesNotMatch(err, /\n {4}at /u, args.join(' '));
  }
});

void test('without tables every verb says to run migrate', async () => {
  await using jobs = await withJobs(server, { isMigrated: false });
  const calls = [
    ['list'],
    ['show', jidNumber(1)],
    ['find', '--minion', 'a'],
    ['tail'],
    ['stats'],
    ['export'],
    ['clean', '--keep-jobs', '1'],
    ['clean', '--keep-jobs', '1', '--dry-run'],
  ];
  for (const args of calls) {
    const { code, stderr: err } = await run(jobs, args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, /salt-job-cache migrate/u, args.join(' '));
  }
});

void test('an empty job cache is no error', async () => {
  await using jobs = await withJobs(server);
  for (const args of [
    ['list'],
    ['find', '--failed'],
    ['tail'],
    ['export', '--events'],
    ['stats'],
    ['import'],
  ]) {
    const { code, stderr: err } = await run(jobs, args);
    assert.equal(code, 0, `${args.join(' ')}: ${err}`);
  }
  assert.equal((await run(jobs, ['list', '-o', 'json'])).stdout, '[]\n');
});

void test('stats tells rows, sizes, ages and functions', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, pings);
  const stats = JSON.parse((await run(jobs, ['stats', '-o', 'json'])).stdout) as Record<
    string,
    unknown
  >;
  const tables = stats['tables'] as readonly Record<string, unknown>[];
  assert.deepEqual(
    tables.map(({ name, rows }) => [name, rows]),
    [
      ['jids', 3],
      ['salt_returns', 3],
      ['salt_events', 0],
    ],
  );
  assert.ok(tables.every(({ bytes }) => Number(bytes) > 0 || bytes === 0));
  assert.equal(tables[1]?.['last_hour'], 3);
  assert.equal(stats['oldest_jid'], jidNumber(1));
  assert.deepEqual(stats['functions'], [
    { fun: 'test.ping', jobs: 2 },
    { fun: 'state.apply', jobs: 1 },
  ]);
  const { stdout: out } = await run(jobs, ['stats']);
  assert.match(out, /newest job: +20261127000000000003/u);
});

void test('clean deletes what its dry run counts', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, pings);
  const dry = await run(jobs, ['clean', '--keep-jobs', '1', '--dry-run', '-o', 'json']);
  assert.deepEqual(JSON.parse(dry.stdout), { jobs: 2, returns: 2, events: 0 });
  const done = JSON.parse(
    (await run(jobs, ['clean', '--keep-jobs', '1', '-o', 'json'])).stdout,
  ) as Record<string, unknown>;
  assert.deepEqual([done['jobs'], done['returns']], [2, 2]);
  const left = await jobs.sql('SELECT jid FROM jids');
  assert.deepEqual(
    left.map(({ jid }) => jid),
    [jidNumber(3)],
  );
});

void test('an export goes through import by file and by pipe; bad lines are told', async () => {
  await using source = await withJobs(server);
  await using target = await withJobs(server);
  await storeJobs(source, pings);
  const { stdout: out, stderr: err } = await run(source, ['export', '--events']);
  assert.match(err, /Exported 3 jobs, 3 returns, 0 events/u);
  const file = join(directory, 'export.ndjson');
  await writeFile(file, out);

  const dry = await run(target, ['import', '--dry-run', file, '-o', 'json']);
  assert.equal((JSON.parse(dry.stdout) as Record<string, unknown>)['jobs'], 3);
  assert.equal((await run(target, ['import', file])).code, 0);
  const again = await run(target, ['import', '-o', 'json'], `${out}{}\n`);

  assert.equal(again.code, 1);
  assert.match(again.stderr, /Line 7: type: /u);
  assert.deepEqual(JSON.parse(again.stdout), {
    jobs: 0,
    returns: 0,
    events: 0,
    there: 6,
    bad: 1,
    lines: 7,
  });
  assert.equal((await run(target, ['export'])).stdout, out);
});

void test('a reader that goes away ends the program without a word', async () => {
  await using jobs = await withJobs(server);
  await jobs.sql(`INSERT INTO jids SELECT '20261127' || lpad(n::text, 12, '0'), now(), 'glob', 'publish',
    repeat('x', 200), '{}', '', 'root', '[]', 'f' FROM generate_series(1, 20000) n`);
  for (const args of [['export'], ['list', '--limit', '20000'], ['tail', '-f', '-n', '20000']]) {
    const child = startProgram(args, environmentOf(jobs));
    const errors = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    assert.equal(code, 0, args.join(' '));
    assert.doesNotMatch(await errors, /EPIPE|\n {4}at /u);
  }
});

void test('tail -f shows what comes until it is interrupted', async () => {
  await using jobs = await withJobs(server);
  await storeJobs(jobs, pings.slice(0, 1));
  const child = startProgram(
    ['tail', '-f', '--events', '--interval-ms', '20', '-o', 'json'],
    environmentOf(jobs),
  );
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  const { promise: everything, resolve } = Promise.withResolvers<void>();
  let isStored = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>));
    if (lines.length >= 2 && !isStored) {
      isStored = true;
      void storeJobs(jobs, pings.slice(1)).then(async () =>
        jobs.sql(`INSERT INTO salt_events (tag, data, master_id) VALUES ('t', '{"a": 1.0}', 'm')`),
      );
    }
    if (lines.length >= 7) resolve();
  });
  const ended = once(child, 'close');
  await Promise.race([everything, ended]);
  child.kill('SIGINT');
  const [code] = await ended;
  assert.equal(code, 130);
  assert.equal(lines.length, 7);
  assert.deepEqual(
    lines.filter(({ kind }) => kind === 'event').map(({ data }) => data),
    [{ a: 1 }],
  );
  assert.deepEqual(
    new Set(lines.filter(({ kind }) => kind === 'job').map(({ jid }) => jid)),
    new Set(pings.map(({ jid }) => jid)),
  );
});

void test('an import that is interrupted has stored what it says, and goes on when begun again', async () => {
  await using jobs = await withJobs(server);
  const line = (index: number): string =>
    `${JSON.stringify({ type: 'return', fun: 'f', jid: jidNumber(index), return: '{"return": 1}', id: 'm' })}\n`;
  const child = startProgram(['import', '-o', 'json'], environmentOf(jobs));
  child.stdin.on('error', () => undefined);
  const output = text(child.stdout);
  const errors = text(child.stderr);
  const lines = Array.from({ length: 6000 }, (_, index) => line(index));
  child.stdin.write(lines.join(''));
  // The first batch is stored; the rest waits for more.
  for (;;) {
    const [row] = await jobs.sql('SELECT count(*)::int AS rows FROM salt_returns');
    if (Number(row?.['rows']) >= 5000) break;
  }
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 130);
  assert.match(await errors, /Interrupted; begin again/u);
  const counts = JSON.parse(await output) as Record<string, unknown>;
  const [row] = await jobs.sql('SELECT count(*)::int AS rows FROM salt_returns');
  assert.equal(counts['returns'], row?.['rows']);
  const again = await run(jobs, ['import', '-o', 'json'], lines.join(''));
  assert.equal(again.code, 0);
  const [all] = await jobs.sql('SELECT count(*)::int AS rows FROM salt_returns');
  assert.equal(all?.['rows'], 6000);
});
