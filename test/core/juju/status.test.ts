import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { integrate } from '#core/juju/integrate.ts';
import type { Model, StatusName, Unit } from '#core/juju/model.ts';
import { suspendRelation } from '#core/juju/remove-relation.ts';
import { removeApplication } from '#core/juju/remove.ts';
import { showUnit, showUnitJson, showUnitYaml } from '#core/juju/show-unit.ts';
import { applicationStatus, shownStatus } from '#core/juju/status-severity.ts';
import { statusJson, statusTable, statusYaml } from '#core/juju/status-table.ts';
import { openPorts, statusView } from '#core/juju/status-view.ts';
import type { StatusView } from '#core/juju/status-shape.ts';
import { setMachineCondition } from '#core/juju/set-machine.ts';
import { tableLines } from '#core/juju/text-table.ts';
import { leaveScope, writeApplicationBag, writeUnitBag } from '#core/juju/relation-scope.ts';
import { addStorage } from '#core/juju/storage.ts';
import { emptyModel, entered, now, refusal, trialModel, unitIn, withUnit } from './samples.ts';

const options = { now, controller: 'local', cloud: 'localhost', region: 'here' };
const both = { relations: true, storage: true };
const plain = { relations: false, storage: false };

function settled(model: Model, name: string, status: StatusName, message: string): Model {
  const { agentStatus, workloadStatus } = unitIn(model, name);
  return withUnit(model, name, {
    workloadStatus: { ...workloadStatus, status, message },
    agentStatus: { ...agentStatus, status: 'idle' },
  });
}

/** A model in which much is going on: a leader, ports, a subordinate, a unit that is new. */
function busyModel(): Model {
  const host = integrate(trialModel(), 'agent:host', 'server').model;
  const related = integrate(host, 'server:db', 'client').model;
  const inScope = entered(entered(related, '1', 'server/0'), '2', 'server/0', 'client/0');
  const active = settled(
    settled(inScope, 'server/0', 'active', 'serving'),
    'agent/0',
    'active',
    '',
  );
  const blocked = settled(active, 'client/0', 'blocked', 'no database\nsecond line');
  const ported = withUnit(blocked, 'server/0', {
    openedPorts: [
      { protocol: 'tcp', from: 5432, to: 5432, endpoint: '' },
      { protocol: 'tcp', from: 5432, to: 5432, endpoint: 'db' },
      { protocol: 'icmp', from: 0, to: 0, endpoint: '' },
      { protocol: 'tcp', from: 80, to: 90, endpoint: '' },
    ],
  });
  const server = ported.applications.server;
  assert.ok(server !== undefined);
  const lease = { holder: 'server/0', expiresAt: now + 1 };
  const led = { ...server, lease, version: '15.4', exposed: true };
  return { ...ported, applications: { ...ported.applications, server: led } };
}

const table = `Model  Controller  Cloud/Region    Version  SLA          Timestamp
trial  local       localhost/here  3.6.9    unsupported  03:04:05Z

App     Version  Status   Scale  Charm   Channel  Rev  Exposed  Message
agent            active       1  agent              0  no
client           blocked      1  client             0  no       no database
server  15.4     waiting    1/2  server             0  yes      waiting for machine

Unit         Workload  Agent       Machine  Public address  Ports                Message
client/0     blocked   idle        2        127.64.3.12                          no database
server/0*    active    idle        0        127.64.3.10     icmp 80-90/tcp 5432/tcp  serving
  agent/0    active    idle                 127.64.3.10
server/1     waiting   allocating  1        127.64.3.11                          waiting for machine
`;

