// Partitions in a real database: tables that are new, tables that were there, and dropping what has expired.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import {
  dropExpiredPartitions,
  maintainPartitions,
} from '#salt-job-cache/src/partitions/maintain.ts';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import type { CacheDatabase } from '../with-database.ts';
import { makeSaltsOwnSchema, withDatabase } from '../with-database.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const divided = { readers: [], partitions: true };
const hourMicros = 3_600_000_000n;
const now = (): bigint => BigInt(Date.now()) * 1000n;

const insertJob = (jid: string): string =>
  `INSERT INTO jids (jid, started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
   VALUES ('${jid}', '2024, Jan 02 03:04:05', 'glob', 'publish', '*', '{}', '', 'root', '[]', 'test.ping')`;
const insertReturn = (jid: string): string =>
  `INSERT INTO salt_returns (fun, jid, return, id, success) VALUES ('test.ping', '${jid}', '{}', 'web1', true)`;

async function store(made: CacheDatabase, ...jids: readonly string[]): Promise<void> {
  for (const jid of jids) {
    await made.database.run({ text: insertJob(jid) });
    await made.database.run({ text: insertReturn(jid) });
  }
}

/** In which partition each job and each return is. */
async function places(made: CacheDatabase, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = await made.cache.sql(
    `SELECT jid::text, replace(tableoid::regclass::text, 'public.', '') AS place FROM public.${table}`,
  );
  return new Map(rows.map(({ jid, place }) => [String(jid), String(place)]));
}

async function addOldPartition(made: CacheDatabase, table: string, day: string): Promise<void> {
  const bounds =
    table === 'salt_events'
      ? `FROM ('2024-01-${day} 00:00+00') TO ('2024-01-${day} 24:00+00')`
      : `FROM ('202401${day}000000') TO ('202401${Number(day) + 1}000000')`;
  await made.database.run({
    text: `CREATE TABLE ${table}_old${day} PARTITION OF ${table} FOR VALUES ${bounds}`,
  });
}

test('new tables divided by time take the rows of jobs, today and later, and ids that are no time', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, divided);
  const today = jidOf(now());
  const tomorrow = jidOf(now() + 24n * hourMicros);

  await store(made, today, tomorrow, 'req', '20240102030405678901');

  for (const table of ['jids', 'salt_returns']) {
    const found = await places(made, table);
    assert.equal(found.get(today), `${table}_${today.slice(0, 8)}t000000`);
    assert.equal(found.get(tomorrow), `${table}_${tomorrow.slice(0, 8)}t000000`);
    assert.equal(found.get('req'), `${table}_default`);
    assert.equal(found.get('20240102030405678901'), `${table}_default`);
  }
  assert.equal((await made.database.run({ text: insertJob(today) })).rowCount, 0);
  const conflict = `${insertJob(today)} ON CONFLICT (jid) DO NOTHING`;
  assert.equal((await made.database.run({ text: conflict })).rowCount, 0);
});

test("Salt's own tables are divided as they stand: no row moves, readers and grants stay, ids go on", async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  const old = ['20240102030405678901', jidOf(now())];
  for (const jid of old) {
    await made.cache.sql(insertJob(jid).replace('jids', 'public.jids'));
    await made.cache.sql(insertReturn(jid).replace('salt_returns', 'public.salt_returns'));
  }
  await made.cache.sql(
    `INSERT INTO public.salt_events (tag, data, master_id) VALUES ('t', 'd', 'm')`,
  );
  await made.cache.sql(`CREATE ROLE reports_${made.cache.user}`);
  await made.cache.sql(`GRANT SELECT ON public.jids TO reports_${made.cache.user}`);
  const oid = await made.one(`SELECT 'public.salt_returns'::regclass::oid::int AS oid`);

  const did = await migrate(made.database, divided);

  assert.ok(
    did.includes('divided table salt_returns by time; what it held is its oldest partition'),
  );
  // What partitions have is made before the table is divided, while writers go on.
  assert.ok(did.indexOf('created index salt_returns_added_range_idx') >= 0);
  assert.ok(
    did.indexOf('created index salt_returns_added_range_idx') <
      did.findIndex((sentence) => sentence.startsWith('divided table')),
  );
  assert.deepEqual(await migrate(made.database, divided), []);
  assert.deepEqual(await migrate(made.database, { readers: [] }), []);
  assert.deepEqual(
    await made.one(`SELECT 'public.salt_returns_before'::regclass::oid::int AS oid`),
    oid,
  );
  assert.deepEqual([...(await places(made, 'jids')).keys()].sort(), old.toSorted());
  assert.deepEqual(
    await made.one(
      `SELECT has_table_privilege('reports_${made.cache.user}', 'public.jids', 'SELECT') AS "isAllowed",
              pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE oid = 'public.jids'::regclass`,
    ),
    { isAllowed: true, owner: made.cache.user },
  );
  await store(made, jidOf(now() + 72n * hourMicros), 'req');
  await made.database.run({
    text: `INSERT INTO salt_events (tag, data, master_id) VALUES ('t2', 'd', 'm')`,
  });
  assert.deepEqual(await made.one('SELECT max(id)::int AS id FROM public.salt_events'), { id: 2 });
  // The ids still come from a sequence once the oldest partition is gone.
  await made.cache.sql('DROP TABLE public.salt_events_before');
  await made.database.run({
    text: `INSERT INTO salt_events (tag, data, master_id, alter_time) VALUES ('t3', 'd', 'm', now() + interval '3 days')`,
  });
  assert.deepEqual(await made.one('SELECT max(id)::int AS id FROM public.salt_events'), { id: 3 });
});

