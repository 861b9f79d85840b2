import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addUnits } from '#core/juju/deploy.ts';
import { unitsOf } from '#core/juju/find.ts';
import { integrate } from '#core/juju/integrate.ts';
import type { Model } from '#core/juju/model.ts';
import { own } from '#core/juju/own.ts';
import { leaveScope, unitBag } from '#core/juju/relation-scope.ts';
import {
  findRelation,
  removeRelation,
  resumeRelation,
  suspendRelation,
} from '#core/juju/remove-relation.ts';
import { removeApplication, removeUnit, settle } from '#core/juju/remove.ts';
import { enqueueAction } from '#core/juju/tasks.ts';
import { entered, now, placement, refusal, trialModel, unitIn, uniterRemoved } from './samples.ts';

const gently = { force: false };
const byForce = { force: true };
const later = now + 1000;

/** Server and client related and entered, and the server’s peers too. */
function related(): Model {
  const { model } = integrate(trialModel(), 'server:db', 'client');
  const peers = entered(model, '0', 'server/0', 'server/1');
  return entered(peers, '1', 'server/0', 'server/1', 'client/0');
}

/** A unit whose agent has gone through all of its teardown. */
function gone(model: Model, ...units: readonly string[]): Model {
  const left = units.reduce(
    (result, unit) =>
      Object.keys(result.relations).reduce((each, id) => leaveScope(each, unit, id), result),
    model,
  );
  return settle(units.reduce(uniterRemoved, left), later);
}

test('removing a unit only asks: it stays until its agent is through', () => {
  const model = removeUnit(related(), 'server/1', gently, later);
  assert.equal(unitIn(model, 'server/1').life, 'dying');
  assert.equal(own(model.relations, '1')?.units['server/1']?.inScope, true);
  assert.equal(removeUnit(model, 'server/1', gently, later), model);
});

test('L60: a unit that is through leaves with its machine and storage, its bags stay', () => {
  const model = gone(removeUnit(related(), 'server/1', gently, later), 'server/1');
  assert.deepEqual(unitsOf(model, 'server'), ['server/0']);
  assert.deepEqual(Object.keys(model.machines), ['0', '2']);
  assert.deepEqual(Object.keys(model.storage), ['data/0']);
  const relation = own(model.relations, '1');
  assert.ok(relation !== undefined);
  assert.equal(relation.units['server/1']?.inScope, false);
  assert.equal(unitBag(relation, 'server/1').settings['ingress-address'], '127.64.3.11');
});

test('a machine stays while another unit is on it', () => {
  const shared = addUnits(trialModel(1), 'server', 1, ['0'], placement, now);
  const model = gone(removeUnit(shared, 'server/0', gently, later), 'server/0');
  assert.deepEqual(Object.keys(model.machines), ['0', '1']);
});

test('unit numbers are not used again', () => {
  const model = gone(removeUnit(related(), 'server/1', gently, later), 'server/1');
  assert.deepEqual(unitsOf(addUnits(model, 'server', 1, [], placement, later), 'server'), [
    'server/0',
    'server/2',
  ]);
});

test('D6: leadership is free once its holder is gone', () => {
  const before = related();
  const application = before.applications.server;
  assert.ok(application !== undefined);
  const led = (holder: string): Model => ({
    ...before,
    applications: {
      ...before.applications,
      server: { ...application, lease: { holder, expiresAt: now + 60_000 } },
    },
  });
  const remove = (model: Model): Model =>
    gone(removeUnit(model, 'server/1', gently, later), 'server/1');
  assert.equal(remove(led('server/1')).applications.server?.lease, null);
  assert.equal(remove(led('server/0')).applications.server?.lease?.holder, 'server/0');
});

