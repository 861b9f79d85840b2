// What a bus can bring that is hard to store, and what can happen to the machine meanwhile: everything is stored as
// it is, or set aside with its job and field; nothing is lost, and nothing is there twice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from '@msgpack/msgpack';
import type { Clock } from '#adapters/system/clock.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { migratedJobCache, startServer } from '../program/with-job-cache.ts';
import { crashServer, startCrashedServer } from '../service/crash-server.ts';
import { newJobFrame, returnFrame } from './bus-stand-in.ts';
import type { IngestionSetting, Running } from './with-ingestion.ts';
import { startIngestion, until, withDirectory } from './with-ingestion.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const jid = '20261120171330184721';

async function started(setting: IngestionSetting): Promise<Running> {
  const running = await startIngestion(setting);
  await running.bus.joined();
  await until(
    'a connection to the bus',
    () => running.ingestion.status(0).connected,
    (is) => is,
  );
  return running;
}

async function stored({ ingestion }: Running, returns: number, withinMs?: number): Promise<void> {
  await until(
    `${returns} stored returns`,
    () => ingestion.status(Date.now()),
    (status) => status.stored.returns >= returns && status.waiting === 0,
    withinMs,
  );
}

async function rows(cache: JobCache): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return cache.sql('SELECT id, fun, success, return FROM public.salt_returns ORDER BY id');
}

async function ids(cache: JobCache): Promise<readonly unknown[]> {
  return (await rows(cache)).map((row) => row['id']);
}

interface Rejected {
  readonly tag: string;
  readonly jid: string;
  readonly field: string | null;
  readonly reason: string;
}

async function rejected(running: Running, lines: number): Promise<readonly Rejected[]> {
  const text = await until(
    `${lines} rejected messages`,
    async () => readFile(join(running.config.spool, 'rejected.ndjson'), 'utf8').catch(() => ''),
    (seen) => seen.split('\n').length > lines,
  );
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Rejected);
}

/** A return whose data is the given bytes of MessagePack. */
function rawFrame(id: string, pairs: readonly (readonly [string, Buffer])[]): Buffer {
  const dict = Buffer.concat([
    Buffer.from([0x80 + pairs.length]),
    ...pairs.flatMap(([key, value]) => [Buffer.from(encode(key)), value]),
  ]);
  const body = Buffer.concat([Buffer.from(`salt/job/${jid}/ret/${id}\n\n`), dict]);
  return Buffer.from(encode({ head: {}, body }));
}

const packed = (value: unknown): Buffer => Buffer.from(encode(value));

for (const mode of ['default', 'compatible'] as const) {
  test(`in ${mode} mode odd returns are stored as they are or set aside with job and field`, async () => {
    await using cache = await migratedJobCache(server);
    await using directory = await withDirectory();
    const conninfo = cache.conninfo();
    await using running = await started({ directory: directory.path, conninfo, mode });
    const usual = (id: string): (readonly [string, Buffer])[] => [
      ['jid', packed(jid)],
      ['id', packed(id)],
      ['fun', packed('f')],
    ];
    const notUtf8 = Buffer.from([0xa3, 0x61, 0xff, 0x62]);
    const deep = Buffer.concat([Buffer.alloc(100_000, 0x91), Buffer.from([0xc0])]);
    const frames = [
      returnFrame(jid, 'a nul', { return: 'x\u0000y' }),
      rawFrame('b bytes', [...usual('b bytes'), ['return', notUtf8]]),
      returnFrame(jid, 'c unknown', { future: { a: [1] }, another: null, return: 1.0 }),
      returnFrame(jid, 'd last', {}),
    ];
    const bad: readonly (readonly [Buffer, string, RegExp])[] = [
      [returnFrame(jid, 'nul\u0000', {}), 'id', /U\+0000/u],
      [rawFrame('deep', [...usual('deep'), ['return', deep]]), 'return', /nests deeper than 1024/u],
      [
        rawFrame('cut', [...usual('cut'), ['return', Buffer.from([0xdb, 0xff])]]),
        'return',
        /ends in the middle/u,
      ],
      [rawFrame('no return', usual('no return')), 'return', /missing/u],
      [
        rawFrame('no id', [usual('')[0], usual('')[2], ['return', packed(1)]] as never),
        'id',
        /missing/u,
      ],
      [rawFrame('no jid', [...usual('no jid').slice(1), ['return', packed(1)]]), 'jid', /missing/u],
      [rawFrame('c', [...usual(''), ['return', packed(1)]]), 'id', /its data ""/u],
    ];

    for (const [frame] of bad) await running.bus.publish(frame);
    for (const frame of frames) await running.bus.publish(frame);
    await stored(running, frames.length);

    const found = await rejected(running, bad.length);
    for (const [index, [, field, reason]] of bad.entries()) {
      const line = found[index];
      assert.deepEqual([line?.jid, line?.field], [jid, field], JSON.stringify(line));
      assert.match(line?.reason ?? '', reason);
    }
    assert.equal(running.ingestion.status(0).rejected, bad.length);
    assert.deepEqual(await ids(cache), ['a nul', 'b bytes', 'c unknown', 'd last']);
    const values = (await rows(cache)).map((row) => JSON.parse(String(row['return'])) as unknown);
    const inside = values.map((value) => (value as { return: unknown }).return);
    assert.deepEqual(
      inside,
      mode === 'default'
        ? ['x\u0000y', { __bytes__: 'Yf9i' }, 1, true]
        : ['x\u0000y', String.raw`b'a\xffb'`, '1', 'True'],
    );
    assert.deepEqual(running.problems.current, []);
  });
}

