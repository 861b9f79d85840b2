import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitsOf } from '#core/juju/find.ts';
import { integrate } from '#core/juju/integrate.ts';
import { own } from '#core/juju/own.ts';
import {
  addressSettings,
  applicationBag,
  enterScope,
  isInScope,
  isPeer,
  leaveScope,
  localEndpoint,
  membersOf,
  otherEndpoint,
  refreshAddresses,
  remoteApplicationOf,
  unitBag,
  writeApplicationBag,
  writeUnitBag,
} from '#core/juju/relation-scope.ts';
import { removeRelation } from '#core/juju/remove-relation.ts';
import type { Model, Relation } from '#core/juju/model.ts';
import { entered, now, refusal, trialModel, unitIn, withUnit } from './samples.ts';

const peers = '0';

function related(): Model {
  return integrate(trialModel(), 'server:db', 'client').model;
}

function relationIn(model: Model, id: string): Relation {
  const relation = own(model.relations, id);
  assert.ok(relation !== undefined);
  return relation;
}

test('L40, H45: entering puts Juju’s own keys into the unit’s bag', () => {
  const model = entered(related(), '1', 'server/0');
  const relation = relationIn(model, '1');
  assert.deepEqual(unitBag(relation, 'server/0'), {
    settings: {
      'egress-subnets': '127.64.3.10/32',
      'ingress-address': '127.64.3.10',
      'private-address': '127.64.3.10',
    },
    version: 1,
  });
  assert.equal(isInScope(relation, 'server/0'), true);
  assert.equal(isInScope(relation, 'server/1'), false);
});

test('H135: the egress subnet is the address with all its bits, unless the model says otherwise', () => {
  const egress = (address: string, egressSubnets: readonly string[]): unknown =>
    addressSettings({ address }, { egressSubnets })['egress-subnets'];

  assert.equal(egress('10.0.0.5', []), '10.0.0.5/32');
  assert.equal(egress('fd00::1', []), 'fd00::1/128');
  assert.equal(egress('10.0.0.5', ['192.0.2.0/24', 'fd00::/64']), '192.0.2.0/24,fd00::/64');
});

test('entering twice changes nothing', () => {
  const model = entered(related(), '1', 'server/0');
  assert.equal(enterScope(model, 'server/0', '1', now + 5), model);
});

test('the other side sees who is in scope, in numeric order', () => {
  const model = entered(
    integrate(trialModel(11), 'server:db', 'client').model,
    '1',
    'server/10',
    'server/9',
    'client/0',
  );
  assert.deepEqual(membersOf(model, '1', 'client/0'), ['server/9', 'server/10']);
  assert.deepEqual(membersOf(model, '1', 'server/9'), ['client/0']);
});

test('H60: a peer relation shows the other units only', () => {
  const model = entered(trialModel(), peers, 'server/0', 'server/1');
  assert.deepEqual(membersOf(model, peers, 'server/0'), ['server/1']);
});

test('E40: in a peer relation the other side is the application itself', () => {
  const relation = relationIn(trialModel(), peers);
  assert.equal(isPeer(relation), true);
  assert.equal(remoteApplicationOf(relation, 'server'), 'server');
  assert.equal(otherEndpoint(relation, 'server').name, 'cluster');
});

test('each side’s endpoint is found from the relation', () => {
  const relation = relationIn(related(), '1');
  assert.equal(localEndpoint(relation, 'client').name, 'db');
  assert.equal(remoteApplicationOf(relation, 'client'), 'server');
  assert.throws(() => localEndpoint(relation, 'agent'), { name: 'Error' });
});

test('H41: the bag of a unit that left stays readable', () => {
  const before = writeUnitBag(entered(related(), '1', 'server/0'), '1', 'server/0', { a: '1' });
  const model = leaveScope(before, 'server/0', '1');
  assert.equal(isInScope(relationIn(model, '1'), 'server/0'), false);
  assert.equal(unitBag(relationIn(model, '1'), 'server/0').settings.a, '1');
  assert.equal(leaveScope(model, 'server/0', '1'), model);
  assert.equal(leaveScope(model, 'server/1', '1'), model);
});

test('L48: a unit that comes back starts over with a fresh bag and a new version', () => {
  const before = writeUnitBag(entered(related(), '1', 'server/0'), '1', 'server/0', { a: '1' });
  const model = entered(leaveScope(before, 'server/0', '1'), '1', 'server/0');
  const bag = unitBag(relationIn(model, '1'), 'server/0');
  assert.equal(bag.settings.a, undefined);
  assert.equal(bag.settings['ingress-address'], '127.64.3.10');
  assert.ok(bag.version > unitBag(relationIn(before, '1'), 'server/0').version);
});

