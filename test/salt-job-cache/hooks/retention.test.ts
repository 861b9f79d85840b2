// A database with somebody's history in it: nothing is deleted before a person has agreed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as events from '#charm/testing/events.ts';
import { waitingText } from '#salt-job-cache/hooks/retention.ts';
import { offer, UnitUnderTest } from './unit-under-test.ts';

interface Limits {
  readonly keepJobsSeconds: number;
  readonly keepJobs: number;
  readonly keepEventsSeconds: number;
}

/** What the service was told last. */
function limits(unit: UnitUnderTest): Limits {
  const request = unit.program.machineRequests.findLast((one) => one.command === 'configure');
  assert.ok(request?.command === 'configure');
  const { keepJobsSeconds, keepJobs, keepEventsSeconds } = JSON.parse(request.service) as Limits;
  return { keepJobsSeconds, keepJobs, keepEventsSeconds };
}

const byOptions: Limits = { keepJobsSeconds: 86_400, keepJobs: 0, keepEventsSeconds: 86_400 };
const nothing: Limits = { keepJobsSeconds: 0, keepJobs: 0, keepEventsSeconds: 0 };
const none = { jobs: 0, returns: 0, events: 0 };
const history = { jobs: 12_345, returns: 99_000, events: 0 };

async function unitWith(old: typeof none): Promise<UnitUnderTest> {
  const unit = new UnitUnderTest();
  unit.program.old = old;
  await unit.relate();
  await unit.serve(offer());
  return unit;
}

test('tables without old rows are kept small from the first moment on, and are not asked again', async () => {
  const unit = await unitWith(none);
  assert.deepEqual(limits(unit), byOptions);

  // An hour without the service, say.
  unit.program.old = history;
  await unit.run(events.updateStatus());
  await unit.run(events.upgradeCharm());

  assert.deepEqual(limits(unit), byOptions);
  assert.doesNotMatch(unit.status, /Nothing is deleted/);
});

test('a history that was there before is left alone, and the status says so', async () => {
  const unit = await unitWith(history);

  assert.deepEqual(limits(unit), nothing);
  assert.match(
    unit.status,
    /^active: Job cache in .*; Nothing is deleted until the action clean has run: 12k jobs, 99k returns were here before and have expired$/,
  );
  for (const event of [events.updateStatus(), events.configChanged(), events.start()]) {
    await unit.run(event);
    assert.deepEqual(limits(unit), nothing);
  }
});

test('the action clean is the word: it deletes them, and what expires from then on goes by itself', async () => {
  const unit = await unitWith(history);
  unit.program.cliAnswer = { output: '{}' };

  await unit.run(events.action('clean', { 'dry-run': true }));
  assert.deepEqual(limits(unit), nothing, 'only looked at');
  await unit.run(events.action('clean', { 'keep-seconds': 31_536_000 }));
  assert.deepEqual(limits(unit), nothing, 'agreed to a year, not to a day');
  unit.program.cliAnswer = { isDone: false, problem: 'the database is away' };
  await unit.run(events.action('clean', {}));
  assert.deepEqual(limits(unit), nothing, 'not done');

  unit.program.cliAnswer = { output: '{}' };
  await unit.run(events.action('clean', {}));
  assert.deepEqual(limits(unit), byOptions);
  assert.doesNotMatch(unit.status, /Nothing is deleted/);
  await unit.run(events.updateStatus());
  assert.deepEqual(limits(unit), byOptions);
});

test('it begins by itself where nothing is old any more: rows were taken away, or more is kept', async () => {
  const unit = await unitWith(history);

  unit.program.old = none;
  await unit.configure({ 'keep-jobs-seconds': 315_360_000 });

  assert.deepEqual(limits(unit), { ...byOptions, keepJobsSeconds: 315_360_000 });
});

test('another database, and one that is related again, is asked anew', async () => {
  const unit = await unitWith(none);

  unit.program.old = history;
  await unit.configure({ database: 'other' });
  await unit.serve(offer({ database: 'other' }));
  assert.deepEqual(limits(unit), nothing);
});

test('while an option is wrong nothing is known of what is to be kept, and nothing is deleted', async () => {
  const unit = new UnitUnderTest({ config: { 'keep-jobs-seconds': -1 } });
  unit.program.old = history;
  await unit.relate();
  await unit.serve(offer());
  assert.deepEqual(unit.program.machineRequests, []);

  await unit.configure({ 'keep-jobs-seconds': 86_400 });
  assert.deepEqual(limits(unit), nothing);
});

test('what waits is told as far as it was counted', () => {
  const text = waitingText({ jobs: 1_000_000, returns: 0, events: 7 });
  assert.match(text, /: 1.0M or more jobs, 7 events were here before and have expired$/);
});
