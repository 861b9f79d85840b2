import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRedactor } from '#charm/log/redactor.ts';
import { HookToolError, classify } from '#charm/tools/errors.ts';
import { createHookTools } from '#charm/tools/hook-tools.ts';
import { recordingRunner } from './recording-runner.ts';

for (const [code, stderr, kind] of [
  [2, 'ERROR invalid value "2" for option -r: relation not found', 'notFound'],
  [1, 'ERROR secret "9m4e2mr0ui3e8a215n4g" not found', 'notFound'],
  [1, 'ERROR no network config found for binding "unknown"', 'notFound'],
  [1, 'ERROR permission denied', 'permissionDenied'],
  [1, 'ERROR cannot access cloud credentials: permission denied', 'permissionDenied'],
  [1, 'ERROR access denied', 'permissionDenied'],
  [1, 'ERROR cannot write relation settings', 'notLeader'],
  [1, 'ERROR this unit is not the leader', 'notLeader'],
  [1, 'ERROR JUJU_CONTEXT_ID not set', 'noContext'],
  [1, 'ERROR bad request: wrong context ID; got "x"', 'noContext'],
  [1, 'ERROR expected context id "a", got "b"', 'noContext'],
  [127, 'no config-get on PATH', 'noContext'],
  [2, 'ERROR no endpoint name specified', 'usage'],
  [1, 'ERROR leadership status unknown: timeout', 'failed'],
  [3, '', 'failed'],
] as const) {
  test(`W2: exit code ${code} with '${stderr}' is ${kind}`, () => {
    assert.equal(classify({ code, stdout: '', stderr }), kind);
  });
}

test('an error says which call failed, with which code and in whose words', () => {
  const runner = recordingRunner(() => ({ code: 1, stderr: 'ERROR permission denied\n' }));
  const tools = createHookTools(runner);

  assert.throws(() => tools.relationGet('db:7', 'client/0'), {
    name: 'HookToolError',
    kind: 'permissionDenied',
    code: 'PERMISSION_DENIED',
    tool: 'relation-get',
    exitCode: 1,
    message:
      'Hook tool relation-get --format=json -r db:7 -- - client/0 failed with exit code 1: ERROR permission denied',
  });
});

test('an error without a reason says so', () => {
  const tools = createHookTools(recordingRunner(() => ({ code: 3 })));

  assert.throws(() => tools.isLeader(), { message: /it gave no reason/ });
});

test('an error can be made without args and exit code', () => {
  const error = new HookToolError({ kind: 'failed', tool: 'x' });

  assert.equal(error.message, 'Hook tool x failed with exit code none: it gave no reason');
  assert.deepEqual(error.args, []);
  assert.equal(error.exitCode, null);
});

test('registered secrets are in neither the arguments nor the text of an error', () => {
  const redactor = createRedactor();
  redactor.add('s3cr3t!');
  const runner = recordingRunner(() => ({ code: 1, stderr: 'ERROR bad key s3cr3t!' }));
  const tools = createHookTools(runner, { redactor });

  assert.throws(
    () => tools.relationGetKey('db:7', 'client/0', 's3cr3t!'),
    (error: unknown) =>
      error instanceof HookToolError &&
      !error.message.includes('s3cr3t!') &&
      !error.args.join().includes('s3cr3t!') &&
      !error.stderr.includes('s3cr3t!'),
  );
});

test('results of an action are not in its error', () => {
  const tools = createHookTools(recordingRunner(() => ({ code: 1, stderr: 'ERROR x' })));

  assert.throws(() => tools.actionSet({ password: 'hunter22' }), {
    message: 'Hook tool action-set password=... failed with exit code 1: ERROR x',
  });
});

test('output that is not JSON is an error that does not quote it', () => {
  const tools = createHookTools(recordingRunner(() => 'hunter22'));

  assert.throws(
    () => tools.configGet(),
    (error: unknown) =>
      error instanceof HookToolError &&
      /output of 8 characters: it is not JSON/.test(error.message) &&
      !error.message.includes('hunter22'),
  );
});

for (const [name, output, call] of [
  ['is-leader', '"yes"', (tools) => tools.isLeader()],
  ['relation-list', '{"a":1}', (tools) => tools.relationList('db:1')],
  ['relation-list', '[1]', (tools) => tools.relationList('db:1')],
  ['relation-get', '[]', (tools) => tools.relationGet('db:1', 'a/0')],
  ['relation-get', '{"a":1}', (tools) => tools.relationGet('db:1', 'a/0')],
  ['relation-list', '7', (tools) => tools.relationRemoteApplication('db:1')],
  ['unit-get', 'null', (tools) => tools.unitGet('private-address')],
  ['config-get', '{"a":[1]}', (tools) => tools.configGet()],
  ['secret-info-get', '{}', (tools) => tools.secretInfoGet({ label: 'x' })],
] as readonly (readonly [
  string,
  string,
  (tools: ReturnType<typeof createHookTools>) => unknown,
])[]) {
  test(`${name} refuses output of the wrong shape: ${output}`, () => {
    const tools = createHookTools(recordingRunner(() => output));

    assert.throws(() => call(tools), { kind: 'failed', tool: name, message: /cannot use/ });
  });
}
