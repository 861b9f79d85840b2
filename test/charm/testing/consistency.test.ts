import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { CharmState } from '#charm/testing/charm-state.ts';
import {
  charmState,
  peerState,
  relationState,
  secretState,
  withoutJujuKeys,
} from '#charm/testing/charm-state.ts';
import { InconsistentStateError, checkConsistency } from '#charm/testing/consistency.ts';
import { duplicates } from '#charm/testing/duplicates.ts';
import type { CharmEvent } from '#charm/testing/events.ts';
import * as events from '#charm/testing/events.ts';
import { readTestCharm } from '#charm/testing/test-charm.ts';

const files = {
  metadata: `
name: app
summary: s
description: d
provides:
  db: {interface: pgsql}
requires:
  logs: {interface: logs}
peers:
  cluster: {interface: cluster}
storage:
  pgdata: {type: filesystem}
  wal: {type: block, multiple: {range: 0-}}
resources:
  node: {type: file, filename: node}
`,
  config: `
options:
  port: {type: int, default: 5432}
  name: {type: string}
  ratio: {type: float}
  debug: {type: boolean}
  password: {type: secret}
`,
  actions: `
check:
  params:
    level: {type: integer, default: 1}
`,
};

const subordinateFiles = {
  metadata: `
name: app
summary: s
description: d
subordinate: true
requires:
  host: {interface: juju-info, scope: container}
provides:
  inside: {interface: x, scope: container}
`,
};

const secretId = '9m4e2mr0ui3e8a215n4g';
const db = relationState({ id: 7, endpoint: 'db', remoteApplication: 'client' });
const withClient = { ...db, units: { 'client/0': { database: 'x' } } };
const appSecret = secretState({
  id: secretId,
  owner: { kind: 'application', name: 'app' },
  content: { password: 'x' },
});

function problemsOf(
  fields: Partial<CharmState>,
  event: CharmEvent = events.configChanged(),
  charm: typeof files | typeof subordinateFiles = files,
): readonly string[] {
  try {
    checkConsistency({ charm: readTestCharm(charm), state: charmState(fields), event });
    return [];
  } catch (error) {
    assert.ok(error instanceof InconsistentStateError);
    return error.problems;
  }
}

for (const [name, fields, event] of [
  ['the default state', {}, events.install()],
  [
    'config of every type',
    { config: { port: 1, name: '', ratio: 1.5, debug: false, password: `secret:${secretId}` } },
    events.configChanged(),
  ],
  [
    'storage and resources',
    {
      storage: [
        { id: 'pgdata/0', location: '/srv' },
        { id: 'wal/1', location: '/dev/vdb' },
        { id: 'wal/2', location: '' },
      ],
      resources: { node: '/node' },
    },
    events.storageAttached('pgdata/0'),
  ],
  [
    'ports',
    {
      openedPorts: [
        { range: '1-2/udp', endpoint: 'db' },
        { range: 'icmp', endpoint: '' },
      ],
    },
    events.start(),
  ],
  ['a joined unit', { relations: [withClient] }, events.relationChanged('db:7', 'client/0')],
  ['an application bag', { relations: [db] }, events.relationChanged('db:7', 'client')],
  [
    'a unit that joins',
    { relations: [{ ...db, unseenUnits: { 'client/0': {} } }] },
    events.relationJoined('db:7', 'client/0'),
  ],
  ['a unit that departs', { relations: [withClient] }, events.relationDeparted('db:7', 'client/0')],
  [
    'our own departing',
    { relations: [withClient] },
    events.relationDeparted('db:7', 'client/0', 'app/0'),
  ],
  [
    'a broken relation',
    { relations: [{ ...db, departedUnits: { 'client/0': {} } }] },
    events.relationBroken('db:7'),
  ],
  [
    'a peer',
    { peers: [peerState({ id: 1, endpoint: 'cluster', units: { 'app/1': {} } })] },
    events.relationDeparted('cluster:1', 'app/1'),
  ],
  ['a relation that is created', { relations: [db] }, events.relationCreated('db:7')],
  ['leader-elected of the leader', { leader: true }, events.leaderElected()],
  [
    'secret events of an owner that leads',
    { leader: true, secrets: [appSecret] },
    events.secretExpired(`secret:${secretId}`, 1),
  ],
  [
    'secret-changed of a reader',
    { secrets: [{ ...appSecret, consumers: { 'app/0': { revision: 1, label: '' } } }] },
    events.secretChanged(secretId),
  ],
  ['an action', {}, events.action('check', { level: 2 })],
  ['a custom event', {}, events.custom('cluster_changed')],
] as readonly (readonly [string, Partial<CharmState>, CharmEvent])[]) {
  test(`K9: accepts ${name}`, () => {
    assert.deepEqual(problemsOf(fields, event), []);
  });
}