test('E68: identical writes leave the model untouched', () => {
  const model = writeUnitBag(entered(related(), '1', 'server/0'), '1', 'server/0', { a: '1' });
  assert.equal(writeUnitBag(model, '1', 'server/0', { a: '1', b: '' }), model);
  const app = writeApplicationBag(model, '1', 'server', { a: '1' });
  assert.equal(writeApplicationBag(app, '1', 'server', { a: '1' }), app);
  assert.deepEqual(applicationBag(relationIn(app, '1'), 'server'), {
    settings: { a: '1' },
    version: 1,
  });
});

test('a bag of a unit that never entered can’t be written and reads as empty', () => {
  const model = related();
  assert.throws(() => writeUnitBag(model, '1', 'server/0', { a: '1' }), { name: 'Error' });
  assert.equal(unitBag(relationIn(model, '1'), 'server/0').version, 0);
  assert.equal(applicationBag(relationIn(model, '1'), 'agent').version, 0);
});

test('a dying unit and a dying relation can’t be entered', () => {
  const message = 'cannot enter scope: unit or relation is not alive';
  const dyingUnit = withUnit(related(), 'server/0', { life: 'dying' });
  assert.throws(
    () => enterScope(dyingUnit, 'server/0', '1', now),
    refusal('cannot-enter-scope', message),
  );
  const held = entered(related(), '1', 'client/0');
  const dyingRelation = removeRelation(held, ['server:db', 'client'], { force: false }, now);
  assert.throws(
    () => enterScope(dyingRelation, 'server/0', '1', now),
    refusal('cannot-enter-scope', message),
  );
});

test('L32: new addresses reach every bag of the unit', () => {
  const before = entered(related(), '1', 'server/0');
  const [machine] = Object.values(before.machines);
  assert.ok(machine !== undefined);
  const moved = {
    ...before,
    machines: { ...before.machines, [machine.id]: { ...machine, address: '127.9.9.9' } },
  };
  const model = refreshAddresses(moved, 'server/0');
  assert.equal(
    unitBag(relationIn(model, '1'), 'server/0').settings['ingress-address'],
    '127.9.9.9',
  );
  assert.equal(refreshAddresses(model, 'server/0'), model);
});

// Container scope: `agent` is a subordinate that may sit beside any unit.

function withAgents(): Model {
  const model = integrate(trialModel(), 'agent:host', 'server').model;
  return entered(model, '1', 'server/0', 'server/1');
}

test('L57: a principal that enters gets its subordinate on its own machine', () => {
  const model = withAgents();
  assert.deepEqual(unitsOf(model, 'agent'), ['agent/0', 'agent/1']);
  const subordinate = unitIn(model, 'agent/0');
  assert.equal(subordinate.principal, 'server/0');
  assert.equal(subordinate.machine, unitIn(model, 'server/0').machine);
  assert.equal(subordinate.workloadStatus.message, 'installing agent');
});

test('L57: entering again makes no second subordinate', () => {
  const left = leaveScope(withAgents(), 'server/0', '1');
  assert.deepEqual(unitsOf(entered(left, '1', 'server/0'), 'agent'), ['agent/0', 'agent/1']);
});

test('L56: principal and subordinate see each other and nobody else', () => {
  const model = entered(withAgents(), '1', 'agent/0', 'agent/1');
  assert.deepEqual(membersOf(model, '1', 'server/1'), ['agent/1']);
  assert.deepEqual(membersOf(model, '1', 'agent/0'), ['server/0']);
});

test('L58: no new subordinate while an earlier one is on its way out', () => {
  const left = leaveScope(withAgents(), 'server/0', '1');
  const model = withUnit(left, 'agent/0', { life: 'dying' });
  assert.throws(
    () => enterScope(model, 'server/0', '1', now),
    refusal(
      'cannot-enter-scope',
      'cannot enter scope yet: non-alive subordinate unit has not been removed',
    ),
  );
});

test('L59: a subordinate’s other relations are global and make no units', () => {
  const model = integrate(withAgents(), 'agent:db', 'server:db').model;
  const both = entered(model, '2', 'server/0', 'agent/0', 'agent/1');
  assert.deepEqual(membersOf(both, '2', 'server/0'), ['agent/0', 'agent/1']);
  assert.deepEqual(unitsOf(both, 'agent'), ['agent/0', 'agent/1']);
});
