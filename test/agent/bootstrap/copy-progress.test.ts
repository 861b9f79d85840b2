import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import { CopyProgress } from '#agent/bootstrap/copy-progress.ts';
import type { Progress } from '#core/dcs/cluster.ts';
import { instantClock, keptLog } from './bootstrap-parts.ts';

/** Time goes by when the test says so. */
function handClock(): ClockPort & { pass(ms: number): void; readonly waiting: () => number } {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly task: () => void }[] = [];
  return {
    ...instantClock(),
    monotonicMs: () => nowMs,
    waiting: () => timers.length,
    after(delayMs, task) {
      const timer = { atMs: nowMs + delayMs, task };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((one) => one !== timer)) };
    },
    pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter((one) => one.atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        timers = timers.filter((one) => one !== next);
        nowMs = next.atMs;
        next.task();
      }
      nowMs = endMs;
    },
  };
}

describe('CopyProgress', () => {
  it('reports each line, and logs one in ten seconds', () => {
    const clock = handClock();
    const log = keptLog();
    const reports: (Progress | null)[] = [];
    const progress = new CopyProgress(
      { clock, log, progress: { report: (one) => void reports.push(one) } },
      'pg_basebackup',
    );
    for (let second = 1; second <= 25; second += 1) {
      clock.pass(1000);
      assert.ok(progress.takeLine(`${second * 1024}/102400 kB (${second}%), 0/1 tablespace`));
    }
    assert.equal(progress.takeLine('something else'), false);
    assert.equal(reports.length, 26);
    assert.deepEqual(reports.at(-1), {
      action: 'pg_basebackup',
      phase: 'copying',
      bytesDone: 25 * 1_048_576,
      bytesTotal: 100 * 1_048_576,
      bytesPerSecond: 1_048_576,
      expectedEndInMs: 75_000,
    });
    assert.deepEqual(
      log.lines.map((line) => line.message),
      [
        'pg_basebackup, copying: 10.0 MB of 100.0 MB (10 %), 1.0 MB/s, 90 s left',
        'pg_basebackup, copying: 20.0 MB of 100.0 MB (20 %), 1.0 MB/s, 80 s left',
      ],
    );
    progress.end();
    assert.equal(reports.at(-1), null);
    assert.equal(clock.waiting(), 0, 'no timer is left');
  });

  it('says each minute that it still runs', () => {
    const clock = handClock();
    const log = keptLog();
    const progress = new CopyProgress(
      { clock, log, progress: { report: () => undefined } },
      'custom',
    );
    clock.pass(125_000);
    progress.end();
    clock.pass(600_000);
    assert.deepEqual(
      log.lines.map((line) => `${line.level} ${line.message}`),
      [
        'warning custom is still running after 60 seconds',
        'warning custom is still running after 120 seconds',
      ],
    );
  });

  it('looks at the directory of a method that tells nothing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pg-progress-'));
    try {
      await writeFile(join(directory, 'file'), 'x'.repeat(1234));
      const clock = handClock();
      const { promise, resolve } = Promise.withResolvers<Progress>();
      const report = (one: Progress | null): void => {
        if (one !== null && one.bytesDone > 0) resolve(one);
      };
      const progress = new CopyProgress({ clock, log: keptLog(), progress: { report } }, 'custom');
      progress.watchDirectory(directory);
      clock.pass(5000);
      const seen = await promise;
      progress.end();
      assert.deepEqual(
        [seen.bytesDone, seen.bytesTotal, seen.phase],
        [1234, null, 'running the method'],
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
