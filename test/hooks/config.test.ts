// What becomes of the charm's options, usable and not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as events from '#charm/testing/events.ts';
import { trouble } from './fake-machine.ts';
import { UnitUnderTest } from './unit-under-test.ts';

test('an option that can not be used changes nothing but the status, and says what would be right', async () => {
  const unit = await UnitUnderTest.deployed();
  const before = unit.machine.converges.length;
  await unit.configure({ port: 70_000, 'max-connections': 500 });

  assert.match(unit.status, /^blocked: Cannot use port 70000: set it to a whole number from 1 to/);
  assert.equal(unit.machine.converges.length, before, 'the other option waits for it');
  await unit.configure({ port: 5433 });
  assert.match(unit.status, /^active: .* at 10\.0\.0\.10:5433$/);
  assert.equal(unit.machine.lastConverge.server.parameters['max_connections'], '500');
});

test('two options that can not be used are counted', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.configure({ port: 0, version: 'new' });

  assert.match(unit.status, /^blocked: Cannot use version "new".*\(and 1 more\)$/);
});

test('a deploy with an option that can not be used installs nothing until it is mended', async () => {
  const unit = new UnitUnderTest({ config: { version: 'fifteen' } });
  await unit.deploy();

  assert.deepEqual(unit.machine.installs, []);
  assert.match(unit.status, /^blocked: Cannot use version "fifteen"/);
  await unit.configure({ version: '15' });
  assert.deepEqual(unit.machine.installs, [{ command: 'install', version: '15' }]);
  assert.match(unit.status, /^active/);
});

test('the version that is installed may be named, and another one is refused', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.configure({ version: '15' });
  assert.match(unit.status, /^active/);

  await unit.configure({ version: '16' });
  assert.match(unit.status, /^blocked: Cannot change version to 16: PostgreSQL 15 is installed/);
});

test('before there is a cluster its locale may still be mended, but not the version that is installed', async () => {
  const unit = new UnitUnderTest({ config: { locale: 'xx_XX' } });
  unit.machine.serverProblem = trouble('INITDB_FAILED', 'Cannot make the cluster: no locale xx_XX');
  await unit.deploy();
  assert.match(unit.status, /^blocked: Cannot make the cluster/);
  await unit.configure({ version: '14' });
  assert.match(unit.status, /Cannot change version to 14/);

  unit.machine.serverProblem = null;
  await unit.configure({ version: '', locale: 'C.UTF-8' });
  assert.match(unit.status, /^active/);
  await unit.configure({ locale: 'xx_XX' });
  assert.match(unit.status, /^blocked: Cannot change locale to xx_XX/);
});

test('config-changed with nothing new in it starts no program', async () => {
  const unit = await UnitUnderTest.deployed();
  const before = unit.machine.converges.length;
  await unit.run(events.configChanged());

  assert.equal(unit.machine.converges.length, before);
});

test('parameters, lines of access and addresses reach PostgreSQL as they are configured', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.configure({
    'extra-pg-conf': 'work_mem = 8MB',
    'extra-pg-auth': 'host all all 10.9.0.0/16 scram-sha-256',
    'admin-addresses': '10.8.0.1, 10.7.0.0/16',
  });

  const { server, extraHba, adminAddresses } = unit.machine.lastConverge;
  assert.deepEqual(server.parameters, { max_connections: '100', work_mem: '8MB' });
  assert.deepEqual(extraHba, ['host all all 10.9.0.0/16 scram-sha-256']);
  assert.deepEqual(adminAddresses, ['10.8.0.1', '10.7.0.0/16']);
});

test('what PostgreSQL refuses of the configuration is told, and the server and its clients go on', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.refused = [trouble('PARAMETER_REFUSED', 'Cannot use wrk_mem')];
  await unit.configure({ 'extra-pg-conf': 'wrk_mem = 8MB' });
  assert.equal(unit.status, 'blocked: Cannot use wrk_mem. Do something about it');
  await unit.relate(1);
  assert.equal(unit.bag('db:1')['database'], 'app');

  unit.machine.refused = [];
  await unit.configure({ 'extra-pg-conf': '' });
  assert.match(unit.status, /^active/);
});

test('a change of port is told to every client, and opened in the firewall in place of the old one', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  await unit.relate(2, { application: 'other', endpoint: 'db-admin' });
  const password = unit.bag('db:1')['password'];
  await unit.configure({ port: 5433 });

  for (const name of ['db:1', 'db-admin:2']) {
    assert.equal(unit.bag(name)['port'], '5433');
    assert.match(unit.bag(name)['master'] ?? '', /port=5433/);
  }
  assert.equal(unit.bag('db:1')['password'], password);
  assert.deepEqual(
    unit.state.openedPorts.map(({ range }) => range),
    ['5433/tcp'],
  );
  assert.deepEqual(unit.machine.lastConverge.access, [], 'no SQL for it');
});

test('a port that can not be had is told to nobody, and tried again until it can', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  unit.machine.refused = [trouble('PORT_IN_USE', 'Cannot listen on port 5433')];
  unit.machine.pendingRestart = ['port'];
  await unit.configure({ port: 5433 });

  assert.equal(unit.bag('db:1')['port'], '5432');
  assert.deepEqual(
    unit.state.openedPorts.map(({ range }) => range),
    ['5432/tcp'],
  );
  assert.match(unit.status, /^blocked: Cannot listen on port 5433/);
  await unit.run(events.updateStatus());
  assert.equal(unit.bag('db:1')['port'], '5432');

  unit.machine.refused = [];
  unit.machine.pendingRestart = [];
  await unit.run(events.updateStatus());
  assert.equal(unit.bag('db:1')['port'], '5433');
  assert.match(unit.status, /^active/);
});

test('a parameter that waits for a restart is named in the status', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.pendingRestart = ['max_connections'];
  await unit.configure({ 'max-connections': 200 });

  assert.match(unit.status, /^active: .*; restart needed for max_connections$/);
});

test('L30: another address of the machine is listened on and told to every client', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  unit.state = { ...unit.state, machine: { id: '0', address: '10.0.0.99' } };
  await unit.run(events.configChanged());

  assert.equal(unit.machine.lastConverge.server.listenAddress, '10.0.0.99');
  assert.equal(unit.bag('db:1')['host'], '10.0.0.99');
  assert.match(unit.bag('db:1')['master'] ?? '', /host=10\.0\.0\.99/);
  assert.match(unit.status, /at 10\.0\.0\.99:5432$/);
});

test('while the server still listens at its old address clients are told that one', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.pendingRestart = ['listen_addresses'];
  unit.state = { ...unit.state, machine: { id: '0', address: '10.0.0.99' } };
  await unit.run(events.configChanged());
  await unit.relate(1);

  assert.equal(unit.bag('db:1')['host'], '10.0.0.10');
});

test('other privileges are granted to the users there are, not only to those to come', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { roles: 'reader' } } });
  await unit.relate(2, { application: 'other' });
  const bag = unit.bag('db:1');
  await unit.configure({ 'relation-database-privileges': 'CONNECT' });

  assert.deepEqual(
    unit.machine.lastConverge.access.map(({ relation, privileges, roles }) => [
      relation,
      privileges,
      roles,
    ]),
    [
      ['db:1', ['CONNECT'], ['reader']],
      ['db:2', ['CONNECT'], []],
    ],
  );
  assert.deepEqual(unit.bag('db:1'), bag);
  const before = unit.machine.converges.length;
  await unit.run(events.updateStatus());
  assert.equal(unit.machine.converges.length, before);
});