test('the table has Juju’s sections and columns', () => {
  // Column positions of the unit section depend on its widest cell, so compare cell by cell there.
  const lines = statusTable(statusView(busyModel(), options), plain).split('\n');
  const cells = (text: string): readonly string[] => text.trim().split(/\s{2,}/u);
  const wanted = table.split('\n');
  for (let index = 0; index < 8; index += 1) assert.equal(lines[index], wanted[index]);
  for (let index = 8; index < wanted.length - 1; index += 1) {
    assert.deepEqual(cells(lines[index] ?? ''), cells(wanted[index] ?? ''));
  }
  assert.deepEqual(lines.slice(13), [
    '',
    'Machine  State    Address      Inst id        Base          AZ  Message',
    '0        started  127.64.3.10  juju-06f00d-0  ubuntu@24.04      Running',
    '1        started  127.64.3.11  juju-06f00d-1  ubuntu@24.04      Running',
    '2        started  127.64.3.12  juju-06f00d-2  ubuntu@24.04      Running',
    '',
  ]);
});

test('relations and storage are listed when asked for', () => {
  const text = statusTable(statusView(busyModel(), options), both);
  assert.ok(
    text.endsWith(`
Integration provider  Requirer        Interface       Type         Message
server:cluster        server:cluster  server-cluster  peer         joining
server:db             client:db       sql             regular
server:juju-info      agent:host      juju-info       subordinate

Storage Unit  Storage ID  Type        Mountpoint     Status    Message
agent/0       cache/2     filesystem                 pending
server/0      data/0      filesystem  /srv/0/data/0  attached
server/1      data/1      filesystem  /srv/1/data/1  attached
`),
  );
});

test('an empty model says so, and a cloud may have no region', () => {
  const view = statusView(emptyModel(), { ...options, region: '' });
  assert.match(
    statusTable(view, both),
    /localhost {2,}3\.6\.9[^]*\n\nModel "trial" is empty\.\n$/u,
  );
});

test('what the agent does stands before the message while it runs a hook', () => {
  const { agentStatus } = unitIn(trialModel(), 'client/0');
  const running = withUnit(trialModel(), 'client/0', {
    agentStatus: { ...agentStatus, status: 'executing', message: 'running install hook' },
  });
  const text = statusTable(statusView(running, options), plain);
  assert.match(text, /executing .* \(running install hook\) waiting for machine\n/u);
});

test('a unit whose lease has run out is not shown as leader', () => {
  const view = statusView(busyModel(), { ...options, now: now + 1 });
  assert.equal(view.applications.server?.units?.['server/0']?.leader, undefined);
});

test('the JSON has Juju’s keys', () => {
  const view: StatusView = JSON.parse(statusJson(statusView(busyModel(), options)));
  assert.deepEqual(Object.keys(view), [
    'model',
    'machines',
    'applications',
    'storage',
    'controller',
  ]);
  const { server } = view.applications;
  assert.deepEqual(server?.units?.['server/0'], {
    'workload-status': { current: 'active', message: 'serving', since: '02 Jan 2026 03:04:05Z' },
    'juju-status': { current: 'idle', since: '02 Jan 2026 03:04:05Z', version: '3.6.9' },
    leader: true,
    machine: '0',
    'open-ports': ['icmp', '80-90/tcp', '5432/tcp'],
    'public-address': '127.64.3.10',
    subordinates: {
      'agent/0': {
        'workload-status': { current: 'active', since: '02 Jan 2026 03:04:05Z' },
        'juju-status': { current: 'idle', since: '02 Jan 2026 03:04:05Z', version: '3.6.9' },
        'public-address': '127.64.3.10',
      },
    },
  });
  assert.deepEqual(server.relations, {
    cluster: [{ 'related-application': 'server', interface: 'server-cluster', scope: 'global' }],
    db: [{ 'related-application': 'client', interface: 'sql', scope: 'global' }],
    'juju-info': [{ 'related-application': 'agent', interface: 'juju-info', scope: 'container' }],
  });
  assert.equal(server['endpoint-bindings'].db, 'alpha');
  assert.deepEqual(server.base, { name: 'ubuntu', channel: '24.04' });
  assert.deepEqual(view.applications.agent?.['subordinate-to'], ['server']);
  assert.equal(view.applications.agent.units, undefined);
});

