import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCharm } from '#core/juju/deploy.ts';
import { integrate } from '#core/juju/integrate.ts';
import type { Model } from '#core/juju/model.ts';
import { relationKey } from '#core/juju/new-relation.ts';
import { own } from '#core/juju/own.ts';
import { charm, deployed, emptyModel, head, refusal, trialModel } from './samples.ts';
import { removeApplication } from '#core/juju/remove.ts';
import { entered, now } from './samples.ts';

function related(left: string, right: string, model: Model = trialModel()): string {
  const outcome = integrate(model, left, right);
  return relationKey(own(outcome.model.relations, outcome.relation)?.endpoints ?? []);
}

test('endpoints are inferred from the interface and the roles', () => {
  assert.equal(related('client:site', 'server'), 'client:site server:web');
  assert.equal(related('server:db-admin', 'client'), 'client:db server:db-admin');
});

test('the order of the two sides does not matter, and the provider comes first', () => {
  const { model, relation } = integrate(trialModel(), 'client:db', 'server:db');
  const found = own(model.relations, relation);
  assert.deepEqual(found?.endpoints, [
    { application: 'server', name: 'db', role: 'provider', interface: 'sql' },
    { application: 'client', name: 'db', role: 'requirer', interface: 'sql' },
  ]);
  assert.equal(found.scope, 'global');
  assert.deepEqual(Object.keys(found.applicationBags).sort(), ['client', 'server']);
  assert.equal(related('server:db', 'client:db'), 'client:db server:db');
});

test('two possibilities are one too many', () => {
  assert.throws(
    () => integrate(trialModel(), 'client:db', 'server'),
    refusal(
      'ambiguous',
      'ambiguous relation: "client:db server" could refer to ' +
        '"client:db server:db"; "client:db server:db-admin"',
    ),
  );
});

test('nothing that fits is said so', () => {
  assert.throws(
    () => integrate(trialModel(), 'client:db', 'server:web'),
    refusal('not-found', 'no relations found'),
  );
  assert.throws(
    () => integrate(trialModel(), 'server', 'server'),
    refusal('not-found', 'no relations found'),
  );
});

test('an endpoint the application does not have is said so', () => {
  assert.throws(
    () => integrate(trialModel(), 'client:nope', 'server'),
    refusal('not-found', 'application "client" has no "nope" relation'),
  );
  assert.throws(
    () => integrate(trialModel(), 'nobody', 'server'),
    refusal('not-found', 'application "nobody" not found'),
  );
});

test('F5: what every charm provides is meant only when nothing else fits', () => {
  assert.equal(related('agent:host', 'client'), 'agent:host client:juju-info');
  const both = charm(
    `${head('both')}subordinate: true\nrequires: {host: {interface: juju-info, scope: container}, db: other}\n`,
  );
  const other = charm(`${head('other')}provides: {db: other}\n`);
  const model = [
    { application: 'both', charmUrl: both.url },
    { application: 'other', charmUrl: other.url },
  ].reduce(deployed, [both, other].reduce(addCharm, emptyModel()));
  assert.equal(related('both', 'other', model), 'both:db other:db');
});

test('the same relation is not made twice', () => {
  const { model } = integrate(trialModel(), 'server:db', 'client');
  const message =
    'cannot add relation "client:db server:db": relation client:db server:db already exists';
  assert.throws(() => integrate(model, 'client', 'server:db'), refusal('already-exists', message));
});

test('L49: while it is being removed it still exists, and the next gets a new number', () => {
  const { model, relation } = integrate(trialModel(), 'server:db', 'client');
  const held = own(model.relations, relation);
  assert.ok(held !== undefined);
  const dying: Model = { ...model, relations: { [relation]: { ...held, life: 'dying' } } };
  assert.throws(() => integrate(dying, 'server:db', 'client'), {
    code: 'already-exists',
    hint: /wait until it is gone/u,
  });
  const { [relation]: _gone, ...relations } = model.relations;
  assert.equal(integrate({ ...model, relations }, 'server:db', 'client').relation, '2');
});

test('F2: an endpoint’s limit is kept', () => {
  const second = deployed(trialModel(), { application: 'second', charmUrl: 'local:client-0' });
  const { model } = integrate(second, 'client:site', 'server');
  assert.throws(
    () => integrate(model, 'second:site', 'server'),
    refusal(
      'quota-exceeded',
      'cannot add relation "second:site server:web": establishing a new relation for ' +
        'server:web would exceed its maximum relation limit of 1',
    ),
  );
});

test('an application on its way out takes part in nothing new', () => {
  const { model } = integrate(trialModel(), 'client:site', 'server');
  const held = entered(model, '1', 'server/0', 'client/0');
  const dying = removeApplication(held, 'client', { force: false }, now);
  assert.throws(
    () => integrate(dying, 'client:db', 'server:db'),
    refusal(
      'not-valid',
      'cannot add relation "client:db server:db": application "client" is not alive',
    ),
  );
});

test('L56: one side asking for a container makes the relation container-scoped', () => {
  const { model, relation } = integrate(trialModel(), 'agent:host', 'server');
  assert.equal(own(model.relations, relation)?.scope, 'container');
});

test('L56: a container needs a subordinate in it', () => {
  const close = charm(`${head('close')}requires: {db: {interface: sql, scope: container}}\n`);
  const model = deployed(addCharm(trialModel(), close), {
    application: 'close',
    charmUrl: close.url,
  });
  assert.throws(
    () => integrate(model, 'close', 'server:db'),
    refusal(
      'not-valid',
      /container scoped relation requires at least one subordinate application$/u,
    ),
  );
});

test('a subordinate runs on its principal’s base', () => {
  const model = deployed(emptyModel(), {
    application: 'server',
    charmUrl: 'local:server-0',
    base: 'ubuntu@22.04',
  });
  const both = deployed(model, { application: 'agent', charmUrl: 'local:agent-0' });
  assert.throws(
    () => integrate(both, 'agent:host', 'server'),
    refusal('not-valid', /principal and subordinate applications' bases must match$/u),
  );
});