for (const [name, fields, text] of [
  ['a unit without number', { unit: 'app' }, /^unit is 'app'/],
  ['a principal of no subordinate', { principal: 'x/0' }, /charm is not subordinate/],
  ['a version of no Juju', { model: { uuid: 'u', name: 'n', jujuVersion: 'x' } }, /jujuVersion/],
  ['a status there is not', { status: { status: 'fine', message: '' } }, /^status is 'fine'/],
  [
    'an application status there is not',
    { applicationStatus: { status: 'ok', message: '' } },
    /^applicationStatus/,
  ],
  [
    'a port that is none',
    { openedPorts: [{ range: 'http', endpoint: '' }] },
    /openedPorts has 'http'/,
  ],
  ['a port for no endpoint', { openedPorts: [{ range: '1/tcp', endpoint: 'x' }] }, /endpoint 'x'/],
  ['unit data that is no JSON', { unitData: { a: undefined } }, /unitData has 'a'.*undefined/],
  [
    'controller data that is no text',
    { controllerData: { a: 1 as unknown as string } },
    /controllerData has 'a'/,
  ],
  ['an unknown option', { config: { x: 1 } }, /config has 'x'/],
  ['an inherited option', { config: { constructor: 1 } }, /config has 'constructor'/],
  [
    'an option of another type',
    { config: { port: '1' } },
    /config\.port is "1", need a value of type int/,
  ],
  ['a secret option without URI', { config: { password: 'x' } }, /type secret/],
  ['a boolean option as text', { config: { debug: 'true' } }, /type boolean/],
  ['a float option as text', { config: { ratio: '1' } }, /type float/],
  ['a text option as number', { config: { name: 1 } }, /type string/],
  [
    'storage without number',
    { storage: [{ id: 'pgdata', location: '' }] },
    /need a name and a number/,
  ],
  ['unknown storage', { storage: [{ id: 'x/0', location: '' }] }, /no storage 'x'/],
  [
    'more storage than declared',
    {
      storage: [
        { id: 'pgdata/0', location: '' },
        { id: 'pgdata/1', location: '' },
      ],
    },
    /2 instances of 'pgdata', metadata.yaml allows 1/,
  ],
  [
    'storage twice',
    {
      storage: [
        { id: 'wal/0', location: '' },
        { id: 'wal/0', location: '' },
      ],
    },
    /'wal\/0' twice/,
  ],
  ['an unknown resource', { resources: { x: '/x' } }, /resources has 'x'/],
  [
    'a relation of no endpoint',
    { relations: [{ ...db, endpoint: 'x' }] },
    /x:7: metadata.yaml does not declare/,
  ],
  ['a negative relation id', { relations: [{ ...db, id: -1 }] }, /db:-1: the id must be/],
  [
    'two relations of one id',
    { relations: [db, { ...db, endpoint: 'logs', remoteApplication: 'l' }] },
    /two relations have the id 7/,
  ],
  ['a peer among relations', { relations: [{ ...db, endpoint: 'cluster' }] }, /belongs into peers/],
  [
    'a relation among peers',
    { peers: [peerState({ id: 1, endpoint: 'db' })] },
    /belongs into relations/,
  ],
  [
    'two peer relations of an endpoint',
    {
      peers: [peerState({ id: 1, endpoint: 'cluster' }), peerState({ id: 2, endpoint: 'cluster' })],
    },
    /'cluster' twice/,
  ],
  [
    'a relation to ourselves',
    { relations: [{ ...db, remoteApplication: 'app' }] },
    /remoteApplication is our own/,
  ],
  [
    'a remote application of no name',
    { relations: [{ ...db, remoteApplication: 'a/0' }] },
    /need a name like 'client'/,
  ],
  [
    'our own unit among the peers',
    { peers: [peerState({ id: 1, endpoint: 'cluster', units: { 'app/0': {} } })] },
    /is our own unit/,
  ],
  [
    'a unit of another application',
    { relations: [{ ...db, units: { 'x/0': {} } }] },
    /'x\/0' is no unit of 'client'/,
  ],
  [
    'a unit that is none',
    { relations: [{ ...db, units: { client: {} } }] },
    /'client' is no unit name/,
  ],
  [
    'a unit both joined and departed',
    { relations: [{ ...withClient, departedUnits: { 'client/0': {} } }] },
    /'client\/0' stands in two of/,
  ],
  [
    'H90: an empty value',
    { relations: [{ ...db, ownUnitBag: { a: '' } }] },
    /'a' of ownUnitBag must be a text that is not empty/,
  ],
  [
    'a value that is no text',
    { relations: [{ ...db, units: { 'client/0': { a: 1 as unknown as string } } }] },
    /'a' of client\/0/,
  ],
  [
    'a secret of a bad id',
    { secrets: [{ ...appSecret, id: 'x' }] },
    /the id must be 20 characters/,
  ],
  ['a secret twice', { secrets: [appSecret, appSecret] }, /secrets has .* twice/],
  [
    'a secret without revision',
    { secrets: [{ ...appSecret, revisions: [] }] },
    /at least one revision/,
  ],
  [
    'a secret with falling revisions',
    {
      secrets: [
        {
          ...appSecret,
          revisions: [2, 1].map((revision) => ({
            revision,
            content: {},
            expiresAt: null,
            obsoleteTold: false,
          })),
        },
      ],
    },
    /revisions are 2, 1/,
  ],
  [
    'a secret with a key of two letters',
    {
      secrets: [
        secretState({ id: secretId, owner: { kind: 'unit', name: 'app/0' }, content: { ab: 'x' } }),
      ],
    },
    /key 'ab'/,
  ],
  [
    'a secret of no unit',
    { secrets: [{ ...appSecret, owner: { kind: 'unit', name: 'app' } }] },
    /owner.name is 'app'/,
  ],
  [
    'a consumer of a revision that is not there',
    { secrets: [{ ...appSecret, consumers: { 'x/0': { revision: 2, label: '' } } }] },
    /'x\/0' tracks revision 2/,
  ],
  [
    'two secrets of one label',
    {
      secrets: [
        { ...appSecret, label: 'l' },
        { ...appSecret, id: '9m4e2mr0ui3e8a215n50', label: 'l' },
      ],
    },
    /two secrets have the label 'l' of application app/,
  ],
  [
    'secrets before Juju had them',
    { secrets: [appSecret], model: { uuid: 'u', name: 'n', jujuVersion: '2.9.50' } },
    /secrets need Juju 3.0/,
  ],
] as readonly (readonly [string, Partial<CharmState>, RegExp])[]) {
  test(`K9: refuses ${name}`, () => {
    const problems = problemsOf(fields);

    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', text);
  });
}

