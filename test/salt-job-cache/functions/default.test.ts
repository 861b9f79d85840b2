// The default mode against a real PostgreSQL with Salt's own tables.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import { errorOf, load } from './job-cache-calls.ts';
import { countingClock, seededCache } from './seed-schema.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const jid = '20240102030405678901';
const minionReturn = { fun: 'test.ping', jid, id: 'web1', return: { a: 1 } };

/** Text that no compression makes shorter by much. */
function noise(length: number): string {
  let state = 12_345;
  let text = '';
  while (text.length < length) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

test('the first load of a job stays, and a second one is no error', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache();

  await cache.saveLoad(jid, load);
  await cache.saveLoad(jid, { ...load, tgt: 'other' });
  await Promise.all([1, 2, 3].map(async () => cache.saveLoad('20240102030405678902', load)));

  assert.equal((await cache.getLoad(jid)).get('tgt'), '*');
  assert.deepEqual(
    await seeded.rows("SELECT started = '2024-01-02 03:04:05.678901+00' FROM jids ORDER BY jid"),
    [[true], [false]],
  );
});

test('a job whose jid is no time started when it was stored', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache();

  await cache.saveLoad('req', load);
  await Promise.all(['a', 'b', '20240230030405678901'].map(async (id) => cache.saveLoad(id, load)));

  assert.deepEqual(
    await seeded.rows("SELECT count(*)::int FROM jids WHERE started > now() - interval '1 minute'"),
    [[4]],
  );
});

test('callers that write at the same time get each its own answer', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache();
  const long = noise(9000);

  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, async (_, index) =>
      cache.returner({ ...minionReturn, id: index % 10 === 3 ? long : `m${index}`, return: index }),
    ),
  );

  for (const [index, outcome] of outcomes.entries()) {
    if (index % 10 !== 3) {
      assert.equal(outcome.status, 'fulfilled');
      continue;
    }
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof JobCacheError);
    const { kind, sqlstate, field } = outcome.reason;
    assert.deepEqual(
      [kind, sqlstate, field, outcome.reason.jid],
      ['ProgramLimitExceeded', '54000', 'id', jid],
    );
  }
  assert.equal((await cache.getJid(jid)).size, 36);
});

test('the last return of a minion wins, and a bad row is its text', async () => {
  await using seeded = await seededCache(server);
  const problems: string[] = [];
  const cache = seeded.cache({ onProblem: ({ message }) => void problems.push(message) });

  await Promise.all(
    [1, 2, 3].map(async (value) =>
      cache.returner({ ...minionReturn, return: value, success: true }),
    ),
  );
  await seeded.rows(
    `INSERT INTO salt_returns (added, fun, jid, return, id) VALUES
       (now() - interval '1 day', 'f', '${jid}', '{"return": "old"}', 'web1'),
       (now(), 'f', '${jid}', 'no json', 'web2')`,
  );

  assert.equal(
    jsonText(await cache.getJid(jid)),
    '{"web1": {"return": 3, "success": true}, "web2": {"return": "no json"}}',
  );
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /"web2"/u);
});

test('jobs are listed newest first, in pages, and a bad row does not lose the others', async () => {
  await using seeded = await seededCache(server);
  const problems: string[] = [];
  const cache = seeded.cache({ onProblem: ({ message }) => void problems.push(message) });
  const jids = Array.from({ length: 25 }, (_, index) => `202401020304056789${10 + index}`);
  await Promise.all(jids.map(async (id) => cache.saveLoad(id, load)));
  await seeded.rows(`UPDATE jids SET arg = 'no json' WHERE jid = $1`, [jids[3]]);
  await seeded.rows(`UPDATE jids SET jid = '20241302030405678901' WHERE jid = $1`, [jids[4]]);

  const listed: string[] = [];
  for (;;) {
    const before = listed.at(-1);
    const page = await cache.getJids({ limit: 10, ...(before === undefined ? {} : { before }) });
    listed.push(...page.keys());
    if (page.size < 10) break;
  }

  const expected = [...jids.filter((_, index) => index !== 4), '20241302030405678901'].sort();
  assert.deepEqual(listed, expected.toReversed());
  assert.deepEqual([...(await cache.getJids()).keys()], listed);
  assert.equal(problems.length, 4);
  const bad = (await cache.getJids()).get(jids[3] ?? '') as ReadonlyMap<string, PythonValue>;
  assert.equal(bad.get('Arguments'), 'no json');
  assert.equal((await errorOf(cache.getJids({ limit: 0 }))).kind, 'ValueError');
});

