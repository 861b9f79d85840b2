// Making Salt's tables in a real database, whatever is there before.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { queryAs } from '../../adapters/pg/with-postgres.ts';
import { saltsOwnSchema } from '../with-database.ts';
import { password, startServer, withJobCache } from './with-job-cache.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

/** What is said of an empty database. */
const allMade = (user: string): readonly string[] => [
  'created table jids',
  'created table salt_returns',
  'created table salt_events',
  'created table salt_jid_reservations',
  'created table salt_spools',
  'let a second row of a job do no harm, and jids.started tell the time of the job id',
  `set the time zone of role ${user} in database ${user} to UTC`,
];

test('an empty database gets the tables, owned by its user, with its indexes', async () => {
  await using cache = await withJobCache(server);

  const answer = await cache.ask({ command: 'migrate' });

  assert.deepEqual(answer, {
    ok: true,
    did: allMade(cache.user),
    problem: null,
  });
  const owners = await cache.sql(
    `SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'`,
  );
  assert.deepEqual(owners, [{ tableowner: cache.user }]);
  const indexes = await cache.sql(
    `SELECT indexname::text AS name FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`,
  );
  assert.deepEqual(
    indexes.map(({ name }) => name),
    [
      'jids_fun_jid_idx',
      'jids_pkey',
      'jids_started_idx',
      'jids_tgt_jid_idx',
      'jids_username_jid_idx',
      'salt_events_alter_time_idx',
      'salt_events_id_idx',
      'salt_events_master_id_idx',
      'salt_events_tag_start_idx',
      'salt_jid_reservations_pkey',
      'salt_returns_added_idx',
      'salt_returns_failed_idx',
      'salt_returns_fun_idx',
      'salt_returns_id_idx',
      'salt_returns_id_jid_idx',
      'salt_returns_jid_idx',
      'salt_spools_pkey',
    ],
  );
});

test('a complete database is left as it is, rows and all, however often it is asked', async () => {
  await using cache = await withJobCache(server);
  await cache.ask({ command: 'migrate' });
  await cache.sql(
    `INSERT INTO public.salt_returns (fun, jid, return, id) VALUES ('test.ping', '20240102030405678901', '{}', 'web1')`,
  );
  const oids = `SELECT string_agg(oid::text, ',' ORDER BY oid) AS oids FROM pg_class WHERE relnamespace = 'public'::regnamespace`;
  const before = await cache.sql(oids);

  const answer = await cache.ask({ command: 'migrate' });

  assert.deepEqual(answer, { ok: true, did: [], problem: null });
  assert.deepEqual(await cache.sql(oids), before);
  assert.deepEqual(await cache.sql('SELECT id FROM public.salt_returns'), [{ id: 'web1' }]);
});

test('tables made by hand as Salt documents them are used, and only what is missing is made', async () => {
  await using cache = await withJobCache(server);
  for (const statement of saltsOwnSchema) await cache.sql(statement);
  await cache.sql(`GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO ${cache.user}`);
  await cache.sql('DROP TABLE public.salt_events');

  const answer = await cache.ask({ command: 'migrate' });

  assert.equal(answer.did[0], 'created table salt_events');
  assert.match(
    answer.did.at(-1) ?? '',
    /^left table salt_returns as it is, as it belongs to another/,
  );
  assert.equal((await cache.ask({ command: 'check' })).ok, true);
});

test('tables of somebody else that our user may not write are a conflict, not a failure in the middle', async () => {
  await using cache = await withJobCache(server);
  for (const statement of saltsOwnSchema.slice(0, 2)) await cache.sql(statement);

  const { ok, problem } = await cache.ask({ command: 'migrate' });

  assert.equal(ok, false);
  assert.equal(problem?.isTransient, false);
  assert.match(problem?.message ?? '', /Table "jids" belongs to another user, who has to grant/);
  assert.deepEqual(await cache.sql(`SELECT to_regclass('public.salt_events') AS made`), [
    { made: null },
  ]);
});

test('a table of another shape is named with its column, and nothing is made beside it', async () => {
  await using cache = await withJobCache(server);
  await cache.sql('CREATE TABLE public.jids (jid text PRIMARY KEY, arg jsonb, age int NOT NULL)');
  await cache.sql(`ALTER TABLE public.jids OWNER TO ${cache.user}`);
  await cache.sql(`INSERT INTO public.jids VALUES ('mine', '{}', 7)`);

  const { problem } = await cache.ask({ command: 'migrate' });

  assert.equal(problem?.code, 'CONFLICT');
  assert.match(problem.message, /Column "jids"\."arg" is jsonb, but Salt needs text/);
  assert.match(problem.message, /Column "jids"\."age" has to be given/);
  assert.match(problem.message, /Mend or rename them, or ask for another database/);
  assert.deepEqual(await cache.sql('SELECT jid, age FROM public.jids'), [{ jid: 'mine', age: 7 }]);
  assert.deepEqual(await cache.sql(`SELECT to_regclass('public.salt_events') AS made`), [
    { made: null },
  ]);
});

test('a view under the name of a table is a conflict', async () => {
  await using cache = await withJobCache(server);
  await cache.sql('CREATE VIEW public.salt_returns AS SELECT 1 AS jid');

  const { problem } = await cache.ask({ command: 'migrate' });

  assert.match(problem?.message ?? '', /"salt_returns" is there already and is no table/);
});

test('several units at once make each table once', async () => {
  await using cache = await withJobCache(server);

  const answers = await Promise.all(
    Array.from({ length: 4 }, async () => cache.ask({ command: 'migrate' })),
  );

  assert.ok(answers.every(({ ok }) => ok));
  assert.deepEqual(answers.flatMap(({ did }) => did).sort(), [...allMade(cache.user)].sort());
});

test('members of a reader role may read the tables and not write them; a role that is not there is told', async () => {
  await using cache = await withJobCache(server);
  await cache.sql(`CREATE ROLE "Odd reader ${cache.user}"`);
  await cache.sql(
    `CREATE ROLE viewer_${cache.user} LOGIN PASSWORD '${password}' IN ROLE "Odd reader ${cache.user}"`,
  );
  await cache.sql(`GRANT CONNECT ON DATABASE ${cache.user} TO viewer_${cache.user}`);

  const answer = await cache.ask({
    command: 'migrate',
    readers: [`Odd reader ${cache.user}`, 'nobody'],
  });

  assert.equal(answer.ok, true);
  assert.equal(answer.did.at(-1), 'did not let role nobody read: PostgreSQL does not have it');
  const { host, port } = server;
  const login = { host, port, user: `viewer_${cache.user}`, password, database: cache.user };
  assert.deepEqual(await queryAs(login, 'SELECT count(*)::int AS rows FROM jids'), [{ rows: 0 }]);
  await assert.rejects(queryAs(login, 'DELETE FROM jids'), { code: '42501' });
});

test('T26: a user that may not create tables is told so by PostgreSQL, and nothing is half made', async () => {
  await using cache = await withJobCache(server);
  await cache.sql(`REVOKE CREATE ON SCHEMA public FROM ${cache.user}`);

  const { ok, problem } = await cache.ask({ command: 'migrate' });

  assert.equal(ok, false);
  assert.equal(problem?.code, '42501');
  assert.match(problem.message, /^PostgreSQL refused: permission denied for schema public/);
});
