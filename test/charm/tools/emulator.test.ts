// Every wrapper against the emulator's own tools: what is written in the argument lists is understood,
// and what is printed is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import {
  charmState,
  peerState,
  relationState,
  secretState,
  withoutJujuKeys,
} from '#charm/testing/charm-state.ts';
import * as events from '#charm/testing/events.ts';
import { createCachedTools } from '#charm/tools/cached-tools.ts';
import { emulatedTools } from './emulated-tools.ts';

const secretId = '9m4e2mr0ui3e8a215n4g';
const related = charmState({
  leader: true,
  relations: [
    relationState({
      id: 10,
      endpoint: 'db',
      remoteApplication: 'client',
      units: { 'client/10': { database: 'ten' }, 'client/9': {} },
      unseenUnits: { 'client/11': { database: 'eleven' } },
      departedUnits: { 'client/1': { database: 'one' } },
      remoteApplicationBag: { '-x': '1' },
      ownApplicationBag: { mine: 'yes' },
    }),
    relationState({ id: 9, endpoint: 'db', remoteApplication: 'other' }),
  ],
  peers: [
    peerState({
      id: 1,
      endpoint: 'cluster',
      units: { 'app/1': {} },
      ownApplicationBag: { k: 'v' },
    }),
  ],
});
const follower = { ...related, leader: false };

test('T51, H50: relation-ids of an endpoint, none for one that is not there', () => {
  const { tools } = emulatedTools(related);

  assert.deepEqual(tools.relationIds('db'), ['db:9', 'db:10']);
  assert.deepEqual(tools.relationIds('none'), []);
});

test('H60, H71: relation-list has the units that joined, and no others', () => {
  const { tools } = emulatedTools(related);

  assert.deepEqual(tools.relationList('db:10'), ['client/9', 'client/10']);
  assert.deepEqual(tools.relationList('db:9'), []);
  assert.deepEqual(tools.relationList('cluster:1'), ['app/1']);
});

test('H70: a unit that departs is not in relation-list, and its bag is readable', () => {
  const { tools } = emulatedTools(related, events.relationDeparted('db:10', 'client/10'));

  assert.deepEqual(tools.relationList('db:10'), ['client/9']);
  assert.equal(tools.relationGet('db:10', 'client/10')['database'], 'ten');
});

test('H61: the remote application, for a peer relation our own', () => {
  const { tools } = emulatedTools(related);

  assert.equal(tools.relationRemoteApplication('db:10'), 'client');
  assert.equal(tools.relationRemoteApplication('cluster:1'), 'app');
});

test('3.4: the leader reads every bag of its relations', () => {
  const { tools } = emulatedTools(related);

  assert.deepEqual(withoutJujuKeys(tools.relationGet('db:10', 'client/10')), { database: 'ten' });
  assert.equal(tools.relationGetKey('db:10', 'client/1', 'database'), 'one');
  assert.equal(tools.relationGetKey('db:10', 'client/11', 'database'), 'eleven');
  assert.deepEqual(tools.relationGet('db:10', 'client'), { '-x': '1' });
  assert.equal(tools.relationGetKey('db:10', 'client', '-x'), '1');
  assert.equal(tools.relationGetKey('db:10', 'client', 'none'), null);
  assert.deepEqual(tools.relationGet('db:10', 'app'), { mine: 'yes' });
  assert.deepEqual(tools.relationGet('cluster:1', 'app'), { k: 'v' });
  assert.equal(tools.relationGet('db:10', 'app/0')['ingress-address'], '10.0.0.10');
});

test('T24: a follower reads the bag of its application among peers, and not elsewhere', () => {
  const { tools } = emulatedTools(follower);

  assert.deepEqual(tools.relationGet('cluster:1', 'app'), { k: 'v' });
  assert.throws(() => tools.relationGet('db:10', 'app'), { kind: 'permissionDenied' });
});

test('H31, W14: a relation that is not there, or not of that endpoint, is not found', () => {
  const { tools } = emulatedTools(related);

  assert.throws(() => tools.relationGet('db:77', 'client/0'), { kind: 'notFound', exitCode: 2 });
  assert.throws(() => tools.relationList('cluster:10'), { kind: 'notFound' });
});

test('H42: a unit of an application that is not related is none of our business', () => {
  const { tools } = emulatedTools(related);

  assert.throws(() => tools.relationGet('db:10', 'other/0'), { kind: 'permissionDenied' });
});