test('only jobs that are kept are listed', async () => {
  await using seeded = await seededCache(server);
  const now = BigInt(Date.now()) * 1000n;
  const cache = seeded.cache({ clock: countingClock(now), keepJobsSeconds: 3600 });
  const recent = await cache.prepJid();
  await cache.saveLoad(recent, load);
  await cache.saveLoad(jid, load);
  await cache.saveLoad('req', load);

  assert.deepEqual([...(await cache.getJids()).keys()], ['req', recent]);
});

test('no two processes get the same jid, though their clocks are the same', async () => {
  await using seeded = await seededCache(server);
  await using other = await openDatabase(targetOf(seeded.conninfo));
  const options = { masterId: 'm', keepJobsSeconds: 0 };
  const first = new PostgresLocalCache(seeded.database, { ...options, clock: countingClock() });
  const second = new PostgresLocalCache(other, { ...options, clock: countingClock() });
  await first.saveLoad(jid, load);

  const jids = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => (index % 2 === 0 ? first : second).prepJid()),
  );

  assert.equal(new Set(jids).size, 60);
  assert.ok(!jids.includes(jid));
  assert.equal(await first.prepJid(false, 'mine'), 'mine');
});

test('without the right to make a table jids are still looked for, and somebody is told once', async () => {
  await using seeded = await seededCache(server);
  await using admin = await server.session(seeded.user);
  await admin.query(`REVOKE CREATE ON SCHEMA public FROM ${seeded.user}`);
  const problems: JobCacheError[] = [];
  const cache = seeded.cache({ onProblem: (problem) => void problems.push(problem) });
  await cache.saveLoad(jid, load);

  assert.equal(await cache.prepJid(), '20240102030405678903');
  assert.equal(await cache.prepJid(), '20240102030405678904');
  assert.equal(problems.length, 1);
});

test('reservations do not stay for ever', async () => {
  await using seeded = await seededCache(server);
  let now = BigInt(Date.now()) * 1000n;
  const cache = seeded.cache({ clock: { nowMicros: () => now } });
  await cache.prepJid();
  await seeded.rows("UPDATE salt_jid_reservations SET reserved = now() - interval '1 hour'");

  now += 3_600_000_000n;
  await cache.prepJid();

  assert.deepEqual(await seeded.rows('SELECT count(*)::int FROM salt_jid_reservations'), [[1]]);
});

test('a bad event never loses the others, and is named', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache();
  // Salt's own index on the data takes no more than a third of a page of what can't be compressed.
  const events = Array.from({ length: 2500 }, (_, index) => ({
    tag: index === 700 ? 'a\0b' : `salt/job/${index}`,
    data: index === 1234 || index === 2400 ? noise(9000) : { index },
  }));

  const error = await errorOf(cache.eventReturn(events));

  assert.match(error.message, /3 of 2500 events/u);
  assert.match(error.message, /event 1234 with tag "salt\/job\/1234"/u);
  assert.deepEqual([error.kind, error.field], ['ValueError', 'tag']);
  assert.deepEqual(
    await seeded.rows('SELECT count(*)::int AS a, count(DISTINCT tag)::int AS b FROM salt_events'),
    [[2497, 2497]],
  );
  assert.equal(await cache.eventReturn(events.slice(0, 500)), null);
  const single = await errorOf(cache.eventReturn([{ tag: 't', data: noise(9000) }]));
  assert.deepEqual(
    [single.kind, single.sqlstate, single.field],
    ['ProgramLimitExceeded', '54000', 'data'],
  );
});

