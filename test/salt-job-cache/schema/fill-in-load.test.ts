// One job, told twice: by the event of its publication, which has no keyword arguments, and by its load, which the
// master's own returner stores. Whichever comes first, the row has what both know.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Session } from '#salt-job-cache/src/database/database.ts';
import { writerSetting } from '#salt-job-cache/src/schema/keep-first-jid.ts';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import { createWallClock } from '#salt-job-cache/adapters/wall-clock.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { until } from '../ingest/with-ingestion.ts';
import { startServer } from '../program/with-job-cache.ts';
import type { CacheDatabase } from '../with-database.ts';
import { withDatabase } from '../with-database.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const jid = '20240102030405678901';
const kwargs = "{'show_jid': False}";

const row = (id: string, load: string, ret: string): string =>
  `INSERT INTO jids (jid, started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
   VALUES ('${id}', '2024-01-02 03:04:05.678901+00', 'glob', 'publish', '*', '${load.replaceAll("'", "''")}', '${ret}',
     'root', '[]', 'test.ping')`;

/** As the service stores it. */
async function storeEvent(session: Session, id: string): Promise<void> {
  await session.run({ text: `SELECT set_config('${writerSetting}', 'own', true)` });
  await session.run({ text: `${row(id, 'None', 'None')} ON CONFLICT DO NOTHING` });
}

/** As Salt's own module does it. */
const storeLoad = async (made: CacheDatabase, id: string, load = kwargs): Promise<unknown> =>
  made.database.transaction(async (session) => session.run({ text: row(id, load, 'r') }));

async function migrated(partitions = false): Promise<CacheDatabase> {
  const made = await withDatabase(server);
  await migrate(made.database, { readers: [], partitions });
  return made;
}

const stored = async (made: CacheDatabase): Promise<unknown> =>
  made.cache.sql('SELECT jid, kwargs, ret FROM public.jids ORDER BY jid');

for (const partitions of [false, true]) {
  const tables = partitions ? 'partitioned tables' : 'tables';
  test(`in ${tables} the load fills in what the event did not tell, and the event takes nothing from it`, async () => {
    await using made = await migrated(partitions);
    const [first, second] = [jid, '20240102030405678902'];

    await made.database.transaction(async (session) => storeEvent(session, first));
    await storeLoad(made, first);
    await storeLoad(made, second);
    await made.database.transaction(async (session) => storeEvent(session, second));
    // A return comes with a load of its own, and another job of the same id is none of ours.
    await storeLoad(made, first, 'None');
    await storeLoad(made, first, "{'other': 1}");

    assert.deepEqual(await stored(made), [
      { jid: first, kwargs, ret: 'r' },
      { jid: second, kwargs, ret: 'r' },
    ]);
  });
}

test('a load that waits for the event’s transaction fills in what that leaves', async () => {
  await using made = await migrated();
  for (const end of ['COMMIT', 'ROLLBACK']) {
    await made.cache.sql('TRUNCATE public.jids');
    await made.database.session(async (session) => {
      await session.run({ text: 'BEGIN' });
      await storeEvent(session, jid);
      const load = storeLoad(made, jid);
      await until(
        'a session that waits',
        async () =>
          made.cache.sql(
            `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = '${made.cache.user}'`,
          ),
        (waiting) => waiting.length === 1,
      );
      await session.run({ text: end });
      await load;
    });
    assert.deepEqual(await stored(made), [{ jid, kwargs, ret: 'r' }]);
  }
});

test('many events and loads at once leave every row whole', async () => {
  await using made = await migrated();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('event', 'load'), { minLength: 2, maxLength: 8 }),
      async (order) => {
        await made.cache.sql('TRUNCATE public.jids');
        const kinds = [...order, 'event', 'load'];

        await Promise.all(
          kinds.map(async (kind) =>
            kind === 'load'
              ? storeLoad(made, jid)
              : made.database.transaction(async (session) => storeEvent(session, jid)),
          ),
        );

        assert.deepEqual(await stored(made), [{ jid, kwargs, ret: 'r' }]);
      },
    ),
    { numRuns: 25 },
  );
});

test('the library fills in as well, one load or many', async () => {
  await using made = await migrated();
  const cache = new PostgresLocalCache(made.database, {
    masterId: 'host_master',
    clock: createWallClock(),
  });
  const jids = Array.from({ length: 9 }, (_, index) => `2024010203040567890${index}`);
  for (const id of jids) {
    await made.database.transaction(async (session) => storeEvent(session, id));
  }
  const load = { fun: 'test.ping', tgt: '*', cmd: 'publish', ret: 'r', user: 'root', arg: [] };

  await Promise.all(
    [...jids, ...jids].map(async (id) =>
      cache.saveLoad(id, { ...load, kwargs: { show_jid: false } }),
    ),
  );

  assert.deepEqual(
    await stored(made),
    jids.map((id) => ({ jid: id, kwargs, ret: 'r' })),
  );
});

test('who may not change rows still does no harm', async () => {
  await using made = await migrated();
  await made.database.transaction(async (session) => storeEvent(session, jid));
  const writer = `${made.cache.user}_writer`;
  await made.cache.sql(
    `CREATE ROLE ${writer}; GRANT SELECT, INSERT, DELETE ON public.jids TO ${writer};
     GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO ${writer}`,
  );
  try {
    await made.cache.sql(
      `SET ROLE ${writer}; ${row(jid, kwargs, 'r').replace('INTO ', 'INTO public.')}; RESET ROLE`,
    );

    assert.deepEqual(await stored(made), [{ jid, kwargs: 'None', ret: 'None' }]);
  } finally {
    await made.cache.sql(`RESET ROLE; DROP OWNED BY ${writer}; DROP ROLE ${writer}`);
  }
});
