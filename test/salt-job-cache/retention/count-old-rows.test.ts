// What a database that was there before holds beyond the limits, as the charm's program tells it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer, withJobCache } from '../program/with-job-cache.ts';
import { saltsOwnSchema } from '../with-database.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

const keep = { keepJobsSeconds: 86_400, keepEventsSeconds: 86_400 };
const none = { jobs: 0, returns: 0, events: 0 };

test('tables that were just made hold nothing old', async () => {
  await using cache = await withJobCache(server);

  assert.deepEqual((await cache.ask({ command: 'migrate', keep })).old, none);
  assert.equal((await cache.ask({ command: 'migrate' })).old, undefined, 'nobody asked');
});

test('jobs, returns and events beyond their limit are counted, and what has only just expired is not', async () => {
  await using cache = await withJobCache(server);
  for (const statement of saltsOwnSchema) await cache.sql(statement);
  for (const table of ['jids', 'salt_returns', 'salt_events']) {
    await cache.sql(`ALTER TABLE public.${table} OWNER TO ${cache.user}`);
  }
  await cache.sql(
    `INSERT INTO public.jids SELECT to_char(at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), at, '', '', '', '', '', '', '', ''
       FROM (SELECT now() - make_interval(hours => hours) - interval '30 min' AS at
               FROM generate_series(0, 47) AS hours) AS times`,
  );
  await cache.sql(
    `INSERT INTO public.salt_returns SELECT started, 'f', jid, '{}', 'web1', true FROM public.jids, generate_series(1, 2)`,
  );
  await cache.sql(
    `INSERT INTO public.salt_events (tag, data, alter_time, master_id) SELECT '', '', started, '' FROM public.jids`,
  );

  // Of 0.5 h, 1.5 h, …, 47.5 h those from 25.5 h on: 24.5 h is within the hour of grace.
  assert.deepEqual((await cache.ask({ command: 'migrate', keep })).old, {
    jobs: 23,
    returns: 46,
    events: 23,
  });
  const forEver = { keepJobsSeconds: 0, keepEventsSeconds: Number.MAX_SAFE_INTEGER };
  assert.deepEqual((await cache.ask({ command: 'migrate', keep: forEver })).old, none);
});