test('a return of a hundred megabytes is stored whole', async () => {
  await using seeded = await seededCache(server);
  const cache = seeded.cache();
  const text = 'é'.repeat(50_000_000);

  await cache.returner({ ...minionReturn, return: text });

  assert.deepEqual(await seeded.rows('SELECT octet_length(return) FROM salt_returns'), [
    [100_000_014],
  ]);
  const read = (await cache.getJid(jid)).get('web1') as ReadonlyMap<string, PythonValue>;
  assert.ok(read.get('return') === text);
});

test('jobs older than they are kept are cleaned with their returns, and by Salt none', async () => {
  await using seeded = await seededCache(server);
  await migrate(seeded.database, { readers: [] });
  const clock = { nowMicros: () => BigInt(Date.now()) * 1000n };
  const old = '20240102030405678901';
  const cache = seeded.cache({ clock, keepJobsSeconds: 86_400 });
  const young = await cache.prepJid();
  for (const jid of [old, young]) {
    await cache.saveLoad(jid, { fun: 'test.ping' });
    await cache.returner({ jid, id: 'web1', fun: 'test.ping', return: true });
  }
  const left = async (): Promise<unknown> =>
    seeded.rows('SELECT jid FROM jids UNION ALL SELECT jid FROM salt_returns ORDER BY 1');

  await seeded.cache({ clock, keepJobsSeconds: 86_400, mode: 'compatible' }).cleanOldJobs();
  await seeded.cache({ clock, keepJobsSeconds: 0 }).cleanOldJobs();
  assert.deepEqual(await left(), [[old], [old], [young], [young]]);
  await cache.cleanOldJobs();
  assert.deepEqual(await left(), [[young], [young]]);
});

test('a table that is not there is told as such', async () => {
  await using seeded = await seededCache(server);
  await seeded.rows('DROP TABLE jids');

  const error = await errorOf(seeded.cache().saveLoad(jid, load));

  assert.deepEqual(
    [error.kind, error.sqlstate, error.jid, error.isTransient],
    ['UndefinedTable', '42P01', jid, false],
  );
});

test('where connections break under load what was acknowledged is there once, and nothing is there twice', async () => {
  await using seeded = await seededCache(server);
  await using admin = await server.session(seeded.user);
  const cache = seeded.cache();
  const acknowledged: number[] = [];
  let next = 0;
  let broken = 0;
  const end = new AbortController();

  const caller = async (): Promise<void> => {
    while (!end.signal.aborted) {
      next += 1;
      const number = next;
      try {
        await cache.returner({ ...minionReturn, return: number });
        acknowledged.push(number);
      } catch (error) {
        assert.ok(error instanceof JobCacheError, String(error));
        assert.ok(error.isTransient, error.message);
        assert.equal(error.jid, jid);
        broken += 1;
      }
    }
  };
  const callers = Array.from({ length: 16 }, async () => caller());
  for (let kills = 0; kills < 5;) {
    const before = acknowledged.length;
    const killed = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = '${seeded.user}' AND query LIKE 'INSERT%'`,
    );
    if (killed.length > 0) kills += 1;
    // It goes on by itself before the next one is broken.
    while (acknowledged.length < before + 20) await admin.query('SELECT 1');
  }
  end.abort();
  await Promise.all(callers);

  const stored = await seeded.rows("SELECT (return::json->>'return')::int FROM salt_returns");
  const numbers = stored.map(([number]) => Number(number));
  const there = new Set(numbers);
  assert.equal(there.size, numbers.length);
  assert.deepEqual(
    acknowledged.filter((number) => !there.has(number)),
    [],
  );
  assert.ok(broken > 0);
});
