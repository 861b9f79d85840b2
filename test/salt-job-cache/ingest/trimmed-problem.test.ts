import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#adapters/system/clock.ts';
import { TrimmedProblem, trimmedPeriodMs } from '#salt-job-cache/src/ingest/trimmed-problem.ts';
import { Problems } from '#salt-job-cache/src/service/problems.ts';

/** A clock whose time passes when it is told. */
function standingClock(): Clock & { pass(ms: number): void; readonly waiting: number } {
  let now = 0;
  let tasks: { readonly at: number; readonly task: () => void }[] = [];
  return {
    now: () => now,
    after(delayMs, task) {
      const entry = { at: now + delayMs, task };
      tasks.push(entry);
      return { cancel: () => (tasks = tasks.filter((each) => each !== entry)) };
    },
    pass(ms) {
      now += ms;
      const due = tasks.filter(({ at }) => at <= now);
      tasks = tasks.filter(({ at }) => at > now);
      for (const { task } of due) task();
    },
    get waiting() {
      return tasks.length;
    },
  };
}

test('trimmed returns are told at once, counted while they come, and forgotten once none does', () => {
  const clock = standingClock();
  const log: string[] = [];
  const problems = new Problems(clock.now, {
    began: ({ message }) => log.push(message),
    ended: () => log.push('ended'),
  });
  const trimmed = new TrimmedProblem(clock, problems);

  trimmed.seen(0);
  assert.deepEqual(problems.current, []);
  trimmed.seen(1);
  assert.match(log[0] ?? '', /values of a return by VALUE_TRIMMED.*max_event_size/u);
  for (let count = 2; count <= 500; count += 1) trimmed.seen(count);
  assert.equal(log.length, 1, 'not a line for each');
  clock.pass(trimmedPeriodMs);
  assert.match(log[1] ?? '', /values of 500 returns/u);
  clock.pass(trimmedPeriodMs);
  assert.equal(log[2], 'ended');
  trimmed.seen(500);
  clock.pass(trimmedPeriodMs);
  assert.deepEqual(problems.current, []);

  trimmed.seen(502);
  assert.match(log[3] ?? '', /values of 2 returns/u);
  trimmed.stop();
  assert.equal(clock.waiting, 0);
});
