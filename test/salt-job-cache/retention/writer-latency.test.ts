// Deletes many expired jobs beside a writer, and reports how long the writer waited. EXPIRED_JOBS sets how many
// there are: 1000000 takes minutes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import { cleanOldJobs } from '#salt-job-cache/src/retention/clean-old-jobs.ts';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import type { CacheDatabase } from '../with-database.ts';
import { withDatabase } from '../with-database.ts';

const expired = Number(process.env['EXPIRED_JOBS'] ?? 10_000);

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const now = (): bigint => BigInt(Date.now()) * 1000n;

async function fill({ cache }: CacheDatabase): Promise<void> {
  await cache.sql(`SET salt_job_cache.writer = 'own'`);
  await cache.sql(`
    INSERT INTO public.jids (jid, started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
    SELECT to_char(t AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), t, 'glob', 'publish', '*', '{}', '', 'root', '[]', 'test.ping'
      FROM (SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 s' AS t FROM generate_series(1, ${expired}) i) x`);
  await cache.sql(`
    INSERT INTO public.salt_returns (fun, jid, return, id, success)
    SELECT 'test.ping', jid, '{"return": true}', 'web' || i, true FROM public.jids, generate_series(1, 2) i`);
}

/** Stores one job after another; how long each took, in milliseconds. */
async function write({ database }: CacheDatabase, signal: AbortSignal): Promise<readonly number[]> {
  const took: number[] = [];
  while (!signal.aborted) {
    const jid = jidOf(now() + BigInt(took.length % 1000));
    const began = performance.now();
    await database.transaction(async (session) => {
      await session.run(
        {
          text: `INSERT INTO jids (jid, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
                 VALUES ($1, 'glob', 'publish', '*', '{}', '', 'root', '[]', 'test.ping')`,
        },
        [jid],
      );
      await session.run(
        {
          text: `INSERT INTO salt_returns (fun, jid, return, id, success)
                 VALUES ('test.ping', $1, '{"return": true}', 'web1', true)`,
        },
        [jid],
      );
    });
    took.push(performance.now() - began);
  }
  return took.toSorted((one, other) => one - other);
}

for (const partitions of [false, true]) {
  const where = partitions ? 'an expired partition' : 'plain tables';

  test(`${where}: jobs beside a writer go without an error, and every job it stored stays`, async (t) => {
    await using made = await withDatabase(server);
    await migrate(made.database, { readers: [], partitions });
    if (partitions) {
      for (const table of ['jids', 'salt_returns']) {
        await made.database.run({
          text: `CREATE TABLE ${table}_old PARTITION OF ${table} FOR VALUES FROM ('20260101000000') TO ('20260201000000')`,
        });
      }
    }
    await fill(made);
    const stop = new AbortController();
    const writer = write(made, stop.signal);
    const began = performance.now();

    const limits = { keepJobsSeconds: 3600, keepJobs: 0 };
    const cleaned = await cleanOldJobs(made.database, limits, { clock: { nowMicros: now } });

    const seconds = (performance.now() - began) / 1000;
    stop.abort();
    const took = await writer;
    const at = (part: number): string =>
      (took[Math.floor((took.length - 1) * part)] ?? 0).toFixed(1);
    t.diagnostic(
      `${expired} jobs in ${seconds.toFixed(1)} s; ${took.length} transactions of the writer: ` +
        `median ${at(0.5)} ms, 99 % ${at(0.99)} ms, longest ${at(1)} ms`,
    );
    assert.equal(cleaned.partitions > 0, partitions);
    assert.equal(cleaned.jobs, partitions ? 0 : expired);
    const left = await made.one('SELECT count(*)::int AS jobs FROM public.jids');
    assert.ok(Number(left['jobs']) > 0 && Number(left['jobs']) <= took.length);
  });
}