test('H90: relation-set merges, and null takes a key away', () => {
  const { tools } = emulatedTools(related);

  tools.relationSet('db:10', { a: '1', b: '2' });
  tools.relationSet('db:10', { a: null, c: '3', none: null });
  tools.relationSet('db:10', { mine: null, '-y': '4' }, { application: true });

  assert.deepEqual(withoutJujuKeys(tools.relationGet('db:10', 'app/0')), { b: '2', c: '3' });
  assert.deepEqual(tools.relationGet('db:10', 'app'), { '-y': '4' });
});

test('H93: a follower may not write the bag of its application', () => {
  const { tools } = emulatedTools(follower);

  assert.throws(() => tools.relationSet('cluster:1', { a: '1' }, { application: true }), {
    kind: 'notLeader',
    code: 'NOT_LEADER',
    exitCode: 1,
  });
});

test('3.10: the UUID of the model at the other end', () => {
  const { tools } = emulatedTools(related);

  assert.equal(tools.relationModelGet('db:10'), related.model.uuid);
});

const anyText = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\n',
        '-',
        ' ',
        '\u0085',
        '\u2028',
        '\ufeff',
        '"',
        "'",
        '\\',
        ':',
        '#',
        '\t',
        '\r',
        'é',
        '😀',
      ),
    }),
    fc.constantFrom(
      '',
      '-',
      '--app',
      'true',
      'null',
      '~',
      '1e3',
      '0x1F',
      '1:30',
      '2026-01-01',
      '{}',
      '- a',
      '=',
      'a: b',
      '\n',
      '\u007f',
    ),
  )
  .filter((text) => !text.includes('\0') && text.isWellFormed());

test('W3: any text survives relation-set and relation-get', () => {
  const { tools } = emulatedTools(related);
  fc.assert(
    fc.property(anyText, fc.boolean(), (value, application) => {
      const target = application ? 'app' : 'app/0';
      tools.relationSet('db:10', { value }, { application });

      // There is no empty text in a bag: setting it takes the key away (H90).
      assert.equal(tools.relationGetKey('db:10', target, 'value') ?? '', value);
      assert.equal(tools.relationGet('db:10', target)['value'] ?? '', value);
    }),
    { numRuns: 300 },
  );
});

test('W3: any key survives relation-set and relation-get', () => {
  const { tools } = emulatedTools(related);
  const key = anyText.filter((text) => text !== '');
  fc.assert(
    fc.property(key, (name) => {
      tools.relationSet('db:10', Object.fromEntries([[name, 'v']]));

      assert.equal(tools.relationGetKey('db:10', 'app/0', name), 'v');
      tools.relationSet('db:10', Object.fromEntries([[name, null]]));
      assert.equal(tools.relationGetKey('db:10', 'app/0', name), null);
    }),
  );
});

test('W3: any text survives state-set and state-get, the empty one too', () => {
  const { tools } = emulatedTools(related);
  fc.assert(
    fc.property(
      anyText.filter((text) => text !== '' && Buffer.byteLength(text) <= 256),
      anyText,
      (key, value) => {
        tools.stateSet(Object.fromEntries([[key, value]]));

        assert.equal(tools.stateGetKey(key), value);
        assert.equal(new Map(Object.entries(tools.stateGet())).get(key), value);
        tools.stateDelete(key);
        assert.equal(tools.stateGetKey(key), null);
      },
    ),
  );
});

test('W3: any text survives secret-add and secret-get', () => {
  const { tools } = emulatedTools(related);
  fc.assert(
    fc.property(anyText, (value) => {
      // A value may be empty, a whole secret not.
      const id = tools.secretAdd({ value, other: 'x' }, 'unit');

      assert.equal(tools.secretGet({ id })['value'], value);
    }),
    { numRuns: 30 },
  );
});

test('H100: config has what is set and what has a default, in its own type', () => {
  const { tools } = emulatedTools({ ...related, config: { port: 6432 } });

  assert.deepEqual(tools.configGet(), { port: 6432, ratio: 0.5, empty: '', debug: false });
});

test('H110, H113: a status is set at once and read back', () => {
  const { tools, runner } = emulatedTools(related);

  tools.statusSet('blocked', '-x: "no" disk\nleft');

  assert.deepEqual(tools.statusGet(), {
    status: 'blocked',
    message: '-x: "no" disk\nleft',
    data: {},
  });
  assert.equal(runner.model.units['app/0']?.workloadStatus.status, 'blocked');
});

test('H111, H114: the application status is the leader its own', () => {
  const leader = emulatedTools(related).tools;
  leader.statusSet('waiting', 'm', { application: true });
  const report = leader.applicationStatusGet();
  const { tools } = emulatedTools(follower);

  assert.equal(report.status, 'waiting');
  assert.equal(report.message, 'm');
  assert.deepEqual(Object.keys(report.units).sort(), ['app/0', 'app/1']);
  assert.throws(() => tools.statusSet('waiting', 'm', { application: true }), {
    kind: 'notLeader',
  });
  assert.throws(() => tools.applicationStatusGet(), { kind: 'notLeader' });
});