test('tasks of a unit that is gone end with it', () => {
  const request = { units: ['server/0', 'server/1'], action: 'ping', parameters: {} };
  const { model, tasks } = enqueueAction(related(), request, now);
  const [first = '', second = ''] = tasks;
  const task = model.tasks[second];
  assert.ok(task !== undefined);
  const running: Model = {
    ...model,
    tasks: { ...model.tasks, [second]: { ...task, status: 'running' } },
  };
  const after = (before: Model): Model =>
    gone(removeUnit(before, 'server/1', gently, later), 'server/1');
  assert.equal(after(model).tasks[second]?.status, 'cancelled');
  assert.equal(after(running).tasks[second]?.status, 'aborted');
  assert.equal(after(running).tasks[second]?.completedAt, later);
  assert.equal(after(model).tasks[first]?.status, 'pending');
});

test('a unit’s own secrets go with it, and so does what it tracked and was granted', () => {
  const secret = {
    id: 'x',
    label: '',
    description: '',
    rotate: 'never',
    nextRotateAt: null,
    revisions: [],
    grants: [
      { relation: '1', consumer: 'client/0' },
      { relation: '1', consumer: 'client' },
    ],
    consumers: { 'client/0': { revision: 1, label: '' } },
  };
  const model: Model = {
    ...related(),
    secrets: {
      a: { ...secret, id: 'a', owner: { kind: 'unit', name: 'client/0' } },
      b: { ...secret, id: 'b', owner: { kind: 'application', name: 'server' } },
      c: {
        ...secret,
        id: 'c',
        owner: { kind: 'unit', name: 'server/0' },
        grants: [],
        consumers: {},
      },
    },
  };
  const after = gone(removeUnit(model, 'client/0', gently, later), 'client/0');
  assert.deepEqual(Object.keys(after.secrets), ['b', 'c']);
  assert.deepEqual(after.secrets.b?.grants, [{ relation: '1', consumer: 'client' }]);
  assert.deepEqual(after.secrets.b.consumers, {});
  assert.equal(after.secrets.c, model.secrets.c);
});

test('L63: force cuts a unit off with no hooks', () => {
  const model = removeUnit(related(), 'server/1', byForce, later);
  assert.deepEqual(unitsOf(model, 'server'), ['server/0']);
  assert.equal(own(model.relations, '1')?.units['server/1']?.inScope, false);
});

test('L47: a relation on its way out lasts until the last unit has left it', () => {
  const dying = removeRelation(related(), ['server:db', 'client'], gently, later);
  assert.equal(own(dying.relations, '1')?.life, 'dying');
  const half = settle(leaveScope(leaveScope(dying, 'server/0', '1'), 'server/1', '1'), later);
  assert.equal(own(half.relations, '1')?.life, 'dying');
  const model = settle(leaveScope(half, 'client/0', '1'), later);
  assert.deepEqual(Object.keys(model.relations), ['0']);
});

test('a relation nobody entered goes at once, and by force any', () => {
  const { model } = integrate(trialModel(), 'server:db', 'client');
  assert.deepEqual(Object.keys(removeRelation(model, ['1'], gently, later).relations), ['0']);
  assert.deepEqual(Object.keys(removeRelation(related(), ['db:1'], byForce, later).relations), [
    '0',
  ]);
});

test('H193: what was granted over a relation goes with it', () => {
  const grants = [
    { relation: '1', consumer: 'client' },
    { relation: '', consumer: 'client' },
  ];
  const secret = {
    id: 'b',
    owner: { kind: 'application', name: 'server' },
    label: '',
    description: '',
    rotate: 'never',
    nextRotateAt: null,
    revisions: [],
    grants,
    consumers: {},
  } as const;
  const model: Model = {
    ...related(),
    secrets: { b: secret, c: { ...secret, id: 'c', grants: [] } },
  };
  const after = removeRelation(model, ['1'], byForce, later);
  assert.deepEqual(after.secrets.b?.grants, [{ relation: '', consumer: 'client' }]);
});

