import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHookContext } from '#charm/context/hook-context.ts';
import { type Hook, hookEnvironment, hookName } from '../../../bench/unit/hook.ts';

const paths = { charmDirectory: '/unit/charm', toolsDirectory: '/unit/tools' };
const relation = { endpoint: 'db', number: 7, application: 'client7', unit: 'client7/0' };

test('E30: a hook gets nothing of this process and no HOME', () => {
  const environment = hookEnvironment({ kind: 'unit', name: 'start' }, paths);
  for (const name of ['HOME', 'USER', 'SHELL', 'PWD', 'NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS']) {
    assert.ok(!Object.hasOwn(environment, name), name);
  }
  assert.ok(environment['PATH']?.startsWith('/unit/tools:'));
});

test('the charm reads the context of each hook as the bench means it', () => {
  const hooks: readonly Hook[] = [
    { kind: 'unit', name: 'update-status' },
    { kind: 'storage', event: 'attached', storage: 'pgdata', location: '/srv' },
    { kind: 'relation', event: 'created', relation },
    { kind: 'relation', event: 'changed', relation },
  ];
  const read = hooks.map((hook) => readHookContext(hookEnvironment(hook, paths)));
  assert.deepEqual(
    read.map(({ dispatchName, kind }) => [dispatchName, kind]),
    hooks.map((hook) => [hookName(hook), 'hook']),
  );
  assert.deepEqual(read[1]?.storage, { id: 'pgdata/0', location: '/srv', kind: 'filesystem' });
  assert.equal(read[2]?.relation?.remoteUnit, '');
  assert.equal(read[3]?.relation?.remoteUnit, 'client7/0');
  assert.equal(read[3]?.relation?.name, 'db:7');
});
