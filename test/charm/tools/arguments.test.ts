// What the wrappers hand to the tools, and how they read the answers, tool by tool. The same wrappers
// run against the emulator's own tools in emulator.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRedactor } from '#charm/log/redactor.ts';
import type { HookTools } from '#charm/tools/hook-tools.ts';
import { createHookTools } from '#charm/tools/hook-tools.ts';
import { recordingRunner } from './recording-runner.ts';

for (const [line, call] of [
  ['relation-ids --format=json -- db', (tools) => tools.relationIds('db')],
  ['relation-list --format=json -r db:7', (tools) => tools.relationList('db:7')],
  ['relation-get --format=json -r db:7 -- - a/0', (tools) => tools.relationGet('db:7', 'a/0')],
  ['relation-get --format=json -r db:7 --app -- - a', (tools) => tools.relationGet('db:7', 'a')],
  [
    'relation-get --format=json -r db:7 -- --x a/0',
    (tools) => tools.relationGetKey('db:7', 'a/0', '--x'),
  ],
  ['relation-set -r db:7 --file -', (tools) => tools.relationSet('db:7', { a: '1' })],
  [
    'relation-set -r db:7 --app --file -',
    (tools) => tools.relationSet('db:7', { a: '1' }, { application: true }),
  ],
  ['relation-model-get --format=json -r db:7', (tools) => tools.relationModelGet('db:7')],
  ['config-get --format=json', (tools) => tools.configGet()],
  ['status-set -- active -5 clients', (tools) => tools.statusSet('active', '-5 clients')],
  [
    'status-set --application -- blocked x',
    (tools) => tools.statusSet('blocked', 'x', { application: true }),
  ],
  ['status-get --format=json --include-data', (tools) => tools.statusGet()],
  [
    'status-get --format=json --application --include-data',
    (tools) => tools.applicationStatusGet(),
  ],
  ['network-get --format=json -- db', (tools) => tools.networkGet('db')],
  [
    'network-get --format=json -r db:7 -- db',
    (tools) => tools.networkGet('db', { relation: 'db:7' }),
  ],
  ['open-port 5432/tcp', (tools) => tools.openPort('5432/tcp')],
  ['open-port --endpoints a,b icmp', (tools) => tools.openPort('icmp', { endpoints: ['a', 'b'] })],
  ['close-port 1-2/udp', (tools) => tools.closePort('1-2/udp')],
  ['opened-ports --format=json', (tools) => tools.openedPorts()],
  ['opened-ports --format=json --endpoints', (tools) => tools.openedPortsByEndpoint()],
  ['juju-log -l WARNING -- --debug', (tools) => tools.jujuLog('WARNING', '--debug')],
  ['juju-reboot', (tools) => tools.jujuReboot()],
  ['juju-reboot --now', (tools) => tools.jujuReboot({ now: true })],
  ['action-get --format=json', (tools) => tools.actionGet()],
  [
    'action-set a.b=1 a.c-d=true e=',
    (tools) => tools.actionSet({ a: { b: 1, 'c-d': true }, e: '' }),
  ],
  ['action-fail -- -x', (tools) => tools.actionFail('-x')],
  ['action-log -- -x', (tools) => tools.actionLog('-x')],
  ['state-get --format=json', (tools) => tools.stateGet()],
  ['state-set --file -', (tools) => tools.stateSet({ a: '' })],
  ['state-delete -- -k', (tools) => tools.stateDelete('-k')],
  ['secret-get --format=json -- secret:x', (tools) => tools.secretGet({ id: 'secret:x' })],
  [
    'secret-get --format=json --peek --label=-l -- secret:x',
    (tools) => tools.secretGet({ id: 'secret:x', label: '-l' }, { peek: true }),
  ],
  [
    'secret-get --format=json --refresh --label=l',
    (tools) => tools.secretGet({ label: 'l' }, { refresh: true }),
  ],
  ['secret-set --label=l secret:x', (tools) => tools.secretSet('secret:x', {}, { label: 'l' })],
  ['secret-remove -- secret:x', (tools) => tools.secretRemove('secret:x')],
  [
    'secret-remove --revision 2 -- secret:x',
    (tools) => tools.secretRemove('secret:x', { revision: 2 }),
  ],
  ['secret-ids --format=json', (tools) => tools.secretIds()],
  [
    'secret-grant -r db:7 --unit=a/0 -- secret:x',
    (tools) => tools.secretGrant('secret:x', { relation: 'db:7', unit: 'a/0' }),
  ],
  [
    'secret-revoke --app=a -- secret:x',
    (tools) => tools.secretRevoke('secret:x', { application: 'a' }),
  ],
  ['storage-list --format=json', (tools) => tools.storageList()],
  ['storage-list --format=json -- pgdata', (tools) => tools.storageList('pgdata')],
  ['storage-get --format=json -s pgdata/0', (tools) => tools.storageGet('pgdata/0')],
  ['storage-add -- pgdata=1', (tools) => tools.storageAdd('pgdata')],
  ['goal-state --format=json', (tools) => tools.goalState()],
  ['credential-get --format=json', (tools) => tools.credentialGet()],
  ['resource-get -- node', (tools) => tools.resourceGet('node')],
  ['application-version-set -- -1', (tools) => tools.applicationVersionSet('-1')],
  [
    'payload-register -- docker c id t1 t2',
    (tools) => tools.payloadRegister('docker', 'c', 'id', ['t1', 't2']),
  ],
  ['payload-unregister -- c id', (tools) => tools.payloadUnregister('c', 'id')],
  ['payload-status-set -- c id started', (tools) => tools.payloadStatusSet('c', 'id', 'started')],
] as readonly (readonly [string, (tools: HookTools) => unknown])[]) {
  test(`W2-W4: runs ${line}`, () => {
    const runner = recordingRunner();

    call(createHookTools(runner));

    assert.deepEqual(runner.lines, [line]);
  });
}

