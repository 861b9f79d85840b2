// config-get, status, leadership, addresses, ports, log, state, storage and the smaller tools.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Model, StatusInfo } from '#core/juju/model.ts';
import { own } from '#core/juju/own.ts';
import { toolNames } from '#core/juju/tools/environment.ts';
import type { NetworkInfo } from '#core/juju/tools/network-info.ts';
import {
  changed,
  createDesk,
  error,
  failing,
  hook,
  led,
  localMetadata,
  now,
  sharedModel,
} from './desk.ts';
import { action, ring, unitIn, withM, withTask, withU, withUnit } from './desk.ts';

const related = sharedModel;

function withConfig(
  model: Model,
  config: Readonly<Record<string, string | number | boolean>>,
): Model {
  const { l } = model.applications;
  if (l === undefined) throw new Error('no l');
  return { ...model, applications: { ...model.applications, l: { ...l, config } } };
}

// ---- 3.1

test('H6: a tool that does not exist is a bad request', () => {
  assert.deepEqual(failing(createDesk().run('rm')), error(1, 'bad request: unknown command: rm'));
  assert.equal(createDesk().run('constructor').code, 1);
});

for (const tool of toolNames) {
  test(`H5: ${tool} --help prints help on stdout and does nothing`, () => {
    const desk = createDesk();

    const { code, stdout, stderr, model } = desk.run(tool, '--help');

    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^Usage: ${tool}`, 'u'));
    assert.equal(model, desk.context.start);
  });

  test(`H8: ${tool} refuses an option it does not know`, () => {
    assert.deepEqual(
      failing(createDesk().run(tool, '--no-such')),
      error(2, 'option provided but not defined: --no-such'),
    );
  });
}

test('section 10: the set of tools is Juju 3.6’s', () => {
  const table =
    'relation-ids relation-list relation-get relation-set relation-model-get config-get status-set status-get ' +
    'is-leader leader-get leader-set unit-get network-get open-port close-port opened-ports juju-log ' +
    'juju-reboot action-get action-set action-fail action-log state-get state-set state-delete secret-add ' +
    'secret-get secret-set secret-remove secret-grant secret-revoke secret-info-get secret-ids storage-list ' +
    'storage-get storage-add goal-state credential-get resource-get application-version-set ' +
    'payload-register payload-unregister payload-status-set';
  const legacy =
    'add-metric k8s-raw-get k8s-raw-set k8s-spec-get k8s-spec-set pod-spec-get pod-spec-set';

  assert.deepEqual(toolNames, [...table.split(' '), ...legacy.split(' ')].sort());
});

for (const tool of ['k8s-spec-set', 'pod-spec-get', 'add-metric']) {
  test(`3.29: ${tool} fails on a machine`, () => {
    assert.equal(createDesk().run(tool, 'x=1').code, 1);
  });
}

test('H20: -o writes to a file and nothing to stdout', () => {
  const answer = createDesk().run('relation-ids', 'x', '--format=json', '-o', 'out.json');

  assert.deepEqual([answer.code, answer.stdout], [0, '']);
  assert.deepEqual(answer.outputFile, {
    path: '/charm/out.json',
    text: '["x:1","x:2","x:3"]\n',
  });
});

test('H20: --output takes an absolute path, and an empty answer makes an empty file', () => {
  const answer = createDesk().run('relation-ids', 'z', '--output', '/tmp/ids');

  assert.deepEqual(answer.outputFile, { path: '/tmp/ids', text: '' });
});

test('H25: an unknown format is refused', () => {
  assert.deepEqual(
    failing(createDesk().run('is-leader', '--format', 'xml')),
    error(2, 'invalid value "xml" for option --format: unknown format "xml"'),
  );
  assert.equal(createDesk().run('secret-get', '--format', 'smart').code, 2);
});

// ---- config-get

test('H100: config-get prints what is set or has a default, --all the rest as null', () => {
  const desk = createDesk({ model: withConfig(related, { port: 6000, ratio: 2 }) });

  const known = { empty: '', name: 'ada', port: 6000, ratio: 2, verbose: false };
  assert.deepEqual(desk.json('config-get'), known);
  assert.deepEqual(desk.json('config-get', '--all'), { ...known, key: null, unset: null });
  assert.deepEqual(desk.json('config-get', '-a'), { ...known, key: null, unset: null });
});

test('H100: config-get of an unset or unknown key is null, and no error', () => {
  const desk = createDesk();

  assert.equal(desk.read('config-get', 'unset', '--format', 'json'), 'null\n');
  assert.equal(desk.read('config-get', 'nonsense'), '');
  assert.equal(desk.read('config-get', 'constructor'), '');
});

test('H100: config-get with a key and --all is refused', () => {
  assert.deepEqual(
    failing(createDesk().run('config-get', '--all', 'port')),
    error(2, 'cannot use argument --all together with key "port"'),
  );
});

test('H101: config-get keeps the types of values', () => {
  const secret = 'secret:9m4e2mr0ui3e8a215n4g';
  const desk = createDesk({ model: withConfig(related, { key: secret, ratio: 1, verbose: true }) });

  assert.equal(desk.read('config-get', 'key'), `${secret}\n`);
  assert.equal(desk.read('config-get', 'ratio'), '1\n');
  assert.equal(desk.read('config-get', 'verbose'), 'True\n');
  assert.equal(desk.read('config-get', 'verbose', '--format=json'), 'true\n');
  assert.equal(desk.read('config-get', 'empty', '--format=json'), '""\n');
});

test('H102: config-get answers from its first look for the whole hook', () => {
  const desk = createDesk();
  desk.read('config-get', 'port');
  desk.model = withConfig(desk.model, { port: 1 });

  assert.equal(desk.read('config-get', 'port'), '5432\n');
  assert.equal(createDesk({ model: desk.model }).read('config-get', 'port'), '1\n');
});

// ---- status

test('H110, E61: status-set takes effect at once and is remembered by the uniter', () => {
  const desk = createDesk();
  desk.now = now + 5;

  assert.equal(desk.read('status-set', 'blocked', 'need a disk'), '');

  const unit = unitIn(desk.model, 'l/0');
  assert.deepEqual(unit.workloadStatus, {
    status: 'blocked',
    message: 'need a disk',
    data: {},
    since: now + 5,
  });
  assert.equal(unit.uniter.statusSet, true);
});

test('H10: status-set takes a message that begins with a dash after --', () => {
  const desk = createDesk();

  assert.equal(desk.run('status-set', 'active', '-1 units').code, 2);
  desk.read('status-set', 'active', '--', '-1 units');

  assert.equal(unitIn(desk.model, 'l/0').workloadStatus.message, '-1 units');
});

for (const [args, message] of [
  [[], 'invalid args, require <status> [message]'],
  [['x'], 'invalid status "x", expected one of [maintenance blocked waiting active]'],
  [['error'], 'invalid status "error", expected one of [maintenance blocked waiting active]'],
  [['active', 'a', 'b'], 'unrecognized args: ["b"]'],
] as const) {
  test(`H110, H112: status-set ${args.join(' ')} says ${message}`, () => {
    assert.deepEqual(failing(createDesk().run('status-set', ...args)), error(2, message));
  });
}

test('H111: status-set --application is the leader’s', () => {
  const desk = createDesk();
  desk.read('status-set', '--application', 'waiting', 'for peers');
  assert.equal(desk.model.applications['l']?.status?.message, 'for peers');

  assert.deepEqual(
    failing(createDesk({ unit: 'l/1' }).run('status-set', '--application', 'active')),
    error(1, 'this unit is not the leader'),
  );
});

test('H113: status-get prints the word, or a map', () => {
  const info: StatusInfo = { status: 'active', message: 'up', data: { n: [1] }, since: now };
  const desk = createDesk({ model: withUnit(related, 'l/0', { workloadStatus: info }) });

  assert.equal(desk.read('status-get'), 'active\n');
  assert.deepEqual(desk.json('status-get'), { status: 'active' });
  assert.equal(
    desk.read('status-get', '--include-data'),
    'message: up\nstatus: active\nstatus-data:\n  "n":\n  - 1\n',
  );
});

test('H114, H116: status-get --application of one never set is unknown', () => {
  const desk = createDesk();

  assert.equal(desk.read('status-get', '--application'), 'unknown\n');
  assert.deepEqual(desk.json('status-get', '--application'), {
    'application-status': {
      status: 'unknown',
      units: { 'l/0': { status: 'waiting' }, 'l/1': { status: 'waiting' } },
    },
  });
});

test('H114: status-get --application is the leader’s', () => {
  assert.deepEqual(
    failing(createDesk({ unit: 'l/1' }).run('status-get', '--application')),
    error(1, 'finding application status: this unit is not the leader'),
  );
});

test('H115: status-get answers from its first look, whatever is set meanwhile', () => {
  const desk = createDesk();
  assert.equal(desk.read('status-get'), 'waiting\n');
  desk.read('status-set', 'active');
  assert.equal(desk.read('status-get'), 'waiting\n');

  const other = createDesk();
  other.read('status-set', 'active');
  assert.equal(other.read('status-get'), 'active\n');
});

// ---- leadership

test('3.13: is-leader says True and False, true and false in json', () => {
  assert.equal(createDesk().read('is-leader'), 'True\n');
  assert.equal(createDesk({ unit: 'l/1' }).read('is-leader'), 'False\n');
  assert.equal(createDesk().read('is-leader', '--format=json'), 'true\n');
});

test('D4: once is-leader said False it says so for the rest of the hook', () => {
  const desk = createDesk({ unit: 'l/1' });
  desk.read('is-leader');
  desk.model = led(desk.model, 'l/1');

  assert.equal(desk.read('is-leader'), 'False\n');
  assert.equal(createDesk({ model: desk.model, unit: 'l/1' }).read('is-leader'), 'True\n');
});

test('D4: True is asked for again at every call', () => {
  const desk = createDesk();
  assert.equal(desk.read('is-leader'), 'True\n');
  desk.model = led(desk.model, 'l/1');

  assert.equal(desk.read('is-leader'), 'False\n');
});

test('D3: is-leader renews a lease that would not last the 30 s it promises', () => {
  const desk = createDesk();
  desk.now = now + 45_000;

  assert.equal(desk.read('is-leader'), 'True\n');
  assert.equal(desk.model.applications['l']?.lease?.expiresAt, desk.now + 60_000);
});

test('3.13: is-leader of a unit that can’t reach the controller fails', () => {
  const machines = Object.fromEntries(
    Object.entries(related.machines).map(([id, machine]) => [
      id,
      { ...machine, condition: 'isolated' as const },
    ]),
  );
  const answer = createDesk({ model: { ...related, machines } }).run('is-leader');

  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /^ERROR leadership status unknown: /u);
});

test('H121: leader-set writes at once, merges, and deletes by an empty value', () => {
  const desk = createDesk();
  desk.read('leader-set', 'a=1', 'b=2');
  desk.read('leader-set', 'b=', 'c=3');

  assert.deepEqual(desk.json('leader-get'), { a: '1', c: '3' });
  const other = createDesk({ model: desk.model, unit: 'l/1' });
  assert.equal(other.read('leader-get', 'a'), '1\n');
  assert.equal(other.read('leader-get', 'b', '--format=json'), 'null\n');
});

test('H121: leader-set of a unit that does not lead is refused', () => {
  assert.deepEqual(
    failing(createDesk({ unit: 'l/1' }).run('leader-set', 'a=1')),
    error(1, 'cannot write leadership settings: cannot write settings: not the leader'),
  );
});

test('H120: leader-get answers from its first look for the whole hook', () => {
  const minion = createDesk({ unit: 'l/1' });
  assert.deepEqual(minion.json('leader-get', '-'), {});
  const leader = createDesk();
  leader.read('leader-set', 'a=1');
  minion.model = leader.model;

  assert.deepEqual(minion.json('leader-get'), {});
});

// ---- addresses

test('3.15: unit-get knows two settings', () => {
  const desk = createDesk();

  assert.equal(desk.read('unit-get', 'private-address'), '10.0.0.10\n');
  assert.equal(desk.read('unit-get', 'public-address'), '10.0.0.10\n');
  assert.deepEqual(failing(desk.run('unit-get')), error(2, 'no setting specified'));
  assert.deepEqual(failing(desk.run('unit-get', 'x')), error(2, 'unknown setting "x"'));
});

test('3.15: unit-get of a machine without an address fails', () => {
  const { machine } = unitIn(related, 'l/0');
  const found = related.machines[machine];
  if (found === undefined) throw new Error('no machine');
  const machines = { ...related.machines, [machine]: { ...found, address: '' } };

  assert.deepEqual(
    failing(createDesk({ model: { ...related, machines } }).run('unit-get', 'public-address')),
    error(1, 'public address not found'),
  );
});

test('H130, H135: network-get prints the whole binding', () => {
  assert.equal(
    createDesk().read('network-get', 'x', '--format=json'),
    '{"bind-addresses":[{"mac-address":"00:00:00:00:00:00","interface-name":"lo","addresses":' +
      '[{"hostname":"","value":"10.0.0.10","cidr":"10.0.0.0/24"}]}],' +
      '"egress-subnets":["10.0.0.10/32"],"ingress-addresses":["10.0.0.10"]}\n',
  );
});

test('H131: network-get in yaml repeats fields under the names of old', () => {
  assert.equal(
    createDesk().read('network-get', 'x'),
    'bind-addresses:\n- mac-address: "00:00:00:00:00:00"\n  interface-name: lo\n  addresses:\n' +
      '  - hostname: ""\n    value: 10.0.0.10\n    cidr: 10.0.0.0/24\n    address: 10.0.0.10\n' +
      '  macaddress: "00:00:00:00:00:00"\n  interfacename: lo\n' +
      'egress-subnets:\n- 10.0.0.10/32\ningress-addresses:\n- 10.0.0.10\n',
  );
});

test('H132: one flag prints its value, several a map', () => {
  const desk = createDesk();

  assert.deepEqual(desk.json('network-get', 'x', '--egress-subnets'), ['10.0.0.10/32']);
  assert.equal(desk.read('network-get', 'x', '--bind-address'), '10.0.0.10\n');
  assert.equal(desk.read('network-get', 'x', '--primary-address'), '10.0.0.10\n');
  assert.deepEqual(desk.json('network-get', 'x', '--bind-address', '--ingress-address'), {
    'bind-address': '10.0.0.10',
    'ingress-address': '10.0.0.10',
  });
});

for (const binding of ['x', 'ring', 'known-extra', 'juju-info']) {
  test(`H133: ${binding} is a binding`, () => {
    assert.equal(createDesk().run('network-get', binding, '-r', ring).code, 0);
  });
}

test('H133: --primary-address stands alone', () => {
  assert.deepEqual(
    failing(createDesk().run('network-get', 'x', '--primary-address', '--bind-address')),
    error(2, '--primary-address must be the only flag specified'),
  );
});

test('H130: empty lists are left out, and a binding without addresses has none to give', () => {
  const bare: NetworkInfo = {
    bindAddresses: [{ macAddress: '', interfaceName: 'eth0', addresses: [] }],
    egressSubnets: [],
    ingressAddresses: [],
  };
  const desk = createDesk({ world: { network: () => bare } });

  assert.deepEqual(desk.json('network-get', 'x'), {
    'bind-addresses': [{ 'mac-address': '', 'interface-name': 'eth0', addresses: [] }],
  });
  assert.deepEqual(
    failing(desk.run('network-get', 'x', '--ingress-address')),
    error(1, 'no addresses attached to space for binding "x"'),
  );
});

test('H135: an IPv6 address is a subnet of 128 bits', () => {
  const { machine } = unitIn(related, 'l/0');
  const found = related.machines[machine];
  if (found === undefined) throw new Error('no machine');
  const machines = { ...related.machines, [machine]: { ...found, address: '::1' } };

  assert.deepEqual(
    createDesk({ model: { ...related, machines } }).json('network-get', 'x', '--egress-subnets'),
    ['::1/128'],
  );
});

// ---- log and reboot

test('H150: juju-log joins its words and logs at INFO', () => {
  const { log, stdout } = createDesk().run('juju-log', 'two', 'words');

  assert.equal(stdout, '');
  assert.deepEqual(log, [{ level: 'INFO', logger: 'unit.l/0.juju-log', message: 'two words' }]);
});

test('H150: juju-log names the relation of its hook', () => {
  const { log } = createDesk({ kind: changed(withU, 'u/0') }).run('juju-log', 'hello');

  assert.equal(log[0]?.message, `x:${withU}: hello`);
});

for (const [args, level] of [
  [['-l', 'error'], 'ERROR'],
  [['--log-level', 'TRACE'], 'TRACE'],
  [['-lWARN'], 'WARNING'],
  [['--debug'], 'DEBUG'],
  [['-l', 'ERROR', '--debug'], 'DEBUG'],
  [['-l', ''], 'INFO'],
] as const) {
  test(`H150: juju-log ${args.join(' ')} logs at ${level}`, () => {
    const { log } = createDesk().run('juju-log', ...args, '--', '-m');
    assert.deepEqual(
      log.map((line) => [line.level, line.message]),
      [[level, '-m']],
    );
  });
}

test('H150: juju-log with an unknown level warns and logs at INFO', () => {
  const { log, code } = createDesk().run('juju-log', '-l', 'loud', 'm');

  assert.equal(code, 0);
  assert.deepEqual(
    log.map((line) => [line.level, line.message]),
    [
      ['WARNING', 'Specified log level of "loud" is not valid'],
      ['INFO', 'm'],
    ],
  );
});

test('H150: juju-log without a message is refused', () => {
  assert.deepEqual(failing(createDesk().run('juju-log')), error(2, 'no message specified'));
});

test('E120: juju-reboot is noted, --now asks for the hook to be killed', () => {
  const desk = createDesk();
  assert.equal(desk.run('juju-reboot').reboot, 'after-hook');
  assert.equal(desk.context.reboot, 'after-hook');
  assert.equal(desk.run('juju-reboot', '--now').reboot, 'now');
  assert.equal(desk.run('is-leader').reboot, undefined);
});

// ---- state

test('H170, H171: state is read, written and deleted, with own writes visible at once', () => {
  const desk = createDesk({ model: withUnit(related, 'l/0', { charmState: { a: '1', b: '2' } }) });
  desk.read('state-set', 'b=', 'c=3');
  desk.read('state-delete', 'a');

  assert.deepEqual(desk.json('state-get'), { b: '', c: '3' });
  assert.deepEqual(desk.json('state-get', '-'), { b: '', c: '3' });
  assert.equal(desk.read('state-get', 'c'), '3\n');
  assert.equal(desk.read('state-get', 'a', '--format=json'), '""\n');
  assert.deepEqual(unitIn(desk.model, 'l/0').charmState, { a: '1', b: '2' });
});

test('H171: state-set reads a file', () => {
  const desk = createDesk();
  desk.runWithStdin('{"a":"1"}', 'state-set', '--file', '-', 'b=2');

  assert.deepEqual(desk.json('state-get'), { a: '1', b: '2' });
});

test('H172: state-set refuses long keys and values, counted in bytes', () => {
  const desk = createDesk();

  assert.deepEqual(
    failing(desk.run('state-set', `${'é'.repeat(128)}x=1`)),
    error(1, 'max allowed key length (256) exceeded'),
  );
  assert.deepEqual(
    failing(desk.run('state-set', 'fine=1', `k=${'v'.repeat(65_537)}`)),
    error(1, 'max allowed value length (65536) exceeded'),
  );
  assert.deepEqual(desk.json('state-get'), {});
  assert.equal(desk.run('state-set', `${'k'.repeat(256)}=${'v'.repeat(65_536)}`).code, 0);
});

test('state-delete needs a key', () => {
  assert.equal(createDesk().run('state-delete').code, 2);
});

// ---- storage

test('H200: storage-list shows what is attached, of one name when asked', () => {
  const { uniter } = unitIn(related, 'l/0');
  const attached = { uniter: { ...uniter, storage: { 'data/0': 'attached' as const } } };
  const desk = createDesk({ model: withUnit(related, 'l/0', attached) });

  assert.deepEqual(desk.json('storage-list'), ['data/0']);
  assert.deepEqual(desk.json('storage-list', 'disk'), []);
  assert.deepEqual(createDesk().json('storage-list'), []);
});

test('H201: storage-get defaults to the storage of the hook', () => {
  const desk = createDesk({ kind: hook({ kind: 'storage-attached', storage: 'data/0' }) });

  assert.deepEqual(desk.json('storage-list'), ['data/0']);
  assert.deepEqual(desk.json('storage-get'), { kind: 'filesystem', location: '/srv/data/0' });
  assert.equal(desk.read('storage-get', 'kind'), 'filesystem\n');
  assert.deepEqual(
    failing(desk.run('storage-get', 'size')),
    error(1, 'invalid storage attribute "size"'),
  );
});

test('H201: storage-get elsewhere needs an instance of the unit', () => {
  const desk = createDesk();

  assert.deepEqual(failing(desk.run('storage-get')), error(2, 'no storage instance specified'));
  assert.deepEqual(
    failing(desk.run('storage-get', '-s', 'data/1')),
    error(2, 'invalid value "data/1" for option -s: storage not found'),
  );
});

for (const [args, message] of [
  [[], 'storage add requires a storage directive'],
  [['disk=ebs'], 'only count can be specified for "disk"'],
  [['disk=1,10G'], 'only count can be specified for "disk"'],
  [['disk=0'], 'cannot parse count: count must be greater than zero, got "0"'],
  [['=1'], 'expected "name=directive", got "=1"'],
  [['disk', 'disk=2'], 'storage "disk" specified more than once'],
] as const) {
  test(`H202: storage-add ${args.join(' ')} says ${message}`, () => {
    assert.deepEqual(failing(createDesk().run('storage-add', ...args)), error(2, message));
  });
}

// ---- the rest

test('H210: goal-state is yaml by default, and tells who is on the way out', () => {
  let model = withUnit(related, 'l/1', { life: 'dying' });
  const relation = (id: string, change: object): void => {
    const found = own(model.relations, id);
    if (found === undefined) throw new Error('no relation');
    model = { ...model, relations: { ...model.relations, [id]: { ...found, ...change } } };
  };
  relation(withM, { suspended: true });
  relation(withU, { life: 'dying' });
  relation('3', { units: {} });
  const desk = createDesk({ model });

  const state = desk.json('goal-state') as {
    units: Record<string, { status: string }>;
    relations: Record<string, Record<string, { status: string }>>;
  };

  assert.equal(state.units['l/1']?.status, 'dying');
  assert.deepEqual(Object.keys(state.relations), ['x']);
  assert.deepEqual(
    ['m', 'u', 'n'].map((name) => state.relations['x']?.[name]?.status),
    ['suspended', 'broken', 'joining'],
  );
  assert.match(desk.read('goal-state'), /^units:\n {2}l\/0:\n {4}status: waiting\n/u);
});

test('H220: there are no cloud credentials', () => {
  assert.deepEqual(
    failing(createDesk().run('credential-get')),
    error(1, 'cannot access cloud credentials: permission denied'),
  );
});

test('H230: resource-get prints a path without a newline', () => {
  const world = { resourcePath: (unit: string, name: string) => `/r/${unit}/${name}` };
  assert.equal(createDesk({ world }).read('resource-get', 'image'), '/r/l/0/image');
});

test('H230: resource-get fails for what was not declared or not given', () => {
  const world = { resourcePath: () => null };
  const message = (name: string): string =>
    `could not download resource: resource#l/${name}: not found`;

  assert.deepEqual(
    failing(createDesk({ world }).run('resource-get', 'image')),
    error(1, message('image')),
  );
  assert.deepEqual(
    failing(createDesk({ world: { resourcePath: () => '/r' } }).run('resource-get', 'other')),
    error(1, message('other')),
  );
  assert.deepEqual(failing(createDesk().run('resource-get', 'image')), error(1, message('image')));
  assert.deepEqual(
    failing(createDesk().run('resource-get')),
    error(2, 'missing required resource name'),
  );
});

test('3.27, E61: application-version-set takes effect at once, on any unit', () => {
  const desk = createDesk({ unit: 'l/1' });
  desk.read('application-version-set', '17.2');

  assert.equal(desk.model.applications['l']?.version, '17.2');
  assert.deepEqual(failing(desk.run('application-version-set')), error(2, 'no version specified'));
});

const payloadFiles = {
  '/charm/metadata.yaml': `${localMetadata}payloads: {monitor: {type: docker}}\n`,
};

test('H240: payloads are registered, given a status and forgotten', () => {
  const desk = createDesk({ files: payloadFiles });
  desk.read('payload-register', 'docker', 'monitor', 'id1', 'tag');
  desk.read('payload-status-set', 'monitor', 'id1', 'stopped');
  assert.match(JSON.stringify(unitIn(desk.model, 'l/0')), /"id":"id1","status":"stopped"/u);
  desk.read('payload-unregister', 'monitor', 'id1');
  assert.doesNotMatch(JSON.stringify(unitIn(desk.model, 'l/0')), /id1/u);
  assert.equal(desk.read('payload-unregister', 'monitor', 'id1'), '');
});

for (const [args, code, message] of [
  [['payload-register', 'docker', 'monitor'], 2, 'missing required arguments'],
  [['payload-unregister', 'monitor'], 2, 'missing required arguments'],
  [['payload-status-set', 'monitor', 'id'], 2, 'missing required arguments'],
  [['payload-register', 'docker', 'x', 'id'], 1, 'payload "x" not found in metadata.yaml'],
  [
    ['payload-register', 'a', 'monitor', 'id'],
    1,
    'incorrect type "a" for payload "monitor", expected "docker"',
  ],
  [
    ['payload-status-set', 'monitor', 'id', 'gone'],
    1,
    'status "gone" not supported; expected one of "starting", "started", "running", "stopping", "stopped"',
  ],
  [['payload-status-set', 'monitor', 'id', 'started'], 1, 'payload "monitor/id" not found'],
] as const) {
  test(`H240: ${args.join(' ')} says ${message}`, () => {
    const [tool, ...rest] = args;
    assert.deepEqual(
      failing(createDesk({ files: payloadFiles }).run(tool, ...rest)),
      error(code, message),
    );
  });
}

for (const [text, message] of [
  [undefined, 'open /charm/metadata.yaml: no such file or directory'],
  ['a: [', /^ERROR yaml: /u],
  ['- a', 'payload "p" not found in metadata.yaml'],
  ['payloads: []', 'payload "p" not found in metadata.yaml'],
] as const) {
  test(`H240: payload-register with metadata ${String(text)} fails`, () => {
    const files = text === undefined ? {} : { '/charm/metadata.yaml': text };
    const { code, stderr } = createDesk({ files }).run('payload-register', 't', 'p', 'id');
    assert.equal(code, 1);
    if (typeof message === 'string') assert.equal(stderr, `ERROR ${message}\n`);
    else assert.match(stderr, message);
  });
}

// ---- actions

test('H160: action-get walks dotted paths and keeps types', () => {
  const model = withTask(related, { n: 1.5, deep: { list: [1, 'a'], flag: true } });
  const desk = createDesk({ model, kind: action });

  assert.equal(desk.read('action-get', 'n'), '1.5\n');
  assert.equal(desk.read('action-get', 'deep.flag', '--format=json'), 'true\n');
  assert.deepEqual(desk.json('action-get', 'deep.list'), [1, 'a']);
  assert.equal(desk.read('action-get', 'deep.flag.more', '--format=json'), 'null\n');
  assert.equal(desk.read('action-get', 'constructor', '--format=json'), 'null\n');
});

for (const tool of ['action-get', 'action-fail']) {
  test(`H160: ${tool} outside an action fails`, () => {
    assert.deepEqual(failing(createDesk().run(tool)), error(1, 'not running an action'));
  });
}

test('H160: action-set and action-log outside an action fail', () => {
  assert.deepEqual(
    failing(createDesk().run('action-set', 'a=1')),
    error(1, 'not running an action'),
  );
  assert.deepEqual(
    failing(createDesk().run('action-log', 'hi')),
    error(1, 'not running an action'),
  );
});

for (const [argument, message] of [
  ['x', 'argument "x" must be of the form key...=value'],
  ['=x', 'argument "=x" must be of the form key...=value'],
  ['stdout=x', 'cannot set reserved action key "stdout"'],
  ['stderr-encoding=x', 'cannot set reserved action key "stderr-encoding"'],
  [
    'a.B=x',
    'key "B" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens',
  ],
] as const) {
  test(`H161: action-set ${argument} says ${message}`, () => {
    const desk = createDesk({ model: withTask(related, {}), kind: action });

    assert.deepEqual(failing(desk.run('action-set', 'fine=1', argument)), error(2, message));
    assert.equal(desk.context.action?.results.size, 0);
  });
}

test('H163: action-log goes out at once and stays with the task', () => {
  const desk = createDesk({ model: withTask(related, {}), kind: action });
  desk.now = now + 9;

  const answer = desk.run('action-log', 'half', 'done');

  assert.deepEqual(answer.actionLog, ['half done']);
  assert.deepEqual(desk.model.tasks['7']?.log, [{ at: now + 9, message: 'half done' }]);
  assert.deepEqual(failing(desk.run('action-log')), error(2, 'no message specified'));
});
