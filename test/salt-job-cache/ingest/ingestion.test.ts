import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:net';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { migratedJobCache, startServer, withJobCache } from '../program/with-job-cache.ts';
import { crashServer, startCrashedServer } from '../service/crash-server.ts';
import { frameOf, newJobFrame, returnFrame } from './bus-stand-in.ts';
import type { Running } from './with-ingestion.ts';
import { startIngestion, until, withDirectory } from './with-ingestion.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const jid = '20261120171330184721';

async function connected({ ingestion, bus }: Running): Promise<void> {
  await bus.joined();
  await until(
    'a connection to the bus',
    () => ingestion.status(0).connected,
    (is) => is,
  );
}

async function stored({ ingestion }: Running, returns: number): Promise<void> {
  await until(
    `${returns} stored returns`,
    () => ingestion.status(Date.now()),
    (status) => status.stored.returns >= returns,
  );
}

async function count(cache: JobCache, table: string): Promise<number> {
  await using session = await cache.server.session(cache.user);
  return Number((await session.query(`SELECT count(*) AS n FROM public.${table}`))[0]?.['n']);
}

test('jobs, returns and events of the bus become rows', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
    config: { events: { allow: ['salt/job/*'], deny: [] } },
  });
  await connected(running);

  await running.bus.publish(newJobFrame(jid, ['web1']));
  await running.bus.publish(
    returnFrame(jid, 'web1', { return: { a: ['ä', 1.5, null, '\u0000'] } }),
  );
  await running.bus.publish(frameOf('salt/auth', { act: 'accept' }));
  await stored(running, 1);

  const [row] = await cache.sql('SELECT fun, jid, return, id, success FROM public.salt_returns');
  assert.deepEqual(row, {
    fun: 'test.ping',
    jid,
    return: '{"return": {"a": ["ä", 1.5, null, "\\u0000"]}, "retcode": 0, "success": true}',
    id: 'web1',
    success: true,
  });
  const jobs = await cache.sql(
    `SELECT jid, cmd, started = '2026-11-20 17:13:30.184721+00' AS exact FROM public.jids`,
  );
  assert.deepEqual(jobs, [{ jid, cmd: 'publish', exact: true }]);
  const events = await cache.sql('SELECT tag, master_id FROM public.salt_events ORDER BY tag');
  assert.deepEqual(
    events.map((event) => event['tag']),
    [`salt/job/${jid}/new`, `salt/job/${jid}/ret/web1`],
  );
  assert.deepEqual(running.problems.current, []);
});

test('what comes while the database is away waits on the spool, and is stored once it is back', async () => {
  await using own = await startServer();
  await using cache = await withJobCache(own);
  await cache.ask({ command: 'migrate' });
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
  });
  await connected(running);
  await running.bus.publish(returnFrame(jid, 'web1'));
  await stored(running, 1);
  await crashServer(own);

  for (let number = 2; number <= 500; number += 1) {
    await running.bus.publish(returnFrame(jid, `web${number}`));
  }
  const away = await until(
    'the problem',
    () => ({ ...running.ingestion.status(Date.now()), problems: running.problems.current }),
    ({ problems, accepted }) => problems.length > 0 && accepted.returns === 500,
  );
  assert.deepEqual(
    away.problems.map(({ kind }) => kind),
    ['database-away'],
  );
  assert.equal(away.waiting, 499);
  await startCrashedServer(own);
  await stored(running, 500);

  assert.equal(await count(cache, 'salt_returns'), 500);
  assert.deepEqual(running.problems.current, []);
});

test('the next run stores what the last one could not', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  const nowhere = cache.conninfo({ port: 1 });
  {
    await using running = await startIngestion({ directory: directory.path, conninfo: nowhere });
    await connected(running);
    await running.bus.publish(returnFrame(jid, 'web1'));
    await until(
      'acceptance',
      () => running.ingestion.status(0).accepted.returns,
      (n) => n === 1,
    );
    const before = Date.now();
    await running.stop(200);
    assert.ok(Date.now() - before < 10_000, 'it ends although the database is away');
  }
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
  });
  await stored(running, 1);

  assert.equal(await count(cache, 'salt_returns'), 1);
  assert.equal(running.ingestion.status(0).accepted.returns, 1);
});

test('a start while the database is away tells how much waits, and since when', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  {
    await using running = await startIngestion({
      directory: directory.path,
      conninfo: cache.conninfo(),
    });
    await connected(running);
    for (let number = 1; number <= 5; number += 1) {
      await running.bus.publish(returnFrame(jid, `web${number}`));
      await stored(running, number);
    }
    await running.stop();
  }
  const nowhere = cache.conninfo({ port: 1 });
  {
    await using running = await startIngestion({ directory: directory.path, conninfo: nowhere });
    const idle = running.ingestion.status(Date.now());
    assert.deepEqual([idle.stored.returns, idle.waiting, idle.lagSeconds], [5, 0, 0]);
    await connected(running);
    await running.bus.publish(returnFrame(jid, 'web6'));
    await until(
      'a lag',
      () => running.ingestion.status(Date.now()),
      ({ waiting, lagSeconds }) => waiting === 2 && lagSeconds > 0,
    );
    await running.stop(0);
  }
  await using running = await startIngestion({ directory: directory.path, conninfo: nowhere });

  const status = running.ingestion.status(Date.now() + 60_000);

  // The return, and the row of its job, which this run had not seen.
  assert.deepEqual([status.accepted.returns, status.waiting], [6, 2]);
  assert.ok(status.lagSeconds >= 60, String(status.lagSeconds));
});

