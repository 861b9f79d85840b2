// From nothing to a server that runs, and everything that can be in the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerState } from '#charm/testing/charm-state.ts';
import * as events from '#charm/testing/events.ts';
import { trouble } from './fake-machine.ts';
import { UnitUnderTest } from './unit-under-test.ts';

test('T1: the first unit installs, claims the primary, and makes a cluster on its storage', async () => {
  const unit = await UnitUnderTest.deployed();

  assert.equal(unit.status, 'active: Primary, PostgreSQL 15.18 at 10.0.0.10:5432');
  assert.deepEqual(unit.machine.installs, [{ command: 'install', version: '' }]);
  assert.deepEqual(unit.leaderSettings, { primary: 'postgresql/0' });
  assert.equal(unit.state.workloadVersion, '15.18');
  assert.deepEqual(unit.state.openedPorts, [{ range: '5432/tcp', endpoint: '' }]);
  assert.deepEqual(unit.machine.lastConverge, {
    command: 'converge',
    server: {
      binDirectory: '/opt/pg/bin',
      dataDirectory: '/srv/pgdata/main',
      socketDirectory: '/srv/pgdata/run',
      logDirectory: '/srv/pgdata/log',
      listenAddress: '10.0.0.10',
      port: 5432,
      runAs: null,
      mayInitialise: true,
      mayRestart: true,
      clusterName: 'postgresql',
      locale: 'C.UTF-8',
      encoding: 'UTF8',
      parameters: { max_connections: '100' },
    },
    clients: [],
    adminAddresses: [],
    extraHba: [],
    access: [],
    revoke: [],
  });
});

test('T48: a hook with nothing to do asks for one key and sets the status, and calls no program', async () => {
  const unit = await UnitUnderTest.deployed();
  const calls = unit.machine.converges.length;

  const outcome = await unit.run(events.updateStatus());

  assert.deepEqual(
    outcome.toolCalls.map(({ tool }) => tool),
    ['relation-get', 'status-set'],
  );
  assert.equal(unit.machine.converges.length, calls);
});

test('the cluster is made once: a later call may not start with an empty data directory', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.run(events.upgradeCharm());

  assert.equal(unit.machine.lastConverge.server.mayInitialise, false);
});

test('L23: a claim in a hook that Juju refuses counts for nothing', async () => {
  const unit = new UnitUnderTest();
  await unit.run(events.storageAttached('pgdata/0'));
  await unit.run(events.install());
  unit.state = { ...unit.state, peers: [peerState({ id: 0, endpoint: 'cluster' })] };

  const lost = await unit.try(events.relationCreated('cluster:0'), { leadershipLost: true });

  assert.equal(lost.ok, false);
  assert.deepEqual(unit.leaderSettings, {});
  assert.equal(unit.machine.converges.length, 0);
  unit.state = { ...unit.state, leader: false };
  await unit.run(events.relationCreated('cluster:0'));
  assert.equal(unit.status, 'waiting: Waiting for the leader to choose the primary');
});

test('a second unit waits and says for what, and starts no server of its own', async () => {
  const unit = new UnitUnderTest({ unit: 'postgresql/1', leader: false });
  await unit.deploy({ primary: 'postgresql/0' });

  assert.equal(
    unit.status,
    'waiting: Waiting: postgresql/0 is the primary, and this unit has no part until replication is available',
  );
  assert.equal(unit.machine.converges.length, 0);
  assert.deepEqual(unit.state.openedPorts, []);
});

test('the first hook in which this unit is the primary by a committed claim makes the cluster', async () => {
  const unit = new UnitUnderTest();
  await unit.run(events.storageAttached('pgdata/0'));
  await unit.run(events.install());

  assert.equal(unit.status, 'waiting: Waiting for the leader to choose the primary');
  assert.equal(unit.machine.converges.length, 0);
});

test('packages that can not be installed are named with what to do, since when, and tried again', async () => {
  const unit = new UnitUnderTest();
  unit.machine.installProblem = trouble('INSTALL_FAILED', 'Cannot install package postgresql');
  await unit.deploy();
  const later = { ...unit.state, now: unit.state.now + 3_600_000 };

  assert.equal(
    unit.status,
    'blocked: Cannot install package postgresql (since 2026-01-05T08:00Z). Do something about it',
  );
  unit.state = later;
  await unit.run(events.updateStatus());
  assert.match(unit.status, /since 2026-01-05T08:00Z/);

  unit.machine.installProblem = null;
  await unit.run(events.updateStatus());
  assert.match(unit.status, /^active: Primary/);
  assert.equal(unit.machine.converges.length, 1);
});

test('another kind of problem has a beginning of its own', async () => {
  const unit = new UnitUnderTest();
  unit.machine.installProblem = trouble('INSTALL_FAILED');
  await unit.deploy();
  unit.machine.installProblem = trouble('NOT_INSTALLED');
  unit.state = { ...unit.state, now: unit.state.now + 3_600_000 };
  await unit.run(events.updateStatus());

  assert.match(unit.status, /NOT_INSTALLED \(since 2026-01-05T09:00Z\)/);
});