test('the YAML says the same as the JSON', () => {
  const view = statusView(busyModel(), options);
  assert.deepEqual(parse(statusYaml(view)), JSON.parse(statusJson(view)));
});

test('a filter shows applications and what belongs to them', () => {
  const view = statusView(busyModel(), { ...options, filter: ['client/0'] });
  assert.deepEqual(Object.keys(view.applications), ['client']);
  assert.deepEqual(Object.keys(view.machines), ['2']);
  assert.deepEqual(
    view.relations.map(({ provider }) => provider),
    ['server:db'],
  );
  const named = statusView(busyModel(), { ...options, filter: ['server', 'nobody'] });
  assert.deepEqual(Object.keys(named.applications), ['server']);
});

test('relations that end or rest are shown so', () => {
  const suspended = suspendRelation(busyModel(), '2');
  const statusOf = (model: Model): string | undefined =>
    statusView(model, options).relations.find(({ id }) => id === 2)?.status;
  assert.equal(statusOf(suspended), 'suspended');
  const dying = removeApplication(busyModel(), 'server', { force: false }, now);
  assert.equal(statusOf(dying), 'dying');
  assert.equal(statusView(dying, options).applications.server?.life, 'dying');
});

// What a unit's status comes to.

function failedUnit(model: Model): Model {
  const { agentStatus } = unitIn(model, 'server/0');
  const message = 'hook failed: "install"';
  return withUnit(model, 'server/0', { agentStatus: { ...agentStatus, status: 'error', message } });
}

test('E81: a failed hook shows as the workload’s error with its text', () => {
  const model = failedUnit(trialModel());
  const { agent, workload } = shownStatus(model, unitIn(model, 'server/0'));
  assert.deepEqual([workload.status, workload.message], ['error', 'hook failed: "install"']);
  assert.deepEqual([agent.status, agent.message], ['idle', '']);
});

test('a unit out of reach is lost and its machine down', () => {
  const model = setMachineCondition(trialModel(), '0', 'isolated');
  const view = statusView(model, options);
  const unit = view.applications.server?.units?.['server/0'];
  assert.equal(unit?.['juju-status'].current, 'lost');
  assert.equal(unit['workload-status'].message, "agent lost, see 'juju show-status-log server/0'");
  assert.equal(view.machines['0']?.['juju-status'].current, 'down');
  assert.match(statusTable(view, plain), /down .* agent is not communicating with the server\n/u);
});

test('a unit without a machine keeps its status', () => {
  const unit: Unit = { ...unitIn(trialModel(), 'server/0'), machine: '99' };
  assert.equal(shownStatus(trialModel(), unit).workload.status, 'waiting');
});

test('E94: an application shows the worst of its units, unless its leader set something', () => {
  const statuses = ['error', 'blocked', 'maintenance', 'waiting', 'active', 'unknown'] as const;
  const pick = fc.constantFrom(...statuses);
  fc.assert(
    fc.property(pick, pick, (first, second) => {
      const model = settled(settled(trialModel(), 'server/0', first, 'a'), 'server/1', second, 'b');
      const worst = statuses[Math.min(statuses.indexOf(first), statuses.indexOf(second))];
      const shown = applicationStatus(model, 'server', 0);
      assert.equal(shown.status, worst);
      assert.equal(shown.message, first === worst ? 'a' : 'b');
    }),
  );
  const model = settled(trialModel(), 'server/0', 'blocked', 'a');
  const server = model.applications.server;
  assert.ok(server !== undefined);
  const status = { status: 'active', message: 'set', data: {}, since: 1 } as const;
  const set = { ...model, applications: { server: { ...server, status } } };
  assert.equal(applicationStatus(set, 'server', 0).message, 'set');
});