for (const [name, fields, event, text] of [
  ['leader-elected of another', {}, events.leaderElected(), /leader is false/],
  [
    'L21: relations before install',
    { relations: [db] },
    events.install(),
    /relation-created comes after install/,
  ],
  ['an event of no relation', {}, events.relationCreated('db:7'), /no such relation/],
  [
    'created after joined',
    { relations: [withClient] },
    events.relationCreated('db:7'),
    /joined comes after created/,
  ],
  [
    'joined of nobody',
    { relations: [db] },
    events.relationJoined('db:7', 'client/0'),
    /in neither units nor unseenUnits/,
  ],
  [
    'L41: changed before joined',
    { relations: [db] },
    events.relationChanged('db:7', 'client/0'),
    /joined comes before changed/,
  ],
  [
    'departed of nobody',
    { relations: [db] },
    events.relationDeparted('db:7', 'client/0'),
    /put it there with its last bag/,
  ],
  [
    'E41: a third unit departing',
    { relations: [withClient] },
    events.relationDeparted('db:7', 'client/0', 'client/1'),
    /departingUnit is 'client\/1'/,
  ],
  [
    'L46: broken with members',
    { relations: [withClient] },
    events.relationBroken('db:7'),
    /move them to departedUnits/,
  ],
  [
    'L46: a broken peer relation',
    { peers: [peerState({ id: 1, endpoint: 'cluster' })] },
    events.relationBroken('cluster:1'),
    /never breaks/,
  ],
  [
    'attached of no storage',
    {},
    events.storageAttached('pgdata/0'),
    /'pgdata\/0' is not in storage/,
  ],
  ['detaching of no storage', {}, events.storageDetaching('pgdata/0'), /storage-detaching/],
  ['an event of no secret', {}, events.secretChanged(secretId), /is not in secrets/],
  [
    'L70: secret-changed of one not tracked',
    { secrets: [appSecret] },
    events.secretChanged(secretId),
    /does not track/,
  ],
  [
    'L71: secret-rotate at a follower',
    { secrets: [appSecret] },
    events.secretRotate(secretId),
    /goes to the leader/,
  ],
  [
    'L71: secret-remove at a stranger',
    { leader: true, secrets: [{ ...appSecret, owner: { kind: 'application', name: 'client' } }] },
    events.secretRemove(secretId, 1),
    /goes to the owner, who is client/,
  ],
  [
    'a revision that is not there',
    { leader: true, secrets: [appSecret] },
    events.secretRemove(secretId, 2),
    /revision 2 is not among/,
  ],
  ['an unknown action', {}, events.action('constructor'), /not declared in actions.yaml/],
  ['E117: an unknown parameter', {}, events.action('check', { x: 1 }), /additional property "x"/],
  ['E117: a parameter of another type', {}, events.action('check', { level: 'x' }), /level/],
  ['a custom event with a slash', {}, events.custom('hooks/x'), /without slashes/],
] as readonly (readonly [string, Partial<CharmState>, CharmEvent, RegExp])[]) {
  test(`K9: refuses ${name}`, () => {
    const problems = problemsOf(fields, event);

    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', text);
  });
}