test('a port in use keeps the server down, says so, and every hook tries again', async () => {
  const unit = new UnitUnderTest();
  unit.machine.serverProblem = trouble('PORT_IN_USE', 'Cannot listen on port 5432');
  await unit.deploy();
  const before = unit.machine.converges.length;

  assert.match(unit.status, /^blocked: Cannot listen on port 5432 \(since/);
  assert.deepEqual(unit.state.openedPorts, []);
  await unit.run(events.updateStatus());
  assert.equal(unit.machine.converges.length, before + 1);

  unit.machine.serverProblem = null;
  await unit.run(events.updateStatus());
  assert.match(unit.status, /^active/);
});

test('a server that died is started again by the next hook, whichever it is', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.isAlive = false;
  const before = unit.machine.converges.length;

  await unit.run(events.updateStatus());

  assert.equal(unit.machine.converges.length, before + 1);
  assert.match(unit.status, /^active/);
});

test('a server that does not come up again is blocked with the reason, and clients keep what they have', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  const bag = unit.bag('db:1');
  unit.machine.isAlive = false;
  unit.machine.serverProblem = trouble('START_FAILED', 'Cannot start PostgreSQL');

  await unit.run(events.updateStatus());

  assert.match(unit.status, /^blocked: Cannot start PostgreSQL \(since/);
  assert.deepEqual(unit.bag('db:1'), bag);
});

test('a server that is dead at the end of a hook is not called active', async () => {
  const unit = await UnitUnderTest.deployed();
  const { machine } = unit;
  machine.isServerAlive = () => false;

  await unit.run(events.updateStatus());

  assert.match(unit.status, /^blocked: PostgreSQL 15.18 is not running; it is started again/);
});

test('a unit without storage waits for it', async () => {
  const unit = new UnitUnderTest({ storage: [] });
  await unit.run(events.install());
  unit.state = { ...unit.state, peers: [peerState({ id: 0, endpoint: 'cluster' })] };
  await unit.run(events.relationCreated('cluster:0'));
  await unit.run(events.configChanged());

  assert.equal(unit.status, 'waiting: Waiting for storage pgdata');
  assert.equal(unit.machine.converges.length, 0);
});

test('storage taken away stops the server first, and brings its cluster back when it returns', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.run(events.storageDetaching('pgdata/0'));

  assert.equal(unit.machine.stops.length, 1);
  assert.match(unit.status, /^blocked: Storage pgdata was taken away and PostgreSQL is stopped/);
  const before = unit.machine.converges.length;
  await unit.run(events.configChanged());
  assert.equal(unit.machine.converges.length, before);

  unit.state = { ...unit.state, storage: [{ id: 'pgdata/0', location: '/srv/other' }] };
  await unit.run(events.storageAttached('pgdata/0'));
  assert.equal(unit.machine.lastConverge.server.dataDirectory, '/srv/other/main');
  assert.equal(unit.machine.lastConverge.server.mayInitialise, false);
  assert.match(unit.status, /^active/);
});

test('storage whose cluster is gone is a problem to be told, not a reason for an empty cluster', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.isAlive = false;
  unit.machine.serverProblem = trouble('DATA_DIRECTORY_EMPTY', 'Cannot start: no cluster');

  await unit.run(events.updateStatus());

  assert.equal(unit.machine.lastConverge.server.mayInitialise, false);
  assert.match(unit.status, /^blocked: Cannot start: no cluster/);
});

test('L60: a server that does not stop keeps its storage: the hook fails and is run again', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.stopProblem = trouble('STOP_FAILED', 'Cannot stop PostgreSQL');

  const outcome = await unit.try(events.storageDetaching('pgdata/0'));

  assert.equal(outcome.ok, false);
  assert.match(String(outcome.error), /still runs on it\. Cannot stop PostgreSQL/);
  unit.machine.stopProblem = null;
  assert.equal((await unit.try(events.storageDetaching('pgdata/0'))).ok, true);
});

test('L60: in the order of a removal the server is stopped once, and nothing starts it again', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  const before = unit.machine.converges.length;

  await unit.run(events.storageDetaching('pgdata/0'));
  await unit.run(events.relationDeparted('db:1', 'app/0', 'postgresql/0'));
  await unit.run(events.relationBroken('db:1'));
  await unit.run(events.stop());
  assert.equal(unit.status, 'maintenance: Stopping PostgreSQL');
  await unit.run(events.remove());

  assert.equal(unit.machine.stops.length, 1);
  assert.equal(unit.machine.converges.length, before);
  assert.equal(unit.machine.isAlive, false);
});

test('a unit that was stopped and is started again takes up its work', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.run(events.stop());
  assert.equal(unit.machine.stops.length, 1);

  await unit.run(events.updateStatus());
  assert.equal(unit.machine.isAlive, false);
  await unit.run(events.start());
  assert.equal(unit.machine.isAlive, true);
  assert.match(unit.status, /^active/);
});

test('a stop before there is a server does nothing but say so', async () => {
  const unit = new UnitUnderTest();
  await unit.run(events.stop());

  assert.equal(unit.machine.stops.length, 0);
  assert.equal(unit.status, 'maintenance: Stopping PostgreSQL');
});

test('the action explain tells which handlers the last hook ran', async () => {
  const unit = await UnitUnderTest.deployed();

  const { actionResult } = await unit.run(events.action('explain'));

  assert.equal(actionResult?.status, 'completed');
  assert.match(String(actionResult?.results['explanation']), /Handlers of the hook start/);
});

test('L2: an event this charm does not know is no failure', async () => {
  const unit = await UnitUnderTest.deployed();

  assert.equal((await unit.try(events.custom('something-new'))).ok, true);
});
