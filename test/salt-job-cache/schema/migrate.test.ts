// Migrating real tables: what Salt's documentation makes, with rows in it, under writers, cut off half-way.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import { makeSaltsOwnSchema, withDatabase } from '../with-database.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const plain = { readers: [] };

const insertJob = (jid: string, more = ''): string =>
  `INSERT INTO jids (jid, started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
   VALUES ('${jid}', '2024, Jan 02 03:04:05.678901', 'glob', 'publish', '*', '{}', '', 'root', '[]', 'test.ping') ${more}`;

const jid = '20240102030405678901';

/** A session of its own, as Salt's returner opens one for each call. */
async function withClient<Result>(
  conninfo: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const parts = new Map(conninfo.split(' ').map((part) => part.split('=') as [string, string]));
  const client = new Client({
    host: parts.get('host') ?? '',
    port: Number(parts.get('port')),
    user: parts.get('user') ?? '',
    database: parts.get('dbname') ?? '',
    password: parts.get('password') ?? '',
    ssl: false,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Asks again until it is so. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within 20 s: ${what}`);
  }
}

test("Salt's own tables keep every row, and get what they lacked", async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  await made.cache.sql(`INSERT INTO public.salt_events (tag, data, master_id)
    SELECT 't' || i, 'd', 'm' FROM generate_series(1, 500) i`);
  await made.cache.sql(insertJob(jid).replace('jids', 'public.jids'));
  await made.cache.sql(`SELECT setval('public.salt_events_id_seq', 2147483646)`);

  const said: string[] = [];
  const did = await migrate(made.database, { readers: [], onProgress: (one) => said.push(one) });

  assert.deepEqual(said, did);
  assert.deepEqual(await migrate(made.database, plain), []);
  assert.deepEqual(await made.one('SELECT count(*)::int AS n FROM public.salt_events'), { n: 500 });
  assert.deepEqual(await made.one('SELECT jid FROM public.jids'), { jid });
  await made.cache.sql(`INSERT INTO public.salt_events (tag, data, master_id)
    SELECT 'past the end', 'd', 'm' FROM generate_series(1, 3)`);
  assert.deepEqual(await made.one('SELECT max(id)::text AS id FROM public.salt_events'), {
    id: '2147483649',
  });
});

test('an index leads to the events of a tag, and to those of its beginning, in partitions too', async () => {
  for (const partitions of [false, true]) {
    await using made = await withDatabase(server);
    await migrate(made.database, { readers: [], partitions });
    await made.cache.sql('SET enable_seqscan = off');
    for (const condition of [
      "left(tag, 200) = 'salt/auth'",
      "left(tag, 200) LIKE 'salt/job/20240102%'",
    ]) {
      const plan = await made.cache.sql(
        `EXPLAIN (COSTS OFF) SELECT * FROM public.salt_events WHERE ${condition}`,
      );
      const text = plan.map((row) => String(row['QUERY PLAN'])).join('\n');
      assert.match(text, /Index Cond: .*tag, 200/u);
    }
  }
});

test('an index of tags that somebody else made stays, and a second run does nothing', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, plain);
  await made.cache.sql('DROP INDEX public.salt_events_tag_start_idx');
  await made.cache.sql(
    'CREATE INDEX salt_events_tag_hash_idx ON public.salt_events USING hash (tag)',
  );

  assert.deepEqual(await migrate(made.database, plain), [
    'created index salt_events_tag_start_idx',
  ]);
  assert.deepEqual(await migrate(made.database, plain), []);
  assert.deepEqual(
    await made.one(
      `SELECT to_regclass('public.salt_events_tag_hash_idx') IS NOT NULL AS "isThere"`,
    ),
    { isThere: true },
  );
});

test('an event of any size is stored, and one with a tag of any size', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  await migrate(made.database, plain);

  for (const bytes of [3_000, 100_000, 2_000_000]) {
    const text = randomBytes(bytes).toString('base64');
    await made.database.run(
      { text: 'INSERT INTO salt_events (tag, data, master_id) VALUES ($1, $2, $3)' },
      [text, text, 'm'],
    );
    const { rows } = await made.database.run(
      { text: 'SELECT data = $1 AS "isSame" FROM salt_events WHERE tag = $1' },
      [text],
    );
    assert.deepEqual(rows, [{ isSame: true }]);
  }
});

test('a second row of a job is no error and changes nothing, whatever the statement', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, plain);
  const { database } = made;

  assert.equal((await database.run({ text: insertJob(jid) })).rowCount, 1);
  const other = insertJob(jid).replace('test.ping', 'test.other');
  assert.equal((await database.run({ text: other })).rowCount, 0);
  const conflict = 'ON CONFLICT (jid) DO NOTHING RETURNING jid';
  assert.equal((await database.run({ text: insertJob(jid, conflict) })).rowCount, 0);
  const another = await database.run({ text: insertJob('20240102030405678902', conflict) });
  assert.deepEqual(another.rows, [{ jid: '20240102030405678902' }]);
  const line = (id: string): string =>
    `${id}\t2024-01-02 00:00:00+00\tg\tc\t*\t{}\t\tr\t[]\tcopied\n`;
  await database.session(async (session) =>
    session.copyIn(
      'COPY jids FROM STDIN',
      (async function* lines() {
        yield line(jid) + line('20240102030405678903') + line('20240102030405678903');
      })(),
    ),
  );
  const { rows } = await database.run({ text: 'SELECT jid, fun FROM jids ORDER BY jid' });
  assert.deepEqual(rows, [
    { jid, fun: 'test.ping' },
    { jid: '20240102030405678902', fun: 'test.ping' },
    { jid: '20240102030405678903', fun: 'copied' },
  ]);
});

test('of two sessions that store the same new job at once the second waits and does no harm', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, plain);
  for (const end of ['COMMIT', 'ROLLBACK']) {
    await made.cache.sql('TRUNCATE public.jids');
    await withClient(made.cache.conninfo(), async (first) => {
      await first.query('BEGIN');
      await first.query(insertJob(jid));
      const second = withClient(made.cache.conninfo(), async (client) =>
        client.query(insertJob(jid).replace('test.ping', 'test.second')),
      );
      await until('the second session waits', async () => {
        const row = await made.one(
          `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return Number(row['n']) > 0;
      });
      await first.query(end);
      assert.equal((await second).rowCount, end === 'COMMIT' ? 0 : 1);
    });
    assert.deepEqual(await made.cache.sql('SELECT fun FROM public.jids'), [
      { fun: end === 'COMMIT' ? 'test.ping' : 'test.second' },
    ]);
  }
});