test('a table that can not be divided without moving rows is left, and the sentence says why', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  await made.cache.sql(insertReturn('req').replace('salt_returns', 'public.salt_returns'));
  await made.cache.sql('CREATE VIEW public.report AS SELECT fun FROM public.jids');

  const did = await migrate(made.database, divided);

  const about = (table: string): string =>
    did.find((one) => one.startsWith(`left table ${table}`)) ?? '';
  assert.match(
    about('salt_returns'),
    /a row's jid \('req'\) is no time before .*delete such rows, or export/,
  );
  assert.match(about('jids'), /views stand on it/);
  await store(made, '20990101000000000000', 'odd');
});

test('a bound that an interrupted conversion left behind is taken away, as it would refuse rows one day', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, { readers: [] });
  await made.cache.sql(
    `ALTER TABLE public.jids ADD CONSTRAINT salt_job_cache_bound CHECK (jid < '20240101000000') NOT VALID`,
  );

  assert.deepEqual(await migrate(made.database, { readers: [] }), []);

  await store(made, jidOf(now()));
});

test('spans with rows in the default partition are left there and said, and the next ones are made', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, divided);
  const later = now() + 5n * 24n * hourMicros;
  await store(made, jidOf(later));

  const did = await maintainPartitions(made.database, { ahead: 6 });

  assert.equal(did.filter((one) => one.startsWith('left rows of ')).length, 2);
  assert.equal(did.filter((one) => one.startsWith('made a partition of ')).length, 7);
  assert.deepEqual(await maintainPartitions(made.database, { ahead: 3 }), []);
});

test('whole partitions of expired jobs are dropped with their returns, and no other', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, divided);
  for (const table of ['jids', 'salt_returns', 'salt_events']) {
    for (const day of ['10', '11', '12']) await addOldPartition(made, table, day);
  }
  await store(made, '20240110030405678901', '20240111030405678901', '20240112030405678901');
  const cutoff = BigInt(Date.parse('2024-01-12T00:00:00Z')) * 1000n;

  const dropped = await dropExpiredPartitions(made.database, { jobs: cutoff, events: cutoff - 1n });

  assert.deepEqual([...dropped].sort(), [
    'jids_old10',
    'jids_old11',
    'salt_events_old10',
    'salt_returns_old10',
    'salt_returns_old11',
  ]);
  for (const table of ['jids', 'salt_returns']) {
    assert.deepEqual([...(await places(made, table)).keys()], ['20240112030405678901']);
  }
  assert.deepEqual(await dropExpiredPartitions(made.database, { jobs: null, events: null }), []);
});

test('two units that divide tables at once divide each once', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  const both = await Promise.all([
    migrate(made.database, divided),
    migrate(made.database, divided),
  ]);

  const all = both.flat().filter((one) => one.startsWith('divided table'));
  assert.equal(all.length, 3);
  assert.deepEqual(await migrate(made.database, divided), []);
});

test('writers go on while their tables are divided, and every row is there afterwards', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  await migrate(made.database, { readers: [] });
  const finished = new AbortController();
  const stored: string[] = [];
  const writer = (async () => {
    for (let at = 0n; !finished.signal.aborted || at < 20n; at += 1n) {
      const jid = jidOf(now() + at);
      await store(made, jid);
      stored.push(jid);
    }
  })();

  await migrate(made.database, divided);
  finished.abort();
  await writer;

  for (const table of ['jids', 'salt_returns']) {
    assert.deepEqual([...(await places(made, table)).keys()].sort(), [...new Set(stored)].sort());
  }
});