test('peer relations can’t be removed or suspended', () => {
  const problem = (verb: string): object =>
    refusal('not-valid', `cannot ${verb} relation "server:cluster": is a peer relation`);
  assert.throws(() => removeRelation(trialModel(), ['0'], gently, later), problem('destroy'));
  assert.throws(() => suspendRelation(trialModel(), '0'), problem('suspend'));
  assert.throws(() => resumeRelation(trialModel(), '0'), problem('resume'));
});

test('L48: a relation is suspended and resumed', () => {
  const model = suspendRelation(related(), '1');
  assert.equal(own(model.relations, '1')?.suspended, true);
  assert.equal(suspendRelation(model, '1'), model);
  assert.equal(own(resumeRelation(model, '1').relations, '1')?.suspended, false);
});

test('a relation is found by its number, its endpoints or its applications', () => {
  const model = related();
  for (const references of [['1'], ['db:1'], ['client', 'server'], ['server:db', 'client:db']]) {
    assert.equal(findRelation(model, references).id, '1');
  }
  assert.throws(
    () => findRelation(model, ['client:site', 'server']),
    refusal('not-found', 'relation "client:site server" not found'),
  );
  assert.throws(() => findRelation(model, ['9']), refusal('not-found', 'relation 9 not found'));
  for (const references of [[], ['a', 'b', 'c']]) {
    assert.throws(
      () => findRelation(model, references),
      refusal('bad-request', 'a relation must involve two applications'),
    );
  }
  const two = integrate(model, 'client:site', 'server').model;
  assert.throws(
    () => findRelation(two, ['client', 'server']),
    refusal(
      'ambiguous',
      'ambiguous relation: "client server" could refer to "client:db server:db"; "client:site server:web"',
    ),
  );
});

test('T5: removing an application ends its units and its relations, not its peers', () => {
  const model = removeApplication(related(), 'server', gently, later);
  assert.equal(model.applications.server?.life, 'dying');
  assert.equal(unitIn(model, 'server/0').life, 'dying');
  assert.equal(unitIn(model, 'client/0').life, 'alive');
  assert.equal(own(model.relations, '1')?.life, 'dying');
  assert.equal(own(model.relations, '0')?.life, 'alive');
});

test('T5: an application goes when its units and the other side have left', () => {
  const dying = removeApplication(related(), 'server', gently, later);
  const unitsGone = gone(dying, 'server/0', 'server/1');
  assert.ok(unitsGone.applications.server !== undefined);
  const model = settle(leaveScope(unitsGone, 'client/0', '1'), later);
  assert.deepEqual(Object.keys(model.applications), ['client', 'agent']);
  assert.deepEqual(model.relations, {});
});

test('an application’s secrets go with it', () => {
  const secret = {
    label: '',
    description: '',
    rotate: 'never',
    nextRotateAt: null,
    revisions: [],
    grants: [],
    consumers: {},
  };
  const model: Model = {
    ...trialModel(),
    secrets: {
      a: { ...secret, id: 'a', owner: { kind: 'application', name: 'server' } },
      b: { ...secret, id: 'b', owner: { kind: 'model', name: 'server' } },
    },
  };
  assert.deepEqual(Object.keys(removeApplication(model, 'server', byForce, later).secrets), ['b']);
});

test('an application without units and relations goes at once', () => {
  const model = removeApplication(trialModel(), 'agent', gently, later);
  assert.deepEqual(Object.keys(model.applications), ['server', 'client']);
});

test('L63: force removes an application with its units at once', () => {
  const model = removeApplication(related(), 'server', byForce, later);
  assert.deepEqual(Object.keys(model.units), ['client/0']);
  // The client still has its own departed and broken to run.
  assert.equal(own(model.relations, '1')?.life, 'dying');
});

// Subordinates.

function withAgents(): Model {
  const { model } = integrate(trialModel(), 'agent:host', 'server');
  const principals = entered(model, '1', 'server/0', 'server/1');
  return entered(principals, '1', 'agent/0', 'agent/1');
}

