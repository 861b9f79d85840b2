import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { BusStandIn, newJobFrame, returnFrame } from '../ingest/bus-stand-in.ts';
import { until, withDirectory } from '../ingest/with-ingestion.ts';
import { migratedJobCache, password, startServer } from '../program/with-job-cache.ts';
import { serviceConfig, withService } from './with-service.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const jid = '20261120171330184721';
const addOldJob = `INSERT INTO public.jids (jid, started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
  VALUES ('20200101000000000000', '2020-01-01', '', '', '', '', '', '', '', '')`;

test('deletes what has expired, and says so', async () => {
  await using cache = await migratedJobCache(server);
  await cache.sql(addOldJob);
  await using directory = await withDirectory();
  const config = serviceConfig(directory.path, cache.conninfo(), {
    ingest: null,
    keepJobsSeconds: 3600,
  });
  await using service = withService(directory.path, config);

  await service.start();
  const status = await until('a round', service.status, (seen) => seen?.lastClean?.jobs === 1);

  assert.equal(status?.ingest, null);
  assert.deepEqual(status?.problems, []);
  assert.equal(status?.database.connected, true);
  assert.deepEqual(await cache.sql('SELECT jid FROM public.jids'), []);
  assert.equal(await service.signal('SIGTERM'), 0);
});

test('stores what it was told before it ends, and its log and status hold no secret', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  const config = serviceConfig(directory.path, cache.conninfo());
  await using bus = new BusStandIn(config.ingest?.socket ?? '');
  await bus.start();
  await using service = withService(directory.path, config);
  await service.start();
  await bus.joined();

  await bus.publish(newJobFrame(jid));
  await bus.publish(
    Buffer.concat(Array.from({ length: 5000 }, (_, at) => returnFrame(jid, `web${at}`))),
  );
  await until('all', service.status, (seen) => (seen?.ingest?.accepted.returns ?? 0) >= 5000);
  assert.equal(await service.signal('SIGTERM'), 0);

  const end = await service.status();
  assert.deepEqual(end?.ingest?.stored, { jobs: 1, returns: 5000, events: 0 });
  assert.equal(end?.ingest?.waiting, 0);
  const [row] = await cache.sql('SELECT count(*) AS n FROM public.salt_returns');
  assert.equal(Number(row?.['n']), 5000);
  const files = await Promise.all(
    (await readdir(directory.path))
      .filter((name) => name === 'status.json')
      .map(async (name) => readFile(join(directory.path, name), 'utf8')),
  );
  assert.ok(![service.log(), ...files].join('').includes(password));
  assert.equal((await stat(config.ingest?.spool ?? '')).mode & 0o777, 0o700);
});

test('waits for a database and a Salt master that are not there yet, and names both', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  const config = serviceConfig(directory.path, cache.conninfo({ port: 1 }));
  await using service = withService(directory.path, config);

  await service.start();
  const status = await until(
    'the problems',
    service.status,
    (seen) => (seen?.problems.length ?? 0) >= 2,
  );

  const kinds = status?.problems.map(({ kind }) => kind) ?? [];
  assert.ok(kinds.includes('bus-away'));
  assert.ok(kinds.includes('database-away'));
  assert.equal(status?.database.connected, false);
  const before = Date.now();
  assert.equal(await service.signal('SIGTERM'), 0);
  assert.ok(Date.now() - before < 15_000, 'it does not wait for them to end');
});

test('a second service on the same spool ends with a reason', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using other = await withDirectory();
  const config = serviceConfig(directory.path, cache.conninfo());
  await using service = withService(directory.path, config);
  await service.start();

  await using second = withService(other.path, {
    ...config,
    statusFile: join(other.path, 'status.json'),
  });
  await assert.rejects(second.start(), /another process works on it/u);
});

test('reads its configuration again on SIGHUP, and keeps the one it has where that can’t be used', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  const config = serviceConfig(directory.path, cache.conninfo());
  await using bus = new BusStandIn(config.ingest?.socket ?? '');
  await bus.start();
  await using service = withService(directory.path, { ...config, ingest: null });
  await service.start();

  await writeFile(service.configFile, '{');
  await service.signal('SIGHUP');
  await until('the refusal', service.log, (log) => log.includes('it is no JSON'));
  await writeFile(service.configFile, JSON.stringify(config));
  await service.signal('SIGHUP');
  await bus.joined();
  await bus.publish(returnFrame(jid, 'web1'));
  await until('a stored return', service.status, (seen) => seen?.ingest?.stored.returns === 1);

  assert.equal(await service.signal('SIGTERM'), 0);
});

test('SIGHUP after SIGHUP never ends it, and the last of them is heeded', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  const config = serviceConfig(directory.path, cache.conninfo(), { ingest: null });
  await using service = withService(directory.path, config);
  await service.start();

  for (let count = 0; count < 40; count += 1) {
    await writeFile(service.configFile, JSON.stringify({ ...config, masterId: `m${count}` }));
    await service.signal('SIGHUP');
  }
  await writeFile(service.configFile, '{');
  await service.signal('SIGHUP');
  await until('the last of them', service.log, (log) => log.includes('it is no JSON'));

  assert.equal(await service.signal('SIGTERM'), 0);
});

test('a configuration that can’t be used is refused with the keys that are wrong', async () => {
  await using directory = await withDirectory();
  const config = serviceConfig(directory.path, 'host=x', { keepJobs: -1 });
  await using service = withService(directory.path, config);

  await assert.rejects(service.start(), /keepJobs has to be a whole number of jobs/u);
});
