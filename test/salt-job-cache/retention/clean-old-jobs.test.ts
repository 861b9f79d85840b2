// Retention on a real server, on plain tables and on partitions.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import { cleanOldJobs } from '#salt-job-cache/src/retention/clean-old-jobs.ts';
import type { CleanedRows } from '#salt-job-cache/src/retention/clean-old-jobs.ts';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import type { CacheDatabase } from '../with-database.ts';
import { withDatabase } from '../with-database.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const now = (): bigint => BigInt(Date.now()) * 1000n;
const clock = { nowMicros: now };
const noPause = async (): Promise<void> => undefined;
const options = { clock, pause: noPause };
const hour = 3600;
const keepHour = { keepJobsSeconds: hour, keepJobs: 0, keepEventsSeconds: hour };
const aged = (seconds: number, at = 0): string =>
  jidOf(now() - BigInt(seconds) * 1_000_000n + BigInt(at));

async function store(made: CacheDatabase, jid: string, returns: number): Promise<void> {
  await made.database.run(
    {
      text: `INSERT INTO jids (jid, started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
             VALUES ($1, now(), 'glob', 'publish', '*', '{}', '', 'root', '[]', 'test.ping')`,
    },
    [jid],
  );
  await addReturns(made, jid, returns);
}

async function addReturns(made: CacheDatabase, jid: string, returns: number): Promise<void> {
  await made.database.run(
    {
      text: `INSERT INTO salt_returns (fun, jid, return, id, success)
             SELECT 'test.ping', $1, '{"return": true}', 'web' || i, true FROM generate_series(1, $2::int) i`,
    },
    [jid, returns],
  );
}

async function left(made: CacheDatabase): Promise<Readonly<Record<string, unknown>>> {
  return made.one(
    `SELECT (SELECT count(*)::int FROM public.jids) AS jobs, (SELECT count(*)::int FROM public.salt_returns) AS returns,
            (SELECT count(*)::int FROM public.salt_events) AS events,
            (SELECT count(*)::int FROM public.salt_jid_reservations) AS reservations`,
  );
}

for (const partitions of [false, true]) {
  const where = partitions ? 'partitions' : 'plain tables';

  test(`${where}: jobs go by age with all that is theirs, and everything younger stays`, async () => {
    await using made = await withDatabase(server);
    await migrate(made.database, { readers: [], partitions });
    const [old, bare, young, orphan, oddOld, oddYoung] = [
      aged(7200),
      aged(7201),
      aged(1800),
      aged(9000),
      'req',
      'adhoc',
    ];
    await store(made, old, 1200);
    await store(made, bare, 0);
    await store(made, young, 3);
    await addReturns(made, orphan, 2);
    await addReturns(made, aged(100), 1);
    await addReturns(made, oddOld, 1);
    await made.cache.sql(
      `UPDATE public.salt_returns SET added = now() - interval '2 hours' WHERE jid = 'req'`,
    );
    await addReturns(made, oddYoung, 1);
    await made.cache.sql(
      `INSERT INTO public.salt_jid_reservations (jid, reserved) VALUES ('${old}', now()), ('x', now()), ('y', now() - interval '25 hours')`,
    );
    await made.cache.sql(`INSERT INTO public.salt_events (tag, data, master_id, alter_time)
      SELECT 't', 'd', 'm', now() - i * interval '30 minutes' - interval '1 minute' FROM generate_series(0, 9) i`);

    const cleaned = await cleanOldJobs(made.database, keepHour, options);

    const expected: CleanedRows = {
      jobs: 2,
      returns: 1203,
      events: 8,
      reservations: 2,
      partitions: 0,
    };
    assert.equal(cleaned.jobs, expected.jobs);
    assert.equal(cleaned.returns, expected.returns);
    assert.equal(cleaned.reservations, expected.reservations);
    assert.equal(cleaned.events, expected.events);
    assert.deepEqual(await left(made), {
      jobs: 1,
      returns: 5,
      events: 2,
      reservations: 1,
    });
    const again = await cleanOldJobs(made.database, keepHour, options);
    assert.deepEqual(again, { jobs: 0, returns: 0, events: 0, reservations: 0, partitions: 0 });
  });

  test(`${where}: a late return of an expired job is gone the next time`, async () => {
    await using made = await withDatabase(server);
    await migrate(made.database, { readers: [], partitions });
    const old = aged(7200);
    await store(made, old, 2);
    await cleanOldJobs(made.database, keepHour, options);
    await addReturns(made, old, 3);

    assert.equal((await cleanOldJobs(made.database, keepHour, options)).returns, 3);
  });

  test(`${where}: of too many jobs the newest stay`, async () => {
    await using made = await withDatabase(server);
    await migrate(made.database, { readers: [], partitions });
    const jids = Array.from({ length: 30 }, (_, at) => aged(600, at));
    for (const jid of jids) await store(made, jid, 2);

    const limits = { keepJobsSeconds: 0, keepJobs: 12 };
    const cleaned = await cleanOldJobs(made.database, limits, options);

    assert.deepEqual(cleaned, { jobs: 18, returns: 36, events: 0, reservations: 0, partitions: 0 });
    const rows = await made.cache.sql('SELECT jid FROM public.jids ORDER BY jid');
    assert.deepEqual(
      rows.map(({ jid }) => jid),
      jids.slice(18),
    );
    assert.equal((await cleanOldJobs(made.database, limits, options)).jobs, 0);
  });
}

