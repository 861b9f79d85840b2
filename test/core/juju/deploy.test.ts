import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCharm, addUnits, deploy, nextRevision } from '#core/juju/deploy.ts';
import {
  applicationNamed,
  charmOf,
  machineNumbered,
  relationNumbered,
  unitNamed,
  unitsOf,
} from '#core/juju/find.ts';
import { integrate } from '#core/juju/integrate.ts';
import { addStorage, provisionStorage, storageInstance, storageOf } from '#core/juju/storage.ts';
import type { Model } from '#core/juju/model.ts';
import {
  charm,
  deployed,
  emptyModel,
  entered,
  head,
  now,
  placement,
  refusal,
  serverCharm,
  trialModel,
  unitIn,
} from './samples.ts';

const server = { application: 'server', charmUrl: 'local:server-0' };

test('a new application has one unit on a machine of its own', () => {
  const model = deployed(emptyModel(), server);
  assert.deepEqual(unitsOf(model, 'server'), ['server/0']);
  const unit = unitIn(model, 'server/0');
  assert.deepEqual(machineNumbered(model, unit.machine), {
    id: '0',
    base: 'ubuntu@24.04',
    address: '127.64.3.10',
    hostname: 'juju-06f00d-0',
    life: 'alive',
    condition: 'started',
    bootId: 0,
  });
  assert.equal(unit.uniter.charmUrl, '');
  assert.equal(unit.uniter.updateStatusAt, now + 300_000);
});

test('E93: a new unit waits for its machine and its agent is allocating', () => {
  const { agentStatus, workloadStatus } = unitIn(deployed(emptyModel(), server), 'server/0');
  assert.deepEqual(workloadStatus, {
    status: 'waiting',
    message: 'waiting for machine',
    data: {},
    since: now,
  });
  assert.equal(agentStatus.status, 'allocating');
});

test('L54: the peer relation exists from the start, with nobody in it', () => {
  const model = deployed(emptyModel(), server);
  const [relation] = Object.values(model.relations);
  assert.equal(relation?.endpoints.length, 1);
  assert.equal(relation.endpoints[0]?.name, 'cluster');
  assert.deepEqual(relation.units, {});
  assert.deepEqual(relation.applicationBags, { server: { settings: {}, version: 0 } });
});

test('required storage gets an instance, optional storage none, numbered through the model', () => {
  const model = deployed(emptyModel(), { ...server, units: 2 });
  assert.deepEqual(Object.keys(model.storage), ['data/0', 'data/1']);
  assert.deepEqual(storageInstance(model, 'data/1'), {
    id: 'data/1',
    name: 'data',
    kind: 'filesystem',
    location: '/srv/1/data/1',
    owner: 'server/1',
    life: 'alive',
    provisioned: true,
  });
});

test('H202: storage is added within the range the charm gives', () => {
  const model = addStorage(deployed(emptyModel(), server), 'server/0', 'logs', 2, null);
  assert.deepEqual(
    storageOf(model, 'server/0').map(({ id, provisioned }) => [id, provisioned]),
    [
      ['data/0', true],
      ['logs/1', false],
      ['logs/2', false],
    ],
  );
  const message =
    'attaching storage "logs" to unit server/0: at most 2 instances supported, 3 specified';
  assert.throws(
    () => addStorage(model, 'server/0', 'logs', 1, null),
    refusal('quota-exceeded', message),
  );
  assert.throws(
    () => addStorage(model, 'server/0', 'tapes', 1, null),
    refusal('not-found', 'charm storage "tapes" not found'),
  );
});

test('a range without an end has none', () => {
  const wide = charm(`${head('wide')}storage: {d: {type: filesystem, multiple: {range: 1-}}}\n`);
  const model = deployed(addCharm(emptyModel(), wide), { application: 'wide', charmUrl: wide.url });
  assert.equal(storageOf(addStorage(model, 'wide/0', 'd', 9, null), 'wide/0').length, 10);
});

test('L57: storage of a subordinate waits for its location', () => {
  const related = integrate(trialModel(1), 'agent:host', 'server').model;
  const model = entered(related, '1', 'server/0');
  assert.equal(storageInstance(model, 'cache/1').provisioned, false);
  const provisioned = provisionStorage(model, placement);
  assert.equal(storageInstance(provisioned, 'cache/1').location, '/srv/0/cache/1');
  assert.equal(provisionStorage(provisioned, placement), provisioned);
});

test('a storage instance that is not there is not found', () => {
  assert.throws(
    () => storageInstance(emptyModel(), 'data/0'),
    refusal('not-found', 'storage instance "data/0" not found'),
  );
});

test('F32, F33: configuration given at deployment is read and checked', () => {
  const model = deployed(emptyModel(), { ...server, config: { port: '5433', verbose: true } });
  assert.deepEqual(applicationNamed(model, 'server').config, { port: 5433, verbose: true });
  assert.throws(
    () => deployed(emptyModel(), { ...server, config: { port: 'x' } }),
    refusal('not-valid', 'option "port" expected int, got "x"'),
  );
});

test('an application name is taken once', () => {
  assert.throws(
    () => deployed(deployed(emptyModel(), server), server),
    refusal('already-exists', 'cannot add application "server": application already exists'),
  );
});