test('L56: container scope shows a subordinate its principal only', () => {
  const host = relationState({ id: 1, endpoint: 'host', remoteApplication: 'big' });
  const check = (principal: string | null, units: Readonly<Record<string, object>>) =>
    problemsOf(
      {
        principal,
        relations: [{ ...host, units: units as Record<string, Record<string, string>> }],
      },
      events.configChanged(),
      subordinateFiles,
    );

  assert.deepEqual(check('big/0', { 'big/0': {} }), []);
  assert.match(check('big/0', { 'big/1': {} })[0] ?? '', /principal only, found 'big\/1'/);
  assert.match(check(null, {})[0] ?? '', /name the unit it lives beside/);
  assert.match(check('big', {})[0] ?? '', /principal is 'big', need a unit/);
});

test('L56: container scope shows a principal one subordinate', () => {
  const charm = { metadata: subordinateFiles.metadata.replace('subordinate: true', '') };
  const inside = relationState({ id: 1, endpoint: 'inside', remoteApplication: 'sub' });
  const check = (units: Record<string, Record<string, string>>) =>
    problemsOf({ relations: [{ ...inside, units }] }, events.configChanged(), charm);

  assert.deepEqual(check({ 'sub/0': {} }), []);
  assert.match(check({ 'sub/0': {}, 'sub/1': {} })[0] ?? '', /shows one subordinate, found 2/);
});

test('all contradictions are reported at once', () => {
  const error = (() => {
    try {
      checkConsistency({
        charm: readTestCharm(files),
        state: charmState({ config: { x: 1, y: 2 }, storage: [{ id: 'z/0', location: '' }] }),
        event: events.leaderElected(),
      });
      return null;
    } catch (thrown) {
      return thrown;
    }
  })();

  assert.ok(error instanceof InconsistentStateError);
  assert.equal(error.problems.length, 4);
  for (const problem of error.problems) assert.ok(error.message.includes(`- ${problem}`));
});

test('an extra binding and an endpoint of one name are reported', () => {
  const charm = { ...readTestCharm(files), extraBindings: ['db'] };

  assert.throws(
    () => checkConsistency({ charm, state: charmState(), event: events.start() }),
    /'db' both as an extra binding and as an endpoint/,
  );
});

test('duplicates are named once each', () => {
  assert.deepEqual(duplicates(['a', 'b', 'a', 'a', 'b', 'c']), ['a', 'b']);
});

test('H45: the keys of Juju itself can be left out of a comparison', () => {
  assert.deepEqual(
    withoutJujuKeys({
      'ingress-address': 'a',
      'private-address': 'b',
      'egress-subnets': 'c',
      d: 'e',
    }),
    { d: 'e' },
  );
});