test('what a failover lost of stored rows is stored again from the spool', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
  });
  await connected(running);
  for (let number = 1; number <= 5; number += 1) {
    await running.bus.publish(returnFrame(jid, `web${number}`));
    await stored(running, number);
  }

  // As on a standby that had not received the last transactions when it was promoted.
  await cache.sql(`DELETE FROM public.salt_returns WHERE id IN ('web4', 'web5')`);
  await cache.sql('UPDATE public.salt_spools SET batch = 3');
  await cache.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${cache.user}'`,
  );
  await running.bus.publish(returnFrame(jid, 'web6'));
  await stored(running, 6);

  const rows = await cache.sql('SELECT id FROM public.salt_returns ORDER BY id');
  assert.deepEqual(
    rows.map((row) => row['id']),
    ['web1', 'web2', 'web3', 'web4', 'web5', 'web6'],
  );
});

test('a restart of the Salt master is a gap that is told, and nothing more', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
  });
  await connected(running);
  await running.bus.publish(returnFrame(jid, 'web1'));
  await stored(running, 1);

  await running.bus.stop();
  await until(
    'the problem',
    () => running.problems.has('bus-away'),
    (is) => is,
  );
  await running.bus.start();
  await connected(running);
  await running.bus.publish(returnFrame(jid, 'web2'));
  await stored(running, 2);

  assert.equal(running.ingestion.status(0).gaps, 1);
  assert.deepEqual(running.problems.current, []);
});

test('a stream that is no event bus is given up and begun anew', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
  });
  await connected(running);

  await running.bus.publish(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await until(
    'the gap',
    () => running.ingestion.status(0).gaps,
    (gaps) => gaps === 1,
  );
  await connected(running);
  await running.bus.publish(returnFrame(jid, 'web1'));
  await stored(running, 1);

  assert.ok(running.lines.some(({ message }) => message.includes('no message of Salt')));
});

test('a return the database refuses stands in the file of rejected rows, and holds up nothing', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
  });
  await connected(running);
  const long = Array.from({ length: 4000 }, (_, at) =>
    String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000)),
  ).join('');

  await running.bus.publish(returnFrame(jid, 'web1'));
  await running.bus.publish(returnFrame(jid, long));
  await running.bus.publish(returnFrame(jid, 'web\u00002'));
  await running.bus.publish(returnFrame(jid, 'web3'));
  await stored(running, 3);

  assert.equal(await count(cache, 'salt_returns'), 2);
  assert.equal(running.ingestion.status(0).rejected, 2);
  const file = await until(
    'both lines',
    async () => readFile(join(directory.path, 'spool', 'rejected.ndjson'), 'utf8'),
    (text) => text.split('\n').length === 3,
  );
  assert.match(file, /54000/u);
  assert.match(file, /U\+0000/u);
});

test('a full spool loses what comes, says so, and goes on once there is room', async () => {
  await using own = await startServer();
  await using cache = await withJobCache(own);
  await cache.ask({ command: 'migrate' });
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
    config: { spoolLimitBytes: 8 * 1024 * 1024 },
  });
  await connected(running);
  await crashServer(own);

  const large = 'x'.repeat(100_000);
  let sent = 0;
  while (running.ingestion.status(0).lost === 0 && sent < 1000) {
    await running.bus.publish(returnFrame(jid, `web${sent}`, { return: large }));
    sent += 1;
  }
  const full = running.ingestion.status(0);
  assert.ok(full.lost > 0, `nothing was lost of ${sent}`);
  assert.ok(full.spoolBytes <= 8 * 1024 * 1024);
  assert.ok(running.problems.has('spool-full'));
  await startCrashedServer(own);
  await until(
    'room',
    () => running.problems.current,
    (problems) => problems.length === 0,
  );
  await running.bus.publish(returnFrame(jid, 'after'));
  const end = await until(
    'an empty spool',
    () => running.ingestion.status(0),
    (status) => status.waiting === 0 && status.received === sent + 1,
  );

  await until(
    'all rows',
    async () => count(cache, 'salt_returns'),
    (rows) => rows === sent + 1 - end.lost,
  );
});

test('a return of many megabytes is stored as it is', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: cache.conninfo(),
  });
  await connected(running);
  const large = 'line\n"ä"\\'.repeat(2_000_000);

  await running.bus.publish(returnFrame(jid, 'web1', { return: large }));
  await running.bus.publish(returnFrame(jid, 'web2'));
  await stored(running, 2);

  const [row] = await cache.sql(
    `SELECT length(return::json ->> 'return') AS length FROM public.salt_returns WHERE id = 'web1'`,
  );
  assert.equal(row?.['length'], large.length);
});

test('the bus is always read, so that the Salt master need not keep anything', async () => {
  await using directory = await withDirectory();
  await using running = await startIngestion({
    directory: directory.path,
    conninfo: 'host=127.0.0.1 port=1 dbname=x user=x password=secret-word',
    config: { spoolLimitBytes: 2 * 1024 * 1024 },
  });
  await connected(running);
  const frame = returnFrame(jid, 'web1', { return: 'x'.repeat(50_000) });

  for (let number = 0; number < 400; number += 1) await running.bus.publish(frame);
  const status = await until(
    'all messages',
    () => running.ingestion.status(0),
    (seen) => seen.received === 400,
  );

  assert.ok(status.spoolBytes <= 2 * 1024 * 1024);
  assert.ok(!JSON.stringify([running.lines, running.problems.current]).includes('secret-word'));
  assert.ok(!connect(running.config.socket).destroy().connecting);
});