test('a return of a hundred megabytes is stored whole, and what comes after it as well', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await started({
    directory: directory.path,
    conninfo: cache.conninfo(),
    config: { spoolLimitBytes: 2 * 1024 ** 3 },
  });
  const large = 'é'.repeat(50_000_000);

  await running.bus.publish(returnFrame(jid, 'web1', { return: large }));
  await running.bus.publish(returnFrame(jid, 'web2'));
  await stored(running, 2, 120_000);

  const found = await cache.sql(
    `SELECT id, octet_length(return) AS length FROM public.salt_returns ORDER BY id`,
  );
  const around = Buffer.byteLength('{"return": "", "retcode": 0, "success": true}');
  assert.deepEqual(found[0], { id: 'web1', length: 100_000_000 + around });
  assert.equal(found.length, 2);
  assert.equal(running.ingestion.status(0).lost, 0);
});

test('a jid that is taken keeps its first job, and every return of both', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await started({ directory: directory.path, conninfo: cache.conninfo() });

  await running.bus.publish(newJobFrame(jid, ['first']));
  await running.bus.publish(returnFrame(jid, 'first'));
  await stored(running, 1);
  await running.bus.publish(newJobFrame(jid, ['second']));
  await running.bus.publish(returnFrame(jid, 'second', { fun: 'state.apply' }));
  await stored(running, 2);

  assert.deepEqual(await ids(cache), ['first', 'second']);
  assert.equal((await cache.sql('SELECT jid FROM public.jids')).length, 1);
  assert.equal(running.ingestion.status(0).rejected, 0);
});

test('where clocks go backwards everything is stored all the same, once', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  let offsetMs = 0;
  const clock: Clock = { now: () => Date.now() + offsetMs, after: systemClock.after };
  await using running = await started({
    directory: directory.path,
    conninfo: cache.conninfo(),
    clock,
  });

  for (let number = 0; number < 5; number += 1) {
    // The master's clock as well as ours: each job is an hour earlier than the one before.
    const earlier = `2026112017${String(30 - number).padStart(2, '0')}30184721`.slice(0, 20);
    await running.bus.publish(returnFrame(earlier, `web${number}`));
    await stored(running, number + 1);
    assert.ok(running.ingestion.status(clock.now()).lagSeconds >= 0);
    offsetMs -= 3_600_000;
  }

  assert.deepEqual(
    await ids(cache),
    [0, 1, 2, 3, 4].map((number) => `web${number}`),
  );
  assert.deepEqual(running.problems.current, []);
});