test('H192, T1: null means nothing, for lists and for maps', () => {
  const tools = createHookTools(recordingRunner(() => 'null\n'));

  assert.deepEqual(tools.secretIds(), []);
  assert.deepEqual(tools.relationIds('db'), []);
  assert.deepEqual(tools.relationGet('db:1', 'a/0'), {});
  assert.equal(tools.relationGetKey('db:1', 'a/0', 'k'), null);
  assert.deepEqual(tools.configGet(), {});
  assert.deepEqual(tools.goalState(), { units: {}, relations: {} });
  assert.deepEqual(tools.statusGet(), { status: 'unknown', message: '', data: {} });
});

test('T51: relations and units are in numerical order', () => {
  const ids = createHookTools(recordingRunner(() => '["db:10","db:9","db:2"]'));
  const units = createHookTools(recordingRunner(() => '["pg/10","pg/2","pg","other/3"]'));

  assert.deepEqual(ids.relationIds('db'), ['db:2', 'db:9', 'db:10']);
  assert.deepEqual(units.relationList('db:2'), ['other/3', 'pg', 'pg/2', 'pg/10']);
});

test('H136: addresses that are empty are passed over', () => {
  const answer = {
    'bind-addresses': [
      { 'interface-name': '', addresses: [{ hostname: '', value: '', cidr: '' }] },
      {
        'interface-name': 'eth0',
        'mac-address': 'm',
        addresses: [{ value: '10.0.0.5', cidr: 'c' }],
      },
    ],
    'ingress-addresses': ['', '10.0.0.6'],
    'egress-subnets': ['10.0.0.6/32'],
  };
  const network = createHookTools(recordingRunner(() => JSON.stringify(answer))).networkGet('db');

  assert.equal(network.bindAddress, '10.0.0.5');
  assert.equal(network.ingressAddress, '10.0.0.6');
  assert.deepEqual(network.ingressAddresses, ['10.0.0.6']);
  assert.deepEqual(network.egressSubnets, ['10.0.0.6/32']);
  assert.equal(network.bindAddresses[1]?.macAddress, 'm');
});

