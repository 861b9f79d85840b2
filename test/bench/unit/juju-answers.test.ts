// The tool script and the files it answers from, together: what a charm's own hook tools make of them.

import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HookToolError } from '#charm/tools/errors.ts';
import { createHookTools, type HookTools } from '#charm/tools/hook-tools.ts';
import { createSpawnRunner } from '#charm/tools/spawn-runner.ts';
import { JujuAnswers, toolNames } from '../../../bench/unit/juju-answers.ts';

const relation = { endpoint: 'db', number: 7, application: 'client7', unit: 'client7/0' };
const source = fileURLToPath(new URL('../../../bench/unit/hook-tool.sh', import.meta.url));

interface Desk extends Disposable {
  readonly answers: JujuAnswers;
  readonly tools: HookTools;
}

function desk(extraTool = 'secret-get'): Desk {
  const directory = mkdtempSync(join(tmpdir(), 'bench-tools-'));
  mkdirSync(join(directory, 'tools'));
  mkdirSync(join(directory, 'answers'));
  copyFileSync(source, join(directory, 'tools/hook-tool'));
  chmodSync(join(directory, 'tools/hook-tool'), 0o755);
  for (const name of [...toolNames, extraTool]) {
    symlinkSync('hook-tool', join(directory, 'tools', name));
  }
  const environment = { PATH: `${join(directory, 'tools')}:/usr/bin:/bin` };
  return {
    answers: new JujuAnswers(join(directory, 'answers')),
    tools: createHookTools(createSpawnRunner({ environment })),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

test('a relation is listed once it is there, and its unit once it has joined', () => {
  using place = desk();
  const { answers, tools } = place;
  assert.deepEqual(tools.relationIds('db'), []);
  answers.addRelation(relation);
  assert.deepEqual(tools.relationIds('db'), ['db:7']);
  assert.equal(tools.relationRemoteApplication('db:7'), 'client7');
  assert.deepEqual(tools.relationList('db:7'), []);
  answers.join(relation);
  assert.deepEqual(tools.relationList('db:7'), ['client7/0']);
});

test('E60: what a hook writes is in the bag once it is committed, and not before', () => {
  using place = desk();
  const { answers, tools } = place;
  const text = 'a "quoted" \\ text\nwith a line, and ü';
  tools.relationSet('db:7', { password: text, gone: 'x' });
  tools.relationSet('db:7', { leader: 'yes' }, { application: true });
  assert.deepEqual(tools.relationGet('db:7', 'postgresql/0'), {});
  answers.commit();
  assert.deepEqual(tools.relationGet('db:7', 'postgresql/0'), { password: text, gone: 'x' });
  assert.equal(tools.relationGetKey('db:7', 'postgresql/0', 'password'), text);
  assert.deepEqual(tools.relationGet('db:7', 'postgresql'), { leader: 'yes' });
  assert.deepEqual(answers.bag(relation, 'postgresql/0'), { password: text, gone: 'x' });
});

test('H90: an empty text takes the key away', () => {
  using place = desk();
  const { answers, tools } = place;
  answers.setBag(relation, 'postgresql/0', { one: '1', two: '2' });
  tools.relationSet('db:7', { one: null });
  answers.commit();
  assert.equal(tools.relationGetKey('db:7', 'postgresql/0', 'one'), null);
  assert.deepEqual(tools.relationGet('db:7', 'postgresql/0'), { two: '2' });
});

test('H80: a key that is not there is null, and a bag that is not there is empty', () => {
  using place = desk();
  assert.equal(place.tools.relationGetKey('db:7', 'client7/0', 'database'), null);
  assert.deepEqual(place.tools.relationGet('db:7', 'client7'), {});
});

test('ports are open after the commit, and closed ones are not', () => {
  using place = desk();
  const { answers, tools } = place;
  tools.openPort('5432/tcp');
  tools.openPort('5433/tcp');
  answers.commit();
  tools.closePort('5433/tcp');
  answers.commit();
  assert.deepEqual(tools.openedPorts(), ['5432/tcp']);
});

test('answers what was prepared, keeps status, version and log, and counts every call', () => {
  using place = desk();
  const { answers, tools } = place;
  answers.answer('config-get', { port: 5432 });
  assert.deepEqual(tools.configGet(), { port: 5432 });
  assert.equal(tools.isLeader(), true);
  assert.equal(tools.isLeader(), true);
  tools.statusSet('active', 'Primary');
  tools.applicationVersionSet('15.18');
  tools.jujuLog('INFO', 'one\ntwo');
  assert.equal(answers.status(), 'active Primary');
  assert.equal(answers.version(), '15.18');
  assert.equal(answers.takeLog(), 'one\ntwo');
  assert.deepEqual(answers.takeCalls(), {
    'config-get': 1,
    'is-leader': 2,
    'status-set': 1,
    'application-version-set': 1,
    'juju-log': 1,
  });
  assert.deepEqual(answers.takeCalls(), {});
});

test('a tool nobody prepared an answer for fails', () => {
  using place = desk('secret-ids');
  assert.throws(
    () => place.tools.secretIds(),
    (error) => error instanceof HookToolError && /no answer for secret-ids/u.test(error.message),
  );
});