test('a database that is away for long, while the service is started anew, misses nothing', async () => {
  await using own = await startServer();
  await using cache = await migratedJobCache(own);
  await using directory = await withDirectory();
  // Small, so that the outage takes many segments.
  const setting = {
    directory: directory.path,
    conninfo: cache.conninfo(),
    config: { spoolLimitBytes: 16 * 1024 * 1024 },
  };
  const perLife = 3000;
  const value = 'x'.repeat(500);
  await crashServer(own);
  for (let life = 0; life < 4; life += 1) {
    await using running = await started(setting);
    const before = running.ingestion.status(0).accepted.returns;
    for (let number = 0; number < perLife; number += 100) {
      const frames = Array.from({ length: 100 }, (_, at) =>
        returnFrame(jid, `web${life * perLife + number + at}`, { return: value }),
      );
      await running.bus.publish(Buffer.concat(frames));
    }
    await until(
      'all of them on the spool',
      () => running.ingestion.status(0).accepted.returns,
      (accepted) => accepted === before + perLife,
    );
    await running.stop(0);
  }
  await startCrashedServer(own);
  await using running = await started(setting);
  await stored(running, 4 * perLife);

  await using session = await own.session(cache.user);
  const [found] = await session.query(
    'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids FROM public.salt_returns',
  );
  assert.deepEqual(found, { rows: 4 * perLife, ids: 4 * perLife });
});

test('a server whose disk is full is waited for, and every return is there once afterwards', async () => {
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  await using running = await started({ directory: directory.path, conninfo: cache.conninfo() });
  // What PostgreSQL says where a file can't grow.
  await cache.sql(
    `CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END$$;
     CREATE TRIGGER full_disk BEFORE INSERT ON public.salt_returns
       FOR EACH ROW EXECUTE FUNCTION public.full()`,
  );

  for (let number = 0; number < 50; number += 1) {
    await running.bus.publish(returnFrame(jid, `web${String(number).padStart(2, '0')}`));
  }
  await until(
    'the problem',
    () => running.problems.current,
    ([problem]) => /the disk of the server is full/u.test(problem?.message ?? ''),
  );
  await cache.sql('DROP TRIGGER full_disk ON public.salt_returns');
  await stored(running, 50);

  assert.equal(new Set(await ids(cache)).size, 50);
  assert.equal((await rows(cache)).length, 50);
  assert.equal(running.ingestion.status(0).rejected, 0);
});

const isRoot = process.getuid?.() === 0;

/** A file system of a few megabytes. */
async function smallDisk(directory: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(directory, 'disk');
  await mkdir(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', path]);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', ['--lazy', path]);
      return Promise.resolve();
    },
  };
}

test(
  'a spool on a full disk says so, loses only what it counts, and goes on once there is room',
  // What is to be done where nobody may mount is shown on a stand-in for the disk: appender.test.ts.
  { skip: isRoot ? false : 'only root may mount a small file system' },
  async () => {
    await using cache = await migratedJobCache(server);
    await using directory = await withDirectory();
    await using disk = await smallDisk(directory.path);
    await using running = await started({
      directory: directory.path,
      conninfo: cache.conninfo(),
      config: { spool: join(disk.path, 'spool'), spoolLimitBytes: 256 * 1024 * 1024 },
    });
    await running.bus.publish(returnFrame(jid, 'before'));
    await stored(running, 1);
    const { bavail, bsize } = await statfs(disk.path);
    const filler = join(disk.path, 'filler');
    await writeFile(filler, Buffer.alloc(bavail * bsize));
    const value = 'x'.repeat(100_000);
    const send = async (number: number): Promise<void> => {
      await running.bus.publish(returnFrame(jid, `web${number}`, { return: value }));
    };

    let sent = 0;
    while (running.ingestion.status(0).lost === 0 && sent < 1000) {
      await send(sent);
      sent += 1;
    }
    const full = running.ingestion.status(0);
    assert.ok(full.lost > 0, `nothing was lost of ${sent}`);
    assert.match(running.problems.current[0]?.message ?? '', /the disk is full/u);
    await rm(filler);
    await until(
      'room',
      () => running.problems.current,
      (problems) => problems.length === 0,
    );
    await send(sent);
    const end = await until(
      'an empty spool',
      () => running.ingestion.status(0),
      (status) => status.waiting === 0 && status.received === sent + 2,
    );

    const found = await ids(cache);
    // One came before the disk was full, one after.
    assert.equal(found.length, sent + 2 - end.lost);
    assert.equal(new Set(found).size, found.length);
    assert.ok(found.includes(`web${sent}`));
  },
);
