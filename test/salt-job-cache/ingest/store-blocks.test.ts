import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import type { Database } from '#salt-job-cache/src/database/database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import type { Block } from '#salt-job-cache/src/ingest/block.ts';
import { CopyBuffer } from '#salt-job-cache/src/ingest/copy-buffer.ts';
import { writeEvent, writeJob, writeReturn } from '#salt-job-cache/src/ingest/event-rows.ts';
import type { RejectedRow } from '#salt-job-cache/src/ingest/store-blocks.ts';
import {
  OutOfStepError,
  storeBlocks,
  storedBatch,
} from '#salt-job-cache/src/ingest/store-blocks.ts';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { migratedJobCache, startServer } from '../program/with-job-cache.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

interface UnderTest extends AsyncDisposable {
  readonly cache: JobCache;
  readonly database: Database;
  readonly spool: string;
  readonly rejected: RejectedRow[];
  store(stored: number, ...blocks: readonly [Block, ...(readonly Block[])]): Promise<number>;
  count(table: string): Promise<number>;
}

async function storeUnderTest(): Promise<UnderTest> {
  const cache = await migratedJobCache(server);
  const database = await openDatabase(targetOf(cache.conninfo()), { connections: 2 });
  const spool = randomUUID();
  const rejected: RejectedRow[] = [];
  return {
    cache,
    database,
    spool,
    rejected,
    store: async (stored, ...blocks) =>
      storeBlocks(database, { spool, stored }, blocks, async (rows) => {
        rejected.push(...rows);
        await Promise.resolve();
      }),
    count: async (table) =>
      Number((await cache.sql(`SELECT count(*) AS n FROM public.${table}`))[0]?.['n']),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}

interface Rows {
  readonly jobs?: readonly string[];
  /** Minions. */
  readonly returns?: readonly string[];
  readonly events?: readonly string[];
}

const jid = '20240102030405678901';

function block(batch: number, { jobs = [], returns = [], events = [] }: Rows): Block {
  const buffers = { jobs: new CopyBuffer(), returns: new CopyBuffer(), events: new CopyBuffer() };
  for (const job of jobs) {
    const texts = { tgtType: 'glob', cmd: 'publish', tgt: "it's\t*\\", kwargs: 'None', ret: '' };
    const started = '2024-01-02 03:04:05.678901+00';
    writeJob(
      { jid: job, started, ...texts, username: 'ä', arg: '["x\\n"]', fun: 'test.ping' },
      buffers.jobs,
    );
  }
  for (const id of returns) {
    writeReturn(
      { fun: 'f', jid, return: '{"return": "\\u0000\\\\"}', id, success: null },
      buffers.returns,
    );
  }
  for (const tag of events) writeEvent({ tag, data: '{}', masterId: 'm' }, buffers.events);
  const rows = { jobs: jobs.length, returns: returns.length, events: events.length };
  return {
    batch,
    closedAtMs: 0,
    rows,
    total: rows,
    jobs: buffers.jobs.content(),
    returns: buffers.returns.content(),
    events: buffers.events.content(),
  };
}

test('stores rows of all tables as they are, together with how far the spool is', async () => {
  await using under = await storeUnderTest();

  const refused = await under.store(
    0,
    block(1, { jobs: [jid, jid], returns: ['web1', 'web2'], events: ['a'] }),
    block(2, { returns: ['web\t\\3'] }),
  );

  assert.equal(refused, 0);
  assert.equal(await storedBatch(under.database, under.spool), 2);
  const jobs = await under.cache.sql('SELECT tgt, username, arg FROM public.jids');
  assert.deepEqual(jobs, [{ tgt: "it's\t*\\", username: 'ä', arg: '["x\\n"]' }]);
  const returns = await under.cache.sql('SELECT id, return, success FROM public.salt_returns');
  assert.deepEqual(
    returns.map((row) => row['id']),
    ['web1', 'web2', 'web\t\\3'],
  );
  assert.equal(returns[0]?.['return'], '{"return": "\\u0000\\\\"}');
  assert.equal(await under.count('salt_events'), 1);
});

test('blocks that are stored already are not stored again', async () => {
  await using under = await storeUnderTest();
  await under.store(0, block(1, { returns: ['web1'] }));

  await assert.rejects(under.store(0, block(1, { returns: ['web1'] })), OutOfStepError);

  assert.equal(await under.count('salt_returns'), 1);
  await under.store(1, block(2, { returns: ['web2'] }));
  assert.equal(await under.count('salt_returns'), 2);
});

test('the row of a job that is there already stays', async () => {
  await using under = await storeUnderTest();
  await under.cache.sql(
    `INSERT INTO public.jids (jid, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
     VALUES ('${jid}', '', '', 'first', '', '', '', '', '')`,
  );

  await under.store(0, block(1, { jobs: [jid, '20240102030405678902'] }));

  const rows = await under.cache.sql('SELECT jid, tgt FROM public.jids ORDER BY jid');
  assert.deepEqual(rows, [
    { jid, tgt: 'first' },
    { jid: '20240102030405678902', tgt: "it's\t*\\" },
  ]);
});

test('rows the database refuses are set aside, and all others are stored', async () => {
  await using under = await storeUnderTest();
  const isLong = Array.from({ length: 3000 }, (_, index) =>
    String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
  ).join('');
  const minions = Array.from({ length: 40 }, (_, index) => `web${index}`);

  const refused = await under.store(
    0,
    block(1, {
      jobs: ['a jid that is too long for its column', jid],
      returns: [...minions.slice(0, 20), isLong, ...minions.slice(20)],
    }),
    block(2, { returns: ['last'], events: ['tag'] }),
  );

  assert.equal(refused, 2);
  assert.deepEqual(
    under.rejected.map(({ table, batch, sqlstate }) => [table, batch, sqlstate]),
    [
      ['jids', 1, '22001'],
      ['salt_returns', 1, '54000'],
    ],
  );
  assert.ok(under.rejected[1]?.row.includes(isLong));
  assert.equal(await under.count('salt_returns'), 41);
  assert.equal(await under.count('jids'), 1);
  assert.equal(await under.count('salt_events'), 1);
  assert.equal(await storedBatch(under.database, under.spool), 2);
});

test('nothing is stored where rows that are refused can’t be set aside', async () => {
  await using under = await storeUnderTest();
  const bad = block(1, { jobs: ['a jid that is too long for its column'], returns: ['web1'] });
  const progress = { spool: under.spool, stored: 0 };

  const work = storeBlocks(under.database, progress, [bad], async () => {
    await Promise.resolve();
    throw new Error('the disk is full');
  });

  await assert.rejects(work, /the disk is full/u);
  assert.equal(await under.count('salt_returns'), 0);
  assert.equal(await storedBatch(under.database, under.spool), 0);
});

test('a table that is missing is no fault of the rows', async () => {
  await using under = await storeUnderTest();
  await under.cache.sql('DROP TABLE public.salt_returns');

  const work = under.store(0, block(1, { returns: ['web1'] }));

  await assert.rejects(
    work,
    (error) => error instanceof JobCacheError && error.sqlstate === '42P01',
  );
  assert.deepEqual(under.rejected, []);
  assert.equal(await storedBatch(under.database, under.spool), 0);
});

test('of two who store the same blocks at once, one does', async () => {
  await using under = await storeUnderTest();
  const one = block(1, { returns: Array.from({ length: 500 }, (_, index) => `web${index}`) });

  const done = await Promise.allSettled([under.store(0, one), under.store(0, one)]);

  assert.deepEqual(done.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(await under.count('salt_returns'), 500);
});
