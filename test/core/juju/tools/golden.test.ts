// The outputs of contract section 11, row by row: what Juju's own tests assert, byte for byte.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Model, StatusInfo } from '#core/juju/model.ts';
import type { ContextKind } from '#core/juju/tools/hook-context.ts';
import type { NetworkInfo } from '#core/juju/tools/network-info.ts';
import { openRange } from '#core/juju/tools/port-changes.ts';
import type { ToolWorld } from '#core/juju/tools/tool.ts';
import { action, bareUnitBag, changed, createDesk, hook, plainHook } from './desk.ts';
import { now, relatedModelWithoutPeers, withTask, withUnit } from './desk.ts';

const bags: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['1', 'u/1', { value: '12345' }],
  ['0', 'm/0', { pew: 'pew\npew\n' }],
];

const golden = bags.reduce(
  (model, [relation, unit, settings]) => bareUnitBag(model, relation, unit, settings),
  relatedModelWithoutPeers(),
);

const status: StatusInfo = {
  status: 'error',
  message: 'doing work',
  data: { foo: 'bar' },
  since: now,
};

function withStatus(model: Model): Model {
  return withUnit(model, 'l/0', { workloadStatus: status });
}

function withApplicationStatus(model: Model): Model {
  const active: StatusInfo = { status: 'active', message: 'fine', data: {}, since: now };
  const { l } = model.applications;
  if (l === undefined) throw new Error('no l');
  const applications = { ...model.applications, l: { ...l, status: active } };
  return withUnit({ ...model, applications }, 'l/0', { workloadStatus: active });
}

function network(bind: string, ingress: readonly string[], egress: readonly string[]): NetworkInfo {
  return {
    bindAddresses: [
      {
        macAddress: '00:11:22:33:44:33',
        interfaceName: 'eth3',
        addresses: [{ hostname: '', value: bind, cidr: `${bind}/24` }],
      },
    ],
    egressSubnets: egress,
    ingressAddresses: ingress,
  };
}

const networks: Readonly<Record<string, NetworkInfo>> = {
  'known-extra': network('10.20.1.42', ['10.20.1.42'], ['10.20.1.42/32']),
  'ingress-egress': network(
    '10.33.1.8',
    ['100.1.2.3', '100.4.3.2'],
    ['192.168.1.0/8', '10.0.0.0/8'],
  ),
};

interface Row {
  readonly call: readonly string[];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: 1 | 2;
  readonly kind?: ContextKind;
  readonly model?: Model;
  readonly world?: Partial<ToolWorld>;
}

const inU = changed('1', 'u/1');
const inM = changed('0', 'm/0', 'm');
const outfile = { outfile: { type: { '1': 'raw', '2': 'gzip', '3': 'bzip' } } };
const detached = { network: (_unit: string, binding: string) => networks[binding] ?? null };
const storageHook = hook({ kind: 'storage-attached', storage: 'disk/9' });
const withDisk: Model = {
  ...golden,
  storage: {
    'disk/9': {
      id: 'disk/9',
      name: 'disk',
      kind: 'block',
      location: '/dev/sda',
      owner: 'l/0',
      life: 'alive',
      provisioned: true,
    },
  },
};
const privateAddress = {
  ...golden,
  machines: Object.fromEntries(
    Object.entries(golden.machines).map(([id, machine]) => [
      id,
      { ...machine, address: '192.168.0.99' },
    ]),
  ),
};

