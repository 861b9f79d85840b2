import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '@msgpack/msgpack';
import { systemClock } from '#adapters/system/clock.ts';
import { Appender, fullBytes } from '#salt-job-cache/src/ingest/appender.ts';
import type { Block } from '#salt-job-cache/src/ingest/block.ts';
import { noRows } from '#salt-job-cache/src/ingest/block.ts';
import { Intake } from '#salt-job-cache/src/ingest/intake.ts';
import { Problems } from '#salt-job-cache/src/service/problems.ts';
import { returnFrame } from './bus-stand-in.ts';
import { until } from './with-ingestion.ts';

const jid = '20261120171330184721';

interface Disk {
  isFull: boolean;
  readonly appended: string[];
}

function appenderUnderTest(): {
  readonly disk: Disk;
  readonly intake: Intake;
  readonly problems: Problems;
  readonly appender: Appender;
  take(id: string, value?: string): boolean;
} {
  const disk: Disk = { isFull: false, appended: [] };
  const intake = new Intake({ mode: 'default', masterId: 'm', events: null }, ({ reason }) => {
    throw new Error(reason);
  });
  const problems = new Problems(Date.now, { began: () => undefined, ended: () => undefined });
  const spool = {
    async append(rows: { readonly returns: Buffer; readonly rows: Block['rows'] }): Promise<Block> {
      await Promise.resolve();
      if (disk.isFull) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
      disk.appended.push(...rows.returns.toString().split('\n').slice(0, -1));
      const none = Buffer.alloc(0);
      return {
        batch: 1,
        closedAtMs: 0,
        rows: rows.rows,
        total: noRows(),
        jobs: none,
        returns: none,
        events: none,
      };
    },
  };
  const appender = new Appender(intake, spool, {
    clock: systemClock,
    problems,
    limitBytes: 1024 * 1024 * 1024,
    onAppended: () => undefined,
    onRoom: () => undefined,
  });
  return {
    disk,
    intake,
    problems,
    appender,
    take(id, value = 'x') {
      const { body } = decode(returnFrame(jid, id, { return: value })) as {
        readonly body: Uint8Array;
      };
      intake.message(Buffer.from(body), 0, body.length);
      return appender.gathered();
    },
  };
}

test('a disk that is full is told and tried again, and what was at hand is kept', async () => {
  const { disk, intake, problems, appender, take } = appenderUnderTest();
  const running = appender.run();
  disk.isFull = true;

  take('web1');
  await until(
    'the problem',
    () => problems.has('disk'),
    (is) => is,
  );
  assert.match(problems.current[0]?.message ?? '', /the disk is full/u);
  take('web2');
  disk.isFull = false;
  await until(
    'both rows',
    () => disk.appended.length,
    (rows) => rows === 2,
  );

  assert.equal(intake.lost, 0);
  assert.deepEqual(problems.current, []);
  appender.stop();
  await running;
});

test('while the disk refuses memory is bounded: what is beyond it is counted as lost', async () => {
  const { disk, intake, problems, appender, take } = appenderUnderTest();
  const running = appender.run();
  disk.isFull = true;
  take('first');
  await until(
    'the problem',
    () => problems.has('disk'),
    (is) => is,
  );

  const value = 'y'.repeat(100_000);
  for (let number = 0; number < 200; number += 1)
    assert.ok(take(`web${number}`, value), 'the bus is read on');
  assert.ok(intake.gathered.bytes < fullBytes * 1.1);
  assert.ok(intake.lost > 100);
  const { lost } = intake;
  disk.isFull = false;
  await until(
    'the rest',
    () => disk.appended.length,
    (rows) => rows === 201 - lost,
  );

  appender.stop();
  await running;
});

test('ends even where the disk refuses, and counts what it could not keep', async () => {
  const { disk, intake, appender, take } = appenderUnderTest();
  const running = appender.run();
  disk.isFull = true;
  take('web1');

  appender.stop();
  await running;

  // The return and the row of its job.
  assert.equal(intake.lost, 2);
});