test('many sessions that store the same jobs at once store each once, without an error', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, plain);
  const jids = Array.from({ length: 40 }, (_, at) => `202401020304056789${10 + at}`);

  const counts = await Promise.all(
    Array.from({ length: 6 }, async () =>
      withClient(made.cache.conninfo(), async (client) => {
        let stored = 0;
        for (const one of jids) stored += (await client.query(insertJob(one))).rowCount ?? 0;
        return stored;
      }),
    ),
  );

  assert.equal(
    counts.reduce((sum, one) => sum + one, 0),
    jids.length,
  );
});

test('jids.started is the time of the job id, whatever the zone of the session', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, plain);
  for (const [at, zone] of ['Asia/Kolkata', 'America/New_York', 'UTC'].entries()) {
    const one = `2024010203040567890${at}`;
    await withClient(made.cache.conninfo(), async (client) => {
      await client.query(`SET timezone = '${zone}'`);
      await client.query(insertJob(one));
    });
    const row = await made.one(
      `SELECT to_char(started AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') AS started FROM public.jids WHERE jid = '${one}'`,
    );
    assert.equal(row['started'], one);
  }
});

test('an id that is no time keeps the time it was given', async () => {
  await using made = await withDatabase(server);
  await migrate(made.database, plain);
  for (const odd of ['req', '20241302030405678901', '99999999999999999999', '']) {
    await made.database.run({ text: insertJob(odd) });
    const row = await made.one(
      `SELECT started = '2024-01-02 03:04:05.678901+00' AS "isKept" FROM public.jids WHERE jid = '${odd}'`,
    );
    assert.deepEqual(row, { isKept: true }, odd);
  }
  // 30 February is two days after the 28th, or one after the 29th, and no error.
  await made.database.run({ text: insertJob('20240230030405678901') });
});

test('new sessions of the role are in UTC', async () => {
  await using made = await withDatabase(server);
  await made.cache.sql(`ALTER ROLE ${made.cache.user} SET timezone = 'Asia/Kolkata'`);
  await migrate(made.database, plain);

  const zone = await withClient(made.cache.conninfo(), async (client) =>
    client.query('SHOW timezone'),
  );

  assert.deepEqual(zone.rows, [{ TimeZone: 'UTC' }]);
});

test('what an interrupted CREATE INDEX left is made anew, and its table is read meanwhile', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  await made.cache.sql('CREATE INDEX jids_started_idx ON public.jids (started)');
  await made.cache.sql(
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.jids_started_idx'::regclass`,
  );

  const did = await migrate(made.database, plain);

  assert.ok(
    did.includes('took away index jids_started_idx, which an interrupted run had left unfinished'),
  );
  assert.deepEqual(
    await made.one(
      `SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = 'public.jids_started_idx'::regclass`,
    ),
    { isValid: true },
  );
});

test('two units that migrate an old database at once do each step once', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  const both = await Promise.all([migrate(made.database, plain), migrate(made.database, plain)]);

  const all = both.flat();
  assert.equal(new Set(all).size, all.length);
  assert.ok(all.includes('created index jids_started_idx'));
  assert.deepEqual(await migrate(made.database, plain), []);
});

test('while a long transaction holds a table, writers go on, and the migration waits for its end', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  await withClient(made.cache.conninfo(), async (holder) => {
    await holder.query('BEGIN');
    await holder.query(insertJob(jid));
    const migration = migrate(made.database, plain);
    const blocked = async (): Promise<boolean> => {
      const row = await made.one(
        `SELECT count(*)::int AS n FROM pg_stat_activity
          WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE TRIGGER%' AND datname = current_database()`,
      );
      return Number(row['n']) > 0;
    };
    await until('the migration waits', blocked);
    // The next one waits for the lock of the trigger, which gives up soon and lets it pass.
    await withClient(made.cache.conninfo(), async (writer) => {
      await writer.query(`SET lock_timeout = '5s'`);
      for (let at = 0; at < 20; at += 1)
        await writer.query(insertJob(`202401020304056789${10 + at}`));
    });
    await holder.query('COMMIT');
    assert.ok((await migration).length > 0);
  });
});

test('a big table is left for later where time is short, and made up for afterwards', async () => {
  await using made = await withDatabase(server);
  await makeSaltsOwnSchema(made.cache);
  await made.cache.sql(insertJob(jid).replace('jids', 'public.jids'));

  const first = await migrate(made.database, {
    readers: [],
    partitions: true,
    limitBytes: 100,
  });
  const second = await migrate(made.database, plain);

  assert.ok(first.includes('left index jids_started_idx for later'));
  assert.ok(first.includes('left table jids in one piece for later'));
  assert.ok(second.includes('created index jids_started_idx'));
});
