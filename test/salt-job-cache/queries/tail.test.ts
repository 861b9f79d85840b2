// Follows real transactions, among them such as commit late, out of order, and from within savepoints.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Tail } from '#salt-job-cache/src/queries/tail.ts';
import type { TailKind, TailRow } from '#salt-job-cache/src/queries/tail-rows.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import { jidNumber, storeJobs, withJobs } from './with-jobs.ts';
import type { TestJobs } from './with-jobs.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const all: readonly TailKind[] = ['job', 'return', 'event'];

function insertReturn(minion: string): string {
  return `INSERT INTO salt_returns (fun, jid, return, id, success) VALUES ('f', '${jidNumber(1)}', '{"return": 1}', '${minion}', true)`;
}

function minions(rows: readonly TailRow[]): readonly unknown[] {
  return rows.map(({ columns }) => columns['id']);
}

async function started(jobs: TestJobs, kinds: readonly TailKind[] = ['return']): Promise<Tail> {
  const tail = new Tail(jobs.database, kinds);
  await tail.last(10);
  return tail;
}

/** A connection of its own, with a transaction that stays open. */
async function openTransaction(
  jobs: TestJobs,
): Promise<{ sql(text: string): Promise<unknown> } & AsyncDisposable> {
  const session = await jobs.cache.server.session(jobs.cache.user);
  await session.query('SET search_path = public');
  await session.query('BEGIN');
  return {
    sql: async (text) => session.query(text),
    [Symbol.asyncDispose]: async () => session[Symbol.asyncDispose](),
  };
}

void test('shows the last rows of all kinds in the order they came', async () => {
  await using jobs = await withJobs(server);
  const base = { fun: 'test.ping', target: '*', targetType: 'glob', user: 'root' };
  await storeJobs(jobs, [
    { ...base, jid: jidNumber(1), returns: [{ minion: 'a', success: true }] },
    { ...base, jid: jidNumber(2), returns: [] },
  ]);
  await jobs.sql("INSERT INTO salt_events (tag, data, master_id) VALUES ('salt/auth', '{}', 'm')");

  const rows = await new Tail(jobs.database, all).last(3);

  assert.equal(rows.length, 3);
  assert.ok(rows.some(({ kind }) => kind === 'event'));
  assert.deepEqual(await new Tail(jobs.database, ['job']).last(1), [
    ...(await new Tail(jobs.database, ['job']).last(2)).slice(1),
  ]);
  assert.deepEqual(await new Tail(jobs.database, all).last(0), []);
});

void test('shows what comes once, and nothing that was there before', async () => {
  await using jobs = await withJobs(server);
  await jobs.sql(insertReturn('before'));
  const tail = await started(jobs);
  assert.deepEqual(await tail.next(), []);
  await jobs.sql(insertReturn('a'));
  assert.deepEqual(minions(await tail.next()), ['a']);
  assert.deepEqual(await tail.next(), []);
});

void test('misses nothing that commits late or out of order', async () => {
  await using jobs = await withJobs(server);
  await using early = await openTransaction(jobs);
  await early.sql(insertReturn('early'));
  const tail = await started(jobs);
  await using late = await openTransaction(jobs);
  await late.sql(insertReturn('late'));
  await jobs.sql(insertReturn('between'));
  assert.deepEqual(minions(await tail.next()), ['between']);
  await late.sql('COMMIT');
  assert.deepEqual(minions(await tail.next()), ['late']);
  await jobs.sql(insertReturn('after'));
  assert.deepEqual(minions(await tail.next()), ['after']);
  await early.sql('COMMIT');
  assert.deepEqual(minions(await tail.next()), ['early']);
  assert.deepEqual(await tail.next(), []);
});

void test('misses nothing that was written within a savepoint', async () => {
  await using jobs = await withJobs(server);
  const tail = await started(jobs);
  await using open = await openTransaction(jobs);
  await open.sql(insertReturn('outer'));
  await open.sql('SAVEPOINT s');
  await open.sql(insertReturn('inner'));
  await open.sql('RELEASE s');
  await jobs.sql(insertReturn('other'));
  assert.deepEqual(minions(await tail.next()), ['other']);
  await open.sql('COMMIT');
  assert.deepEqual(
    minions(await tail.next())
      .map(String)
      .sort(),
    ['inner', 'outer'],
  );
});

void test('shows nothing that was rolled back', async () => {
  await using jobs = await withJobs(server);
  const tail = await started(jobs);
  await using open = await openTransaction(jobs);
  await open.sql(insertReturn('never'));
  await open.sql('ROLLBACK');
  assert.deepEqual(await tail.next(), []);
});

void test('follows jobs of a master whose clock is behind, and partitions', async () => {
  await using jobs = await withJobs(server, { partitions: true });
  const job = { fun: 'f', target: '*', targetType: 'glob', user: 'root', returns: [] };
  await storeJobs(jobs, [{ ...job, jid: jidNumber(1) }]);
  const tail = await started(jobs, all);
  await storeJobs(jobs, [{ ...job, jid: jidNumber(2), returns: [{ minion: 'x', success: null }] }]);
  await jobs.sql("INSERT INTO salt_events (tag, data, master_id) VALUES ('t', '{}', 'm')");
  assert.deepEqual([...(await tail.next()).map(({ kind }) => kind)].sort(), [
    'event',
    'job',
    'return',
  ]);
});

void test('every row of many writers is shown exactly once', async () => {
  await using jobs = await withJobs(server);
  const tail = await started(jobs);
  const shown: unknown[] = [];
  const written = new AbortController();
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; round < 20; round += 1) {
      await jobs.database.transaction(async (session) => {
        await session.run({ text: insertReturn(`${writer}-${round}-a`) });
        await session.run({ text: insertReturn(`${writer}-${round}-b`) });
      });
    }
  };
  const writers = Promise.all([write(0), write(1), write(2)]).finally(() => {
    written.abort();
  });
  while (!written.signal.aborted) shown.push(...minions(await tail.next()));
  await writers;
  shown.push(...minions(await tail.next()));
  assert.equal(shown.length, 120);
  assert.equal(new Set(shown).size, 120);
});
