// The leader, the primary, and what becomes of what a hook wrote when Juju refuses it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '#interfaces/ports.ts';
import { relationState } from '#charm/testing/charm-state.ts';
import * as events from '#charm/testing/events.ts';
import { UnitUnderTest } from './unit-under-test.ts';

/** Puts into the peer relation what the leader wrote there, and tells the unit. */
async function leaderWrites(unit: UnitUnderTest, settings: Settings): Promise<void> {
  const [peer] = unit.state.peers;
  assert.ok(peer !== undefined);
  const ownApplicationBag = { ...peer.ownApplicationBag, ...settings };
  unit.state = { ...unit.state, peers: [{ ...peer, ownApplicationBag }] };
  await unit.run(events.relationChanged('cluster:0', 'postgresql'));
}

/** A unit that leads while postgresql/0 runs the primary. */
async function leaderBesidePrimary(): Promise<UnitUnderTest> {
  const unit = new UnitUnderTest({ unit: 'postgresql/1', leader: true });
  await unit.deploy({ primary: 'postgresql/0' });
  return unit;
}

test('the primary stays where its data are when another unit comes to lead', async () => {
  const unit = await leaderBesidePrimary();
  await unit.run(events.leaderElected());

  assert.equal(unit.leaderSettings['primary'], 'postgresql/0');
  assert.match(unit.status, /^waiting: Waiting: postgresql\/0 is the primary/);
  assert.equal(unit.machine.converges.length, 0);
});

test('a leader that is not the primary chooses the password of a new client, once, and publishes nothing', async () => {
  const unit = await leaderBesidePrimary();
  await unit.relate(1);

  assert.equal(unit.leaderSettings['password.juju_app'], 'Secret1');
  assert.deepEqual(unit.bag('db:1'), {});
  assert.deepEqual(unit.relation('db:1').ownApplicationBag, {});
  await unit.run(events.relationChanged('db:1', 'app/0'));
  await unit.run(events.updateStatus());
  assert.equal(unit.leaderSettings['password.juju_app'], 'Secret1');
});

test('a leader that is not the primary looks at one client in its hook, however many wait', async () => {
  const unit = await leaderBesidePrimary();
  const first = await unit.relate(1, { application: 'app1' });
  for (const id of [2, 3, 4]) await unit.relate(id, { application: `app${id}` });
  const last = await unit.relate(5, { application: 'app5' });

  assert.equal(last.toolCalls.length, first.toolCalls.length);
  const idle = await unit.run(events.configChanged());
  assert.ok(!idle.toolCalls.some(({ tool }) => tool === 'is-leader'));
});

test('a unit that comes to lead chooses for the clients that came before it did', async () => {
  const unit = new UnitUnderTest({ unit: 'postgresql/1', leader: false });
  await unit.deploy({ primary: 'postgresql/0' });
  await unit.relate(1);
  await unit.relate(2, { application: 'other' });
  await unit.relate(3, { application: 'bad', units: { 'bad/0': { database: 'postgres' } } });
  assert.deepEqual(Object.keys(unit.leaderSettings), ['primary']);

  unit.state = { ...unit.state, leader: true };
  await unit.run(events.leaderElected());

  assert.deepEqual(Object.keys(unit.leaderSettings).sort(), [
    'password.juju_app',
    'password.juju_other',
    'primary',
  ]);
});

test('a unit that is neither has no part in serving, and forgets relations that are gone', async () => {
  const unit = new UnitUnderTest({ unit: 'postgresql/1', leader: false });
  await unit.deploy({ primary: 'postgresql/0' });
  await unit.relate(1, { units: { 'app/0': { database: 'postgres' } } });
  await unit.unrelate('db:1');

  assert.match(unit.status, /^waiting/);
  assert.equal(unit.machine.converges.length, 0);
  assert.ok(!Object.keys(unit.state.unitData).some((key) => key.includes('departed.')));
});