test('an interrupted run leaves no return without its job, and the next one ends the work', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, { readers: [] });
  for (let at = 0; at < 40; at += 1) await store(made, aged(7200, at), 400);
  const stop = new AbortController();
  const seen: CleanedRows[] = [];

  const first = await cleanOldJobs(made.database, keepHour, {
    ...options,
    signal: stop.signal,
    onProgress(cleaned) {
      seen.push(cleaned);
      if (seen.length === 3) stop.abort();
    },
  });

  assert.equal(seen.length, 3);
  assert.deepEqual(seen.at(-1), first);
  assert.ok(first.returns > 0 && first.returns < 16_000);
  const orphans = await made.one(
    'SELECT count(*)::int AS n FROM public.salt_returns r WHERE NOT EXISTS (SELECT FROM public.jids j WHERE j.jid = r.jid)',
  );
  assert.deepEqual(orphans, { n: 0 });
  const second = await cleanOldJobs(made.database, keepHour, options);
  assert.equal(first.jobs + second.jobs, 40);
  assert.equal(first.returns + second.returns, 16_000);
});

test('without limits nothing is deleted, and a clock that runs ahead deletes nothing early', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, { readers: [] });
  await store(made, aged(1800), 2);

  const none = await cleanOldJobs(made.database, { keepJobsSeconds: 0, keepJobs: 0 }, options);
  const ahead = { nowMicros: () => now() + 365n * 86_400_000_000n };
  const early = await cleanOldJobs(made.database, keepHour, { ...options, clock: ahead });

  assert.equal(none.jobs + early.jobs, 0);
});

test('two cleaners at once delete each job once', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, { readers: [] });
  for (let at = 0; at < 60; at += 1) await store(made, aged(7200, at), 20);

  const both = await Promise.all([
    cleanOldJobs(made.database, keepHour, options),
    cleanOldJobs(made.database, keepHour, options),
  ]);
  const last = await cleanOldJobs(made.database, keepHour, options);

  const jobs = [...both, last].reduce((sum, one) => sum + one.jobs, 0);
  assert.equal(jobs, 60);
  assert.deepEqual((await left(made))['returns'], 0);
});

test('expired partitions go at once, and jobs of the rest by their age', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, { readers: [], partitions: true });
  for (const table of ['jids', 'salt_returns']) {
    await made.database.run({
      text: `CREATE TABLE ${table}_old PARTITION OF ${table} FOR VALUES FROM ('20240110000000') TO ('20240111000000')`,
    });
  }
  await store(made, '20240110030405678901', 5);
  await store(made, aged(7200), 1);
  await store(made, aged(60), 1);

  const cleaned = await cleanOldJobs(made.database, keepHour, options);

  assert.deepEqual(cleaned, { jobs: 1, returns: 1, events: 0, reservations: 0, partitions: 2 });
  assert.equal((await left(made))['jobs'], 1);
});