test('a subordinate is not removed by itself', () => {
  assert.throws(
    () => removeUnit(withAgents(), 'agent/0', gently, later),
    refusal(
      'not-valid',
      'unit "agent/0" is a subordinate, to remove use remove-relation. ' +
        'Note: this will remove all units of "agent"',
    ),
  );
});

test('L58: a dying principal takes its subordinate along, which goes first', () => {
  const dying = removeUnit(withAgents(), 'server/0', gently, later);
  assert.equal(unitIn(dying, 'agent/0').life, 'dying');
  assert.equal(unitIn(dying, 'agent/1').life, 'alive');
  const waiting = gone(dying, 'server/0');
  assert.ok(waiting.units['server/0'] !== undefined);
  const model = gone(waiting, 'agent/0');
  assert.deepEqual(Object.keys(model.units).sort(), ['agent/1', 'client/0', 'server/1']);
});

test('L58: subordinates die when the relation to their principal ends', () => {
  const model = removeRelation(withAgents(), ['agent', 'server'], gently, later);
  assert.equal(unitIn(model, 'agent/0').life, 'dying');
  assert.equal(unitIn(model, 'agent/1').life, 'dying');
  assert.equal(unitIn(model, 'server/0').life, 'alive');
});

test('removing a subordinate application ends its units', () => {
  const model = removeApplication(withAgents(), 'agent', gently, later);
  assert.equal(unitIn(model, 'agent/0').life, 'dying');
  assert.equal(own(model.relations, '1')?.life, 'dying');
});

test('L63: force takes a principal’s subordinates with it', () => {
  const model = removeUnit(withAgents(), 'server/0', byForce, later);
  assert.deepEqual(unitsOf(model, 'agent'), ['agent/1']);
  assert.deepEqual(Object.keys(removeApplication(withAgents(), 'server', byForce, later).units), [
    'client/0',
  ]);
});

test('a model in which nothing ends is left alone', () => {
  const model = withAgents();
  assert.equal(settle(model, later), model);
});

test('property: however things end, in the end nothing is left, and no reference dangles', () => {
  const steps = fc.array(fc.constantFrom('unit', 'relation', 'client', 'agent', 'server', 'pass'), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(steps, fc.boolean(), (chosen, force) => {
      const start = integrate(withAgents(), 'server:db', 'client').model;
      let model = entered(start, '2', 'server/0', 'client/0');
      const both = { force };
      for (const step of [...chosen, 'server', 'client', 'agent', 'pass']) {
        if (step === 'unit' && own(model.units, 'server/1') !== undefined) {
          model = removeUnit(model, 'server/1', both, later);
        } else if (step === 'relation' && own(model.relations, '1') !== undefined) {
          model = removeRelation(model, ['1'], both, later);
        } else if (step === 'pass') {
          const dying = Object.values(model.units).filter((unit) => unit.life === 'dying');
          model = gone(model, ...dying.map((unit) => unit.name));
        } else if (own(model.applications, step) !== undefined) {
          model = removeApplication(model, step, both, later);
        }
        for (const unit of Object.values(model.units)) {
          assert.ok(own(model.machines, unit.machine) !== undefined);
          assert.ok(own(model.applications, unit.application) !== undefined);
          assert.ok(unit.principal === null || own(model.units, unit.principal) !== undefined);
        }
        for (const relation of Object.values(model.relations)) {
          for (const [name, entry] of Object.entries(relation.units)) {
            assert.ok(!entry.inScope || own(model.units, name) !== undefined);
          }
        }
        assert.equal(settle(model, later), model);
      }
      // What is left is held by units whose agents have not left the scope yet: let them.
      for (const [id, relation] of Object.entries(model.relations)) {
        for (const unit of Object.keys(relation.units)) model = leaveScope(model, unit, id);
      }
      model = settle(model, later);
      assert.deepEqual(
        [model.units, model.relations, model.applications, model.machines],
        [{}, {}, {}, {}],
      );
    }),
  );
});