test('a primary that does not lead serves with the password the leader chose, in its own bag only', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.state = { ...unit.state, leader: false };
  const before = unit.machine.converges.length;
  await unit.relate(1);
  assert.match(
    unit.status,
    /^waiting: Waiting for the leader to choose the password of relation db:1/,
  );
  assert.equal(unit.machine.converges.length, before, 'nothing to do for PostgreSQL yet');

  await leaderWrites(unit, { 'password.juju_app': 'OfTheLeader' });

  assert.equal(unit.bag('db:1')['password'], 'OfTheLeader');
  assert.deepEqual(unit.relation('db:1').ownApplicationBag, {});
  assert.match(unit.status, /^active/);
  await unit.unrelate('db:1');
  assert.deepEqual(
    unit.machine.lastConverge.revoke.map(({ user }) => user),
    ['juju_app'],
  );
  assert.equal(unit.leaderSettings['password.juju_app'], 'OfTheLeader', "the leader's to forget");
});

test('a unit does not take over from a primary that left for good: it would hand out empty databases', async () => {
  const unit = await leaderBesidePrimary();
  const [peer] = unit.state.peers;
  assert.ok(peer !== undefined);
  unit.state = {
    ...unit.state,
    peers: [{ ...peer, units: { 'postgresql/0': {}, 'postgresql/2': {} } }],
  };
  await unit.run(events.relationDeparted('cluster:0', 'postgresql/2'));
  assert.match(unit.status, /^waiting/);
  await unit.run(events.relationDeparted('cluster:0', 'postgresql/0'));

  assert.match(unit.status, /^blocked: postgresql\/0 had the databases and is gone/);
  assert.equal(unit.leaderSettings['primary'], 'postgresql/0');
});

test('a primary that is itself removed does not call itself gone', async () => {
  const unit = await UnitUnderTest.deployed();
  const [peer] = unit.state.peers;
  assert.ok(peer !== undefined);
  unit.state = { ...unit.state, peers: [{ ...peer, units: { 'postgresql/1': {} } }] };
  await unit.run(events.relationDeparted('cluster:0', 'postgresql/1', 'postgresql/0'));

  assert.match(unit.status, /^active/);
});

test('L20: a claim comes only after there is a peer relation to write it to', async () => {
  const unit = new UnitUnderTest();
  const outcome = await unit.run(events.install());

  assert.equal(outcome.ok, true);
  assert.match(unit.status, /^waiting: Waiting for the leader to choose the primary/);
});

test('E64: what Juju refused is published by the hook that is run again, credentials and all', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.state = {
    ...unit.state,
    relations: [
      relationState({ id: 1, endpoint: 'db', remoteApplication: 'app', units: { 'app/0': {} } }),
    ],
  };
  await unit.run(events.relationJoined('db:1', 'app/0'));
  const refused = await unit.try(events.relationChanged('db:1', 'app/0'), {
    commitFailure: 'the controller is away',
  });
  assert.equal(refused.ok, false);
  assert.deepEqual(unit.bag('db:1'), {});

  await unit.run(events.relationChanged('db:1', 'app/0'));

  assert.equal(unit.bag('db:1')['password'], unit.machine.users.get('juju_app'));
  assert.equal(unit.leaderSettings['password.juju_app'], unit.machine.users.get('juju_app'));
  assert.match(unit.status, /^active/);
});

test('E64: another publication that Juju refused leaves the client with what it had until it is repeated', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  const before = unit.bag('db:1');
  unit.state = { ...unit.state, config: { port: 5433 } };
  await unit.try(events.configChanged(), { commitFailure: 'the controller is away' });
  assert.deepEqual(unit.bag('db:1'), before);
  assert.deepEqual(
    unit.state.openedPorts.map(({ range }) => range),
    ['5432/tcp'],
  );

  await unit.run(events.configChanged());

  assert.equal(unit.bag('db:1')['port'], '5433');
  assert.equal(unit.bag('db:1')['password'], before['password']);
  assert.deepEqual(
    unit.state.openedPorts.map(({ range }) => range),
    ['5433/tcp'],
  );
});

test('a relation that went unnoticed, as after a hook that was skipped, needs no confirmation', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  unit.state = { ...unit.state, relations: [] };

  assert.equal((await unit.try(events.updateStatus())).ok, true);
});
