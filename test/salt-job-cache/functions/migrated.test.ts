// The default mode on tables that were migrated, where a trigger stands in for Salt's own module.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import { startServer } from '../program/with-job-cache.ts';
import { load } from './job-cache-calls.ts';
import { seededCache } from './seed-schema.ts';

test('writes jobs without the trigger’s help, one or many, and leaves the first load', async () => {
  await using server = await startServer();
  await using seeded = await seededCache(server);
  await migrate(seeded.database, { readers: [] });
  const cache = seeded.cache();
  const jids = Array.from({ length: 9 }, (_, index) => `2024010203040567890${index}`);

  await Promise.all([...jids, ...jids].map(async (jid) => cache.saveLoad(jid, load)));
  await cache.saveLoad('20240102030405678900', { ...load, tgt: 'other' });

  // The trigger puts a row in, takes it out, and lets it be put in again: places would be left free.
  assert.deepEqual(await seeded.rows('SELECT ctid::text, jid, tgt FROM jids ORDER BY ctid'), [
    ...jids.map((jid, index) => [`(0,${index + 1})`, jid, '*']),
  ]);
  const compatible = seeded.cache({ mode: 'compatible' });
  assert.equal(await compatible.saveLoad('20240102030405678900', load), null);
});