test('3.13: is-leader', () => {
  assert.equal(emulatedTools(related).tools.isLeader(), true);
  assert.equal(emulatedTools(follower).tools.isLeader(), false);
});

test('3.15: the addresses of the unit', () => {
  const { tools } = emulatedTools(related);

  assert.equal(tools.unitGet('private-address'), '10.0.0.10');
  assert.equal(tools.unitGet('public-address'), '10.0.0.10');
});

test('H130, H133: network-get of an endpoint, an extra binding, a relation, and of nothing', () => {
  const { tools } = emulatedTools(related);

  assert.equal(tools.networkGet('db').bindAddress, '10.0.0.10');
  assert.equal(tools.networkGet('public').ingressAddress, '10.0.0.10');
  assert.deepEqual(tools.networkGet('db', { relation: 'db:10' }).egressSubnets, ['10.0.0.10/32']);
  assert.throws(() => tools.networkGet('none'), { kind: /notFound|failed/ });
});

test('H140, H144: ports that are opened and closed', () => {
  const { tools } = emulatedTools({ ...related, openedPorts: [{ range: '80/tcp', endpoint: '' }] });

  tools.openPort('5432');
  tools.openPort('53-55/udp', { endpoints: ['db'] });
  tools.openPort('icmp');
  tools.closePort('80/tcp');
  tools.closePort('81/tcp');

  assert.deepEqual([...tools.openedPorts()].sort(), ['53-55/udp', '5432/tcp', 'icmp']);
  assert.deepEqual(
    tools.openedPortsByEndpoint().find(({ range }) => range === '53-55/udp'),
    { range: '53-55/udp', endpoints: ['db'] },
  );
});

test('H150: a log line has its level and, in a relation hook, its relation', () => {
  const { tools, runner } = emulatedTools(related, events.relationChanged('db:10', 'client/9'));

  tools.jujuLog('WARNING', '--debug -l x');

  assert.deepEqual(runner.log, [
    { level: 'WARNING', logger: 'unit.app/0.juju-log', message: 'db:10: --debug -l x' },
  ]);
});

test('E120: a reboot is asked for in a hook and refused in an action', () => {
  const hook = emulatedTools(related);
  hook.tools.jujuReboot();
  const inAction = emulatedTools(related, events.action('check')).tools;

  assert.equal(hook.runner.calls[0]?.exitCode, 0);
  assert.throws(() => inAction.jujuReboot(), { kind: 'failed', message: /not supported/ });
});

test('H160-H163: an action reads its parameters, gives results, fails and logs', () => {
  const { tools, runner } = emulatedTools(related, events.action('check', { where: { a: 1.5 } }));

  assert.deepEqual(tools.actionGet(), { level: 1, where: { a: 1.5 } });
  tools.actionSet({ a: { 'b-c': '-x=\ny' }, d: 1, e: '' });
  tools.actionLog('-half way');
  tools.actionFail('-no');

  assert.ok(runner.calls.every(({ exitCode }) => exitCode === 0));
  assert.equal(runner.model.tasks['1']?.log[0]?.message, '-half way');
});

test('H160: outside an action its tools fail', () => {
  const { tools } = emulatedTools(related);

  assert.throws(() => tools.actionGet(), { kind: 'failed', message: /not running an action/ });
  assert.throws(() => tools.actionSet({ a: '1' }), { kind: 'failed' });
  assert.throws(() => tools.actionFail('x'), { kind: 'failed' });
});

test('H182-H191: a secret of the unit, through its whole life', () => {
  const { tools } = emulatedTools(related);

  const id = tools.secretAdd({ password: '-x\ny' }, 'unit', {
    label: '-l',
    description: 'd',
    rotate: 'daily',
  });

  assert.match(id, /^secret:[0-9a-v]{20}$/);
  assert.deepEqual(tools.secretGet({ id }), { password: '-x\ny' });
  assert.deepEqual(tools.secretGet({ label: '-l' }), { password: '-x\ny' });
  tools.secretSet(id, { password: 'z' }, { description: 'e' });
  assert.deepEqual(tools.secretGet({ id }, { peek: true }), { password: 'z' });
  tools.secretGrant(id, { relation: 'db:10' });
  tools.secretRevoke(id, { relation: 'db:10' });
  tools.secretRemove(id);
});