test('E94: an application without units is unknown', () => {
  assert.deepEqual(applicationStatus(trialModel(), 'agent', 7), {
    status: 'unknown',
    message: '',
    data: {},
    since: 7,
  });
});

test('H144: ports are sorted by protocol and number', () => {
  const range = (protocol: 'tcp' | 'udp', from: number, to = from) =>
    ({ protocol, from, to, endpoint: '' }) as const;
  const ranges = [range('udp', 53), range('tcp', 100), range('tcp', 80), range('tcp', 80, 90)];
  assert.deepEqual(openPorts(ranges), ['80/tcp', '80-90/tcp', '100/tcp', '53/udp']);
});

test('a table is as wide as its widest cell, counted in characters', () => {
  assert.deepEqual(
    tableLines(
      [{ title: 'A' }, { title: 'N', align: 'right' }, { title: 'Z' }],
      [
        ['😀', '10', 'x'],
        ['long', '9'],
      ],
    ),
    ['A      N  Z', '😀     10  x', 'long   9'],
  );
});

// show-unit.

test('show-unit tells a unit’s relations as seen from it', () => {
  const before = entered(busyModel(), '2', 'server/1');
  const written = writeUnitBag(
    writeApplicationBag(before, '2', 'server', { database: 'd' }),
    '2',
    'server/1',
    { port: '5432' },
  );
  const model = leaveScope(written, 'server/1', '2');
  const info = showUnit(model, ['client/0'], { now })['client/0'];
  assert.equal(info?.leader, false);
  assert.equal(info.life, 'alive');
  assert.equal(info.charm, 'local:client-0');
  assert.equal(info['workload-version'], undefined);
  const [relation] = info['relation-info'] ?? [];
  assert.equal(relation?.['relation-id'], 2);
  assert.equal(relation.endpoint, 'db');
  assert.equal(relation['related-endpoint'], 'db');
  assert.deepEqual(relation['application-data'], { database: 'd' });
  assert.equal(relation['local-unit']['in-scope'], true);
  assert.deepEqual(Object.keys(relation['related-units'] ?? {}), ['server/0', 'server/1']);
  assert.equal(relation['related-units']?.['server/1']?.['in-scope'], false);
  assert.equal(relation['related-units']['server/1'].data.port, '5432');
});

test('show-unit tells leader, version and ports', () => {
  const info = showUnit(busyModel(), ['server/0'], { now, endpoint: 'db' })['server/0'];
  assert.equal(info?.leader, true);
  assert.equal(info['workload-version'], '15.4');
  assert.deepEqual(info['opened-ports'], ['icmp', '80-90/tcp', '5432/tcp']);
  assert.deepEqual(
    info['relation-info']?.map(({ endpoint }) => endpoint),
    ['db'],
  );
});

test('show-unit leaves out what is not there', () => {
  const info = showUnit(trialModel(), ['client/0'], { now })['client/0'];
  assert.equal(info?.['relation-info'], undefined);
  const alone = showUnit(trialModel(), ['server/0'], { now })['server/0'];
  assert.equal(alone?.['relation-info']?.[0]?.['related-units'], undefined);
  assert.throws(
    () => showUnit(trialModel(), ['client/7'], { now }),
    refusal('not-found', 'unit "client/7" not found'),
  );
});

test('show-unit reads the same as YAML and as JSON', () => {
  const info = showUnit(busyModel(), ['server/0', 'agent/0'], { now });
  assert.deepEqual(parse(showUnitYaml(info)), JSON.parse(showUnitJson(info)));
  assert.match(
    showUnitYaml(info),
    /^server\/0:\n {2}workload-version: "15\.4"\n {2}machine: "0"\n/u,
  );
});

test('a unit shows no storage of others', () => {
  const model = addStorage(trialModel(1), 'server/0', 'logs', 1, null);
  const view = statusView(model, { ...options, filter: ['client'] });
  assert.deepEqual(view.storage, {});
});