test('H130: a unit without addresses has none, not an empty one', () => {
  const network = createHookTools(recordingRunner(() => '{}')).networkGet('db');

  assert.equal(network.bindAddress, null);
  assert.equal(network.ingressAddress, null);
});

test('H144: opened ports know their endpoints', () => {
  const tools = createHookTools(recordingRunner(() => '["80/tcp (*)","10-20/udp (a, b)","icmp"]'));

  assert.deepEqual(tools.openedPortsByEndpoint(), [
    { range: '80/tcp', endpoints: ['*'] },
    { range: '10-20/udp', endpoints: ['a', 'b'] },
    { range: 'icmp', endpoints: ['*'] },
  ]);
});

test('H114: the application status has that of its units inside', () => {
  const answer = {
    'application-status': {
      status: 'active',
      message: 'm',
      'status-data': { a: 1 },
      units: { 'app/0': { status: 'blocked', message: 'b', 'status-data': {} } },
    },
  };
  const tools = createHookTools(recordingRunner(() => JSON.stringify(answer)));

  assert.deepEqual(tools.applicationStatusGet(), {
    status: 'active',
    message: 'm',
    data: { a: 1 },
    units: { 'app/0': { status: 'blocked', message: 'b', data: {} } },
  });
});

test('H190: attributes of a secret that are not there are empty', () => {
  const answer = { abc: { revision: 2, label: 'l', owner: 'application' } };
  const tools = createHookTools(recordingRunner(() => JSON.stringify(answer)));

  assert.deepEqual(tools.secretInfoGet({ id: 'secret:abc' }), {
    id: 'abc',
    revision: 2,
    label: 'l',
    owner: 'application',
    description: '',
    rotation: '',
    expiry: '',
    rotates: '',
    access: [],
  });
});

test('H190: grants are read', () => {
  const grant = { target: 'application-client', scope: 'relation-x', role: 'view' };
  const tools = createHookTools(
    recordingRunner(() => JSON.stringify({ abc: { access: [grant] } })),
  );

  const info = tools.secretInfoGet({ label: 'l' });

  assert.deepEqual(info.access, [grant]);
  assert.equal(info.revision, 0);
});

test('H170: a missing state key is null, an empty one is empty', () => {
  const missing = createHookTools(
    recordingRunner(() => ({ code: 1, stderr: 'ERROR "k" not found\n' })),
  );
  const empty = createHookTools(recordingRunner(() => '""\n'));
  const broken = createHookTools(recordingRunner(() => ({ code: 1, stderr: 'ERROR lost' })));

  assert.equal(missing.stateGetKey('k'), null);
  assert.equal(empty.stateGetKey('k'), '');
  assert.throws(() => broken.stateGetKey('k'), { kind: 'failed' });
});

test('a key named - is read from the whole map, as the tools take it for all keys', () => {
  const tools = createHookTools(recordingRunner(() => '{"-":"dash","a":"b"}'));
  const without = createHookTools(recordingRunner(() => '{}'));

  assert.equal(tools.relationGetKey('db:1', 'a/0', '-'), 'dash');
  assert.equal(tools.stateGetKey('-'), 'dash');
  assert.equal(without.relationGetKey('db:1', 'a/0', '-'), null);
  assert.equal(without.stateGetKey('-'), null);
});

test('nothing to write runs no tool', () => {
  const runner = recordingRunner();
  const tools = createHookTools(runner);

  tools.relationSet('db:1', {});
  tools.stateSet({});
  tools.actionSet({});
  tools.jujuLog('INFO', '');

  assert.deepEqual(runner.calls, []);
});