test('an application may be called as what every object inherits', () => {
  const model = deployed(emptyModel(), { ...server, application: 'constructor', trust: true });
  assert.deepEqual(unitsOf(model, 'constructor'), ['constructor/0']);
  assert.equal(applicationNamed(model, 'constructor').trust, true);
  assert.throws(
    () => applicationNamed(emptyModel(), 'constructor'),
    refusal('not-found', 'application "constructor" not found'),
  );
});

test('F21: the base is the one asked for, when the charm supports it', () => {
  const model = deployed(emptyModel(), { ...server, base: 'ubuntu@22.04/stable' });
  assert.equal(applicationNamed(model, 'server').base, 'ubuntu@22.04');
  assert.throws(
    () => deployed(emptyModel(), { ...server, base: 'ubuntu@20.04' }),
    refusal(
      'not-valid',
      'base "ubuntu@20.04" is not supported, supported bases are: ubuntu@22.04, ubuntu@24.04',
    ),
  );
});

test('F21: a charm without Juju’s default base gets its first', () => {
  const old = {
    ...serverCharm(),
    url: 'local:old-0',
    name: 'old',
    bases: ['ubuntu@20.04', 'ubuntu@22.04'],
  };
  const model = deployed(addCharm(emptyModel(), old), { application: 'old', charmUrl: old.url });
  assert.equal(applicationNamed(model, 'old').base, 'ubuntu@20.04');
});

test('F9: a charm that assumes more than there is stays out', () => {
  const needy = charm(`${head('needy')}assumes: [k8s-api]\n`);
  assert.throws(
    () => deployed(addCharm(emptyModel(), needy), { application: 'needy', charmUrl: needy.url }),
    refusal('not-valid', /^Charm cannot be deployed because:/u),
  );
});

test('a charm that was not added is a fault of the program', () => {
  assert.throws(() => deployed(emptyModel(), { ...server, charmUrl: 'local:x-0' }), {
    name: 'Error',
  });
});

test('F63: local charms of a name count up, and a charm never changes', () => {
  const model = emptyModel();
  assert.equal(nextRevision(model, 'server'), 1);
  assert.equal(nextRevision(model, 'nothing'), 0);
  assert.equal(addCharm(model, { ...serverCharm(), summary: 'other' }), model);
});

test('a subordinate starts without units', () => {
  const model = trialModel();
  assert.deepEqual(unitsOf(model, 'agent'), []);
  for (const more of [{ units: 2 }, { to: ['0'] }]) {
    assert.throws(
      () => deployed(emptyModel(), { application: 'a', charmUrl: 'local:agent-0', ...more }),
      refusal('not-valid', 'cannot use --num-units or --to with subordinate application'),
    );
  }
  assert.throws(
    () => addUnits(model, 'agent', 1, [], placement, now),
    refusal('not-valid', 'cannot add unit to application "agent": application is a subordinate'),
  );
});

test('zero units is a deployment too', () => {
  assert.deepEqual(unitsOf(deployed(emptyModel(), { ...server, units: 0 }), 'server'), []);
});

test('units go to the machines named, the others to machines of their own', () => {
  const model = addUnits(trialModel(1), 'server', 2, ['1'], placement, now);
  assert.deepEqual(
    unitsOf(model, 'server').map((unit) => unitIn(model, unit).machine),
    ['0', '1', '2'],
  );
  assert.equal(unitIn(model, 'server/1').workloadStatus.message, 'installing agent');
});

test('a machine must be there and run the application’s base', () => {
  assert.throws(
    () => addUnits(trialModel(1), 'server', 1, ['7'], placement, now),
    refusal('not-found', 'machine 7 not found'),
  );
  const old = deployed(emptyModel(), { ...server, base: 'ubuntu@22.04' });
  assert.throws(
    () => deploy(old, { application: 'b', charmUrl: 'local:client-0', to: ['0'] }, placement, now),
    refusal(
      'not-valid',
      'cannot assign unit "b/0" to machine 0: base does not match: ' +
        'unit has "ubuntu@24.04", machine has "ubuntu@22.04"',
    ),
  );
});

test('units are added to living applications, at least one', () => {
  const application = applicationNamed(trialModel(), 'server');
  const dying: Model = {
    ...trialModel(),
    applications: { server: { ...application, life: 'dying' } },
  };
  assert.throws(
    () => addUnits(dying, 'server', 1, [], placement, now),
    refusal('not-valid', 'cannot add unit to application "server": application is not alive'),
  );
  assert.throws(
    () => addUnits(trialModel(), 'server', 0, [], placement, now),
    refusal('not-valid', 'must add at least one unit'),
  );
});

test('what is not there is not found, with what is there in the hint', () => {
  const model = trialModel();
  assert.throws(() => unitNamed(model, 'server/9'), {
    message: 'unit "server/9" not found',
    hint: 'Units of server are server/0, server/1.',
  });
  assert.throws(() => unitNamed(model, 'agent/0'), { hint: 'agent has no units.' });
  assert.throws(() => relationNumbered(model, '9'), refusal('not-found', 'relation 9 not found'));
  assert.throws(() => charmOf({ ...model, charms: {} }, 'server'), { name: 'Error' });
});

test('nothing given in is changed', () => {
  const model = trialModel();
  const before = JSON.stringify(model);
  addUnits(model, 'server', 2, [], placement, now);
  assert.equal(JSON.stringify(model), before);
});
