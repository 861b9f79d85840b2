// The actions that look into the job cache: which verb each runs with what, and results that are never too large.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as events from '#charm/testing/events.ts';
import { fitting } from '#salt-job-cache/hooks/cache-actions.ts';
import { cleaningsOf } from '#salt-job-cache/hooks/cleanings.ts';
import { offer, UnitUnderTest } from './unit-under-test.ts';

interface Done {
  readonly status: string;
  readonly message: string;
  readonly results: Readonly<Record<string, unknown>>;
}

async function act(unit: UnitUnderTest, name: string, parameters = {}): Promise<Done> {
  const { actionResult } = await unit.run(events.action(name, parameters));
  assert.ok(actionResult);
  const { 'return-code': _code, ...results } = actionResult.results;
  return { status: actionResult.status, message: actionResult.message, results };
}

async function servingUnit(): Promise<UnitUnderTest> {
  const unit = new UnitUnderTest();
  await unit.relate();
  await unit.serve(offer());
  return unit;
}

test('every action fails with a sentence while there is no job cache', async () => {
  const unit = new UnitUnderTest();
  await unit.relate();
  const actions = [
    ['list-jobs', {}],
    ['show-job', { jid: '20240102030405678901' }],
    ['clean', {}],
    ['stats', {}],
    ['export', { path: '/x' }],
  ] as const;
  for (const [name, parameters] of actions) {
    const done = await act(unit, name, parameters);
    assert.equal(done.status, 'failed', name);
    assert.match(done.message, /no tables in a database yet; see the status/);
  }
  assert.deepEqual(unit.program.cliCalls, []);
});

test('list-jobs looks for what is asked for and counts', async () => {
  const unit = await servingUnit();
  unit.program.cliAnswer = { output: 'JID  FUNCTION\n1  a\n2  b\n' };
  const parameters = { limit: 7, function: 'state.*', minion: '-x', since: '2h', failed: true };

  const done = await act(unit, 'list-jobs', parameters);

  assert.deepEqual(unit.program.cliCalls, [
    ['find', '--limit=7', '--function=state.*', '--minion=-x', '--since=2h', '--failed'],
  ]);
  assert.deepEqual(done.results, { jobs: '2', output: 'JID  FUNCTION\n1  a\n2  b\n' });
});

test("what the program says against it is the action's failure", async () => {
  const unit = await servingUnit();
  unit.program.cliAnswer = { isDone: false, problem: 'There is no job 1' };

  const done = await act(unit, 'show-job', { jid: '20240102030405678901' });

  assert.equal(done.status, 'failed');
  assert.equal(done.message, 'Cannot show the job: There is no job 1');
  assert.deepEqual(unit.program.cliCalls, [
    ['show', '--output=yaml', '--', '20240102030405678901'],
  ]);
});

test('clean goes by the options unless it is told otherwise', async () => {
  const unit = await servingUnit();
  await unit.configure({ 'keep-jobs': 10 });
  unit.program.cliAnswer = { output: '{"jobs": 3, "returns": 4, "keptSince": "x"}' };
  const done = await act(unit, 'clean', { 'keep-seconds': 0, 'dry-run': true });

  const [args = []] = unit.program.cliCalls;
  assert.deepEqual(args, [
    'clean',
    '--output=json',
    '--keep-jobs=10',
    '--keep-events-seconds=86400',
    '--dry-run',
  ]);
  assert.deepEqual(done.results, { result: 'would be deleted', jobs: '3', returns: '4' });
});

test('export wants an absolute path, and says how large the file became', async () => {
  const unit = await servingUnit();

  assert.match((await act(unit, 'export', { path: 'x' })).message, /has to be absolute/);
  const done = await act(unit, 'export', { path: '/srv/jobs', since: '2d', events: true });
  assert.deepEqual(unit.program.cliCalls, [['export', '--since=2d', '--events', '> /srv/jobs']]);
  assert.deepEqual(done.results, { path: '/srv/jobs', size: '2.0 kB' });
});

test('stats that can not be read are a failure, not zeroes', async () => {
  const unit = await servingUnit();
  unit.program.cliAnswer = { output: 'hello' };

  assert.equal((await act(unit, 'stats')).status, 'failed');
});

test('a result that is too long is cut at a line, and says so', () => {
  const line = `${'x'.repeat(99)}\n`;
  const found = fitting(
    { isDone: true, output: line.repeat(1000), problem: '', isCut: false },
    'ask for less',
  );

  assert.ok(found.output.endsWith('x'));
  assert.match(found.truncated ?? '', /^70001 characters were left out; ask for less$/);
});

test('whatever a program prints is a result Juju takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 3000 }), (text, times) => {
      const output = text.repeat(times);
      const found = fitting({ isDone: true, output, problem: '', isCut: false }, 'hint');
      const shown = found.output;
      assert.ok(shown.isWellFormed() && !shown.includes('\0') && shown.length <= 30_000);
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(fc.json(), (text) => {
      for (const key of Object.keys(cleaningsOf(text))) assert.doesNotMatch(key, /[A-Z_.]/);
    }),
  );
});