const rows: readonly Row[] = [
  { call: ['relation-ids', 'x', '--format', 'json'], stdout: '["x:0","x:1","x:2"]\n' },
  { call: ['relation-ids', 'z', '--format', 'json'], stdout: '[]\n' },
  { call: ['relation-ids', 'z'], stdout: '' },
  { call: ['relation-ids', 'x', '--format', 'yaml'], stdout: '- x:0\n- x:1\n- x:2\n' },
  { call: ['relation-get', '-r', 'x:1', '-', 'u/1'], stdout: 'value: "12345"\n' },
  { call: ['relation-get', 'value', 'u/1'], kind: inU, stdout: '12345\n' },
  { call: ['relation-get', 'pew', 'm/0'], kind: inM, stdout: 'pew\npew\n\n' },
  { call: ['relation-get'], kind: inM, stdout: 'pew: |\n  pew\n  pew\n' },
  { call: ['relation-get', 'missing', 'u/1'], kind: inU, stdout: '' },
  {
    call: ['relation-get', 'missing', 'u/1', '--format', 'json'],
    kind: inU,
    stdout: 'null\n',
  },
  {
    call: ['relation-get', '-r', 'burble:123'],
    stderr: 'invalid value "burble:123" for option -r: relation not found',
    code: 2,
  },
  { call: ['relation-get'], stderr: 'no relation id specified', code: 2 },
  {
    call: ['relation-get', '-r', 'burble:1'],
    stderr: 'no unit or application specified',
    code: 2,
  },
  {
    call: ['relation-get', '-', 'mysql'],
    kind: inU,
    stderr: 'expected unit name, got application name "mysql"',
    code: 2,
  },
  {
    call: ['relation-get', '-', 'unit//0'],
    kind: inU,
    stderr: 'invalid unit name "unit//0"',
    code: 2,
  },
  {
    call: ['relation-get', '-', '--app', 'mysql', 'args'],
    kind: inU,
    stderr: 'unrecognized args: ["args"]',
    code: 2,
  },
  { call: ['action-get'], kind: action, model: withTask(golden, {}), stdout: '{}\n' },
  {
    call: ['action-get', 'foo', '--format', 'json'],
    kind: action,
    model: withTask(golden, {}),
    stdout: 'null\n',
  },
  {
    call: ['action-get', 'outfile.type'],
    kind: action,
    model: withTask(golden, outfile),
    stdout: '"1": raw\n"2": gzip\n"3": bzip\n',
  },
  {
    call: ['action-get', 'a', 'b'],
    kind: action,
    model: withTask(golden, {}),
    stderr: 'unrecognized args: ["b"]',
    code: 2,
  },
  {
    call: ['status-get', '--format', 'yaml'],
    model: withStatus(golden),
    stdout: 'status: error\n',
  },
  {
    call: ['status-get', '--include-data', '--format', 'json'],
    model: withStatus(golden),
    stdout: '{"message":"doing work","status":"error","status-data":{"foo":"bar"}}\n',
  },
  {
    call: ['status-get', '--application', '--include-data', '--format', 'json'],
    model: withApplicationStatus(golden),
    stdout:
      '{"application-status":{"message":"fine","status":"active","status-data":{},' +
      '"units":{"l/0":{"message":"fine","status":"active","status-data":{}}}}}\n',
  },
  {
    call: ['network-get', 'known-extra', '--ingress-address'],
    world: detached,
    stdout: '10.20.1.42\n',
  },
  {
    call: [
      'network-get',
      'ingress-egress',
      '--ingress-address',
      '--bind-address',
      '--egress-subnets',
    ],
    world: detached,
    stdout:
      'bind-address: 10.33.1.8\negress-subnets:\n- 192.168.1.0/8\n- 10.0.0.0/8\n' +
      'ingress-address: 100.1.2.3\n',
  },
  {
    call: ['network-get', 'unknown'],
    stderr: 'no network config found for binding "unknown"',
    code: 1,
  },
  { call: ['network-get'], stderr: 'no arguments specified', code: 2 },
  { call: ['network-get', ''], stderr: 'no binding name specified', code: 2 },
  {
    call: ['unit-get', 'private-address', '--format', 'json'],
    model: privateAddress,
    stdout: '"192.168.0.99"\n',
  },
  { call: ['state-get', '--strict', 'five'], stderr: '"five" not found', code: 1 },
  { call: ['state-get', 'five'], stdout: '' },
  {
    call: ['juju-reboot'],
    kind: action,
    model: withTask(golden, {}),
    stderr: 'juju-reboot is not supported when running an action.',
    code: 1,
  },
  { call: ['secret-add'], stderr: 'missing secret value or filename', code: 2 },
  { call: ['secret-add', 's3cret'], stderr: 'key value "s3cret" not valid', code: 2 },
  { call: ['secret-set'], stderr: 'missing secret URI', code: 2 },
  { call: ['secret-set', 'foo'], stderr: 'secret URI "foo" not valid', code: 2 },
  { call: ['secret-info-get'], stderr: 'require either a secret URI or label', code: 2 },
  {
    call: ['storage-get', 'location'],
    kind: storageHook,
    model: withDisk,
    stdout: '/dev/sda\n',
  },
];

for (const row of rows) {
  const title = `section 11: ${row.call.join(' ')} answers ${row.stderr ?? JSON.stringify(row.stdout)}`;
  test(title, () => {
    const desk = createDesk({
      model: row.model ?? golden,
      kind: row.kind ?? plainHook,
      world: row.world ?? {},
    });
    const [tool = '', ...args] = row.call;

    const { stdout, stderr, code } = desk.run(tool, ...args);

    assert.deepEqual(
      { stdout, stderr, code },
      {
        stdout: row.stdout ?? '',
        stderr: row.stderr === undefined ? '' : `ERROR ${row.stderr}\n`,
        code: row.code ?? 0,
      },
    );
  });
}

test('section 11: opened-ports prints the ranges by protocol and port', () => {
  const desk = createDesk({ model: golden });
  const range = (from: number, to: number, protocol: 'tcp' | 'udp', endpoint = '') => ({
    from,
    to,
    protocol,
    endpoint,
  });
  const ranges = [
    range(53, 55, 'udp'),
    range(63, 63, 'udp', 'bar'),
    range(80, 80, 'tcp'),
    range(10, 20, 'tcp', 'foo'),
  ];
  for (const each of ranges) assert.equal(openRange(desk.context.ports, 'l/0', each), null);

  assert.equal(
    desk.read('opened-ports', '--format', 'json'),
    '["10-20/tcp","80/tcp","53-55/udp","63/udp"]\n',
  );
  assert.equal(
    desk.read('opened-ports', '--endpoints'),
    '10-20/tcp (foo)\n80/tcp (*)\n53-55/udp (*)\n63/udp (bar)\n',
  );
});

test('section 11: goal-state prints units before relations and status before since', () => {
  const since = Date.UTC(2200, 10, 5, 15, 29, 12);
  const active: StatusInfo = { status: 'active', message: '', data: {}, since };
  const model = ['l/0', 'm/0', 'u/0', 'u/1', 'n/0'].reduce(
    (before, unit) => withUnit(before, unit, { workloadStatus: active }),
    { ...golden, createdAt: since },
  );
  const unit = '{"status":"active","since":"2200-11-05 15:29:12Z"}';
  const joined = '{"status":"joined","since":"2200-11-05 15:29:12Z"}';

  const printed = createDesk({ model }).read('goal-state', '--format', 'json');

  assert.equal(
    printed,
    `{"units":{"l/0":${unit}},"relations":{"x":{"m":${joined},"m/0":${unit},` +
      `"n":${joined},"n/0":${unit},"u":${joined},"u/0":${unit},"u/1":${unit}}}}\n`,
  );
});