test('H185, H190, H192: secrets that were there before', () => {
  const owned = secretState({
    id: secretId,
    owner: { kind: 'application', name: 'app' },
    label: 'l',
    content: { password: 'x' },
  });
  const { tools } = emulatedTools({ ...related, secrets: [owned] });

  assert.deepEqual(tools.secretIds(), [secretId]);
  assert.deepEqual(tools.secretGet({ id: `secret:${secretId}` }, { refresh: true }), {
    password: 'x',
  });
  const info = tools.secretInfoGet({ label: 'l' });
  assert.equal(info.id, secretId);
  assert.equal(info.revision, 1);
  assert.equal(info.label, 'l');
  assert.equal(info.owner, 'application');
  tools.secretRemove(secretId, { revision: 1 });
});

test('H186: a secret that is not there is not found, one not granted is refused', () => {
  const other = secretState({
    id: secretId,
    owner: { kind: 'application', name: 'client' },
    content: { password: 'x' },
  });
  const { tools } = emulatedTools({ ...related, secrets: [other] });

  assert.throws(() => tools.secretGet({ id: 'secret:9m4e2mr0ui3e8a215n50' }), { kind: 'notFound' });
  assert.throws(() => tools.secretGet({ id: secretId }), { kind: 'permissionDenied' });
  assert.throws(() => tools.secretInfoGet({ id: secretId }), { kind: 'notFound' });
  assert.deepEqual(tools.secretIds(), []);
});

test('H182: a follower may not make a secret of the application', () => {
  const { tools } = emulatedTools(follower);

  assert.throws(() => tools.secretAdd({ password: 'x' }, 'application'), { kind: 'notLeader' });
});

test('H200-H202: storage is listed, looked at and asked for', () => {
  const storage = [
    { id: 'pgdata/10', location: '/srv/ten' },
    { id: 'pgdata/9', location: '/srv/nine' },
  ];
  const { tools } = emulatedTools({ ...related, storage });

  assert.deepEqual(tools.storageList(), ['pgdata/9', 'pgdata/10']);
  assert.deepEqual(tools.storageList('pgdata'), ['pgdata/9', 'pgdata/10']);
  assert.deepEqual(tools.storageGet('pgdata/9'), { kind: 'filesystem', location: '/srv/nine' });
  tools.storageAdd('pgdata', 2);
});

test('H210: goal-state has all units and relations there will be', () => {
  const goal = emulatedTools(related).tools.goalState();

  assert.deepEqual(Object.keys(goal.units).sort(), ['app/0', 'app/1']);
  assert.notEqual(goal.units['app/1']?.status, '');
  assert.ok(Object.hasOwn(goal.relations['db'] ?? {}, 'client/9'));
});

test('H220: the credential needs trust', () => {
  const { tools } = emulatedTools(related);

  assert.throws(() => tools.credentialGet(), { kind: /permissionDenied|failed/ });
});

test('H230: a resource is a path, a missing one an error', () => {
  const { tools } = emulatedTools({ ...related, resources: { node: '/res/node' } });

  assert.equal(tools.resourceGet('node'), '/res/node');
  assert.throws(() => tools.resourceGet('other'), { exitCode: 1 });
});

test('3.27: the version is set at once', () => {
  const { tools, runner } = emulatedTools(related);

  tools.applicationVersionSet('-15.4 (Debian)');

  assert.equal(runner.model.applications['app']?.version, '-15.4 (Debian)');
});

test('H240: a payload the charm does not declare is an error', () => {
  const { tools } = emulatedTools(related);

  assert.throws(() => tools.payloadRegister('docker', 'x', 'id'), { exitCode: 1 });
  assert.throws(() => tools.payloadStatusSet('x', 'id', 'started'), { exitCode: 1 });
});

test('T48: cached tools send one relation-set with what differs, and the emulator agrees', () => {
  const { tools, runner } = emulatedTools(related);
  const cached = createCachedTools(tools, {
    unitName: 'app/0',
    applicationName: 'app',
    now: () => 0,
  });

  cached.relationSet('db:10', { a: '1', 'ingress-address': '10.0.0.10' });
  cached.relationSet('db:10', { b: '2' });
  cached.relationSet('db:10', { mine: 'yes' }, { application: true });
  cached.flush();

  const sets = runner.calls.filter(({ tool }) => tool === 'relation-set');
  assert.deepEqual(
    sets.map(({ stdin }) => stdin),
    ['{"a": "1", "b": "2"}'],
  );
  assert.deepEqual(withoutJujuKeys(tools.relationGet('db:10', 'app/0')), { a: '1', b: '2' });
});