for (const [name, call] of [
  ['W14: a relation without its endpoint', (tools) => tools.relationGet('7', 'a/0')],
  ['W14: a relation without its number', (tools) => tools.relationList('db')],
  ['an empty key', (tools) => tools.relationSet('db:1', { '': 'x' })],
  ['an overlong key', (tools) => tools.relationSet('db:1', { ['k'.repeat(1001)]: 'x' })],
  ['an empty key to read', (tools) => tools.relationGetKey('db:1', 'a/0', '')],
  ['a NUL in a value', (tools) => tools.relationSet('db:1', { a: 'x\0y' })],
  ['half a surrogate pair', (tools) => tools.relationSet('db:1', { a: '\ud83d' })],
  ['a NUL in a status', (tools) => tools.statusSet('active', '\0')],
  [
    'H151: a status longer than an argument',
    (tools) => tools.statusSet('active', 'x'.repeat(131_072)),
  ],
  ['H161: a key in camel case', (tools) => tools.actionSet({ someKey: 'x' })],
  ['H161: a key ending in a dash', (tools) => tools.actionSet({ a: { 'b-': 'x' } })],
  ["H161: one of Juju's own keys", (tools) => tools.actionSet({ stdout: 'x' })],
  ['H141: a port that is none', (tools) => tools.openPort('http')],
  ['a storage count of none', (tools) => tools.storageAdd('pgdata', 0)],
  ['H186: a secret without id and label', (tools) => tools.secretGet({})],
  ['H181: a secret key with capitals', (tools) => tools.secretAdd({ Pass: 'x' }, 'unit')],
  ['H181: a secret key of two letters', (tools) => tools.secretAdd({ ab: 'x' }, 'unit')],
  [
    'H181: a secret of a megabyte and more',
    (tools) => tools.secretAdd({ abc: 'x'.repeat(1_000_001) }, 'unit'),
  ],
  ['a NUL in a secret', (tools) => tools.secretSet('secret:x', { abc: '\0' })],
] as readonly (readonly [string, (tools: HookTools) => unknown])[]) {
  test(`refuses, before it runs a tool, ${name}`, () => {
    const runner = recordingRunner();

    assert.throws(() => call(createHookTools(runner)), { kind: 'usage', exitCode: null });
    assert.deepEqual(runner.calls, []);
  });
}

test('H161: the keys Juju keeps for itself are free below the first level', () => {
  const runner = recordingRunner();

  createHookTools(runner).actionSet({ run: { stdout: 'x' } });

  assert.deepEqual(runner.lines, ['action-set run.stdout=x']);
});

test('W3: values reach the tool through its input, where YAML reads what JSON means', () => {
  const runner = recordingRunner();

  createHookTools(runner).relationSet('db:1', { a: 'x\u0085\u2028\ufeff\u007f😀\n"', b: null });

  assert.equal(runner.calls[0]?.stdin, '{"a": "x\\u0085\\u2028\\ufeff\\u007f😀\\n\\"", "b": ""}');
});

test('W11: a long message becomes several calls that together are the message', () => {
  const runner = recordingRunner();
  const message = 'ä'.repeat(100_000);

  createHookTools(runner).jujuLog('INFO', message);

  const pieces = runner.calls.map(({ args }) => args[3] ?? '');
  assert.equal(pieces.length, 2);
  assert.equal(pieces.join(''), message);
  assert.ok(pieces.every((piece) => Buffer.byteLength(piece) <= 131_071));
});

test('a log line that no argument can hold is spelt out instead of refused', () => {
  const runner = recordingRunner();

  createHookTools(runner).jujuLog('INFO', 'a\0b\ud83d');

  assert.deepEqual(runner.calls[0]?.args, ['-l', 'INFO', '--', 'a\\0b\ufffd']);
});

test('registered secrets leave in no free text', () => {
  const redactor = createRedactor();
  redactor.add('hunter22');
  const runner = recordingRunner();
  const tools = createHookTools(runner, { redactor });

  tools.jujuLog('INFO', 'a hunter22');
  tools.statusSet('active', 'b hunter22');
  tools.actionFail('c hunter22');
  tools.actionLog('d hunter22');

  assert.ok(!runner.lines.join().includes('hunter22'));
});
