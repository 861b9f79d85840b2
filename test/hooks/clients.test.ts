// What related applications get, and what one of them can't do to the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { relationState } from '#charm/testing/charm-state.ts';
import * as events from '#charm/testing/events.ts';
import { trouble } from './fake-machine.ts';
import { UnitUnderTest } from './unit-under-test.ts';

test('T4: a client is served at its first changed, and told everything in one write', async () => {
  const unit = await UnitUnderTest.deployed();
  const outcome = await unit.relate(1, {
    units: { 'app/0': { database: 'shop', roles: 'reader,writer', extensions: 'citext' } },
  });

  assert.deepEqual(unit.bag('db:1'), {
    database: 'shop',
    user: 'juju_app',
    password: 'Secret1',
    schema_user: 'juju_app',
    schema_password: 'Secret1',
    roles: 'reader,writer',
    extensions: 'citext',
    host: '10.0.0.10',
    port: '5432',
    state: 'standalone',
    version: '15',
    master: 'dbname=shop host=10.0.0.10 password=Secret1 port=5432 user=juju_app',
    'allowed-units': 'app/0',
    'allowed-subnets': '10.1.0.1/32',
  });
  assert.equal(outcome.toolCalls.filter(({ tool }) => tool === 'relation-set').length, 3);
  assert.deepEqual(unit.machine.lastConverge.access, [
    {
      relation: 'db:1',
      owner: 'app',
      database: 'shop',
      user: 'juju_app',
      password: 'Secret1',
      admin: false,
      roles: ['reader', 'writer'],
      extensions: [{ name: 'citext', schema: 'public' }],
      privileges: ['ALL'],
    },
  ]);
  assert.deepEqual(unit.machine.lastConverge.clients, [
    {
      relation: 'db:1',
      database: 'shop',
      user: 'juju_app',
      admin: false,
      addresses: ['10.1.0.1/32'],
    },
  ]);
});

test('5.5: a client of db-admin gets a superuser of its own, and no second pair of credentials', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { endpoint: 'db-admin' });

  assert.equal(unit.bag('db-admin:1')['user'], 'jujuadmin_app');
  assert.equal(unit.bag('db-admin:1')['schema_user'], undefined);
  assert.equal(unit.machine.lastConverge.access[0]?.admin, true);
});

test('T1: a client with empty bags gets a database of its own name', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);

  assert.equal(unit.bag('db:1')['database'], 'app');
});

test('a relation without units gets nothing and costs nothing', async () => {
  const unit = await UnitUnderTest.deployed();
  const before = unit.machine.converges.length;
  await unit.relate(1, { units: {} });

  assert.deepEqual(unit.bag('db:1'), {});
  assert.equal(unit.machine.converges.length, before);
});

test('T18: no password is in the log, the status, or the argument of any tool', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.relationProblems.set(
    'db:2',
    trouble('SQL_FAILED', 'Cannot do it with the words Secret2'),
  );
  const outcomes = [
    await unit.relate(1),
    await unit.relate(2, { application: 'other' }),
    await unit.run(events.updateStatus()),
  ];

  for (const { log, toolCalls, state } of outcomes) {
    const shown = JSON.stringify([log, toolCalls.map(({ args }) => args), state.status]);
    assert.ok(!/Secret\d/.test(shown), shown);
  }
});

test('T48: with clients that are served a hook costs what it costs without, and starts no program', async () => {
  const unit = await UnitUnderTest.deployed();
  for (const id of [1, 2, 3]) await unit.relate(id, { application: `app${id}` });
  const before = unit.machine.converges.length;

  const first = await unit.run(events.updateStatus());
  const outcome = await unit.run(events.updateStatus());
  assert.deepEqual(
    first.toolCalls.map(({ tool }) => tool),
    ['relation-get', 'relation-get', 'status-set'],
    'once more, to see what was published last accepted',
  );
  assert.deepEqual(
    outcome.toolCalls.map(({ tool }) => tool),
    ['relation-get', 'status-set'],
  );
  await unit.run(events.relationChanged('db:2', 'app2/0'));
  assert.equal(unit.machine.converges.length, before);
});

test('the tenth client costs as many tool calls as the first, and no look at the bags of others', async () => {
  const unit = await UnitUnderTest.deployed();
  const first = await unit.relate(1, { application: 'app1' });
  for (let id = 2; id < 10; id += 1) await unit.relate(id, { application: `app${id}` });
  const tenth = await unit.relate(10, { application: 'app10' });

  assert.deepEqual(
    tenth.toolCalls.map(({ tool }) => tool),
    first.toolCalls.map(({ tool }) => tool),
  );
  const relations = tenth.toolCalls
    .filter(({ tool }) => tool === 'relation-get')
    .map(({ args }) => args[args.indexOf('-r') + 1]);
  assert.deepEqual(new Set(relations), new Set(['db:10', 'cluster:0']));
  const ofPeers = tenth.toolCalls.filter(
    ({ tool, args }) => tool === 'relation-get' && args.includes('cluster:0'),
  );
  assert.ok(
    ofPeers.every(({ args }) => !args.includes('-')),
    'one key each, never all settings',
  );
});

test('T3: a name no server could have is refused, and its neighbour is served in the same breath', async () => {
  const unit = await UnitUnderTest.deployed();
  const names = [`x${'y'.repeat(200)}`, 'a\nb', 'postgres', 'template1'];
  for (const [before, database] of names.entries()) {
    const index = before + 1;
    await unit.relate(index, {
      application: `bad${index}`,
      units: { [`bad${index}/0`]: { database } },
    });
    assert.deepEqual(unit.bag(`db:${index}`), {});
  }
  await unit.relate(9);

  assert.equal(unit.bag('db:9')['database'], 'app');
  assert.match(unit.status, /^blocked: Relation db:1 is not served: database "xyyy/);
  assert.match(unit.status, /\(and 3 more\)|\.\.\.$/);
});

test('T2: quotes, capitals and blanks are legal in the name of a database', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { database: `It's "My" DB` } } });

  assert.equal(unit.bag('db:1')['database'], `It's "My" DB`);
  assert.equal(unit.machine.lastConverge.access[0]?.database, `It's "My" DB`);
});

test('T6: a role that would give power is refused before PostgreSQL is asked, and named', async () => {
  const unit = await UnitUnderTest.deployed();
  const before = unit.machine.converges.length;
  await unit.relate(1, { units: { 'app/0': { roles: 'reader,pg_read_all_data' } } });

  assert.equal(unit.machine.converges.length, before);
  assert.match(unit.status, /^blocked: Relation db:1 is not served: role "pg_read_all_data"/);
  await unit.ask('db:1', { roles: 'reader' });
  assert.equal(unit.bag('db:1')['roles'], 'reader');
  assert.match(unit.status, /^active/);
});

test('T8: an extension that is not there is told once, and not tried again until another is asked for', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.relationProblems.set(
    'db:1',
    trouble('EXTENSION_NOT_AVAILABLE', 'Cannot create extension "postgis"'),
  );
  await unit.relate(1, { units: { 'app/0': { extensions: 'postgis' } } });
  const before = unit.machine.converges.length;

  assert.deepEqual(unit.bag('db:1'), {});
  assert.equal(
    unit.status,
    'blocked: Relation db:1 is not served: Cannot create extension "postgis". Do something about it',
  );
  await unit.run(events.updateStatus());
  assert.equal(unit.machine.converges.length, before);

  unit.machine.relationProblems.clear();
  await unit.ask('db:1', { extensions: 'citext' });
  assert.equal(unit.bag('db:1')['extensions'], 'citext');
  assert.match(unit.status, /^active/);
});

test('a client that works goes on working when it asks for what it can not have', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { database: 'shop', extensions: 'citext' } } });
  const bag = unit.bag('db:1');
  unit.machine.relationProblems.set('db:1', trouble('EXTENSION_NOT_AVAILABLE', 'No postgis'));

  await unit.ask('db:1', { database: 'other', extensions: 'citext,postgis' });

  assert.deepEqual(unit.bag('db:1'), bag, 'credentials stay, and the echo is of the old request');
  assert.match(unit.status, /^blocked: Relation db:1 keeps what it has: No postgis/);
  await unit.run(events.upgradeCharm());
  const [line] = unit.machine.lastConverge.clients;
  assert.deepEqual([line?.database, line?.user], ['shop', 'juju_app']);
});

test('while a client asks for another database it is let into both', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { database: 'one' } } });
  await unit.ask('db:1', { database: 'two' });

  assert.deepEqual(
    unit.machine.lastConverge.clients.map(({ database }) => database),
    ['one', 'two'],
  );
  assert.equal(unit.bag('db:1')['database'], 'two');
  await unit.run(events.upgradeCharm());
  assert.deepEqual(
    unit.machine.lastConverge.clients.map(({ database }) => database),
    ['two'],
  );
});

test('an impossible request of a client that is served takes nothing away and lets its new units in', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { database: 'shop' } } });
  await unit.ask('db:1', { database: 'postgres' });
  assert.equal(unit.bag('db:1')['database'], 'shop');
  assert.match(unit.status, /^blocked: Relation db:1 keeps what it has: database "postgres"/);

  await unit.join('db:1', 'app/1', {});

  assert.equal(unit.bag('db:1')['allowed-units'], 'app/0 app/1');
  assert.deepEqual(unit.machine.lastConverge.clients[0]?.addresses, ['10.1.0.1/32', '10.1.0.2/32']);
  assert.match(unit.status, /keeps what it has/);
});

test('what fails for now is tried again in every hook, and a client that is served keeps what it has', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  const bag = unit.bag('db:1');
  unit.machine.relationProblems.set('db:1', trouble('SQL_FAILED', 'Cannot set it up'));
  await unit.ask('db:1', { roles: 'reader' });

  assert.deepEqual(unit.bag('db:1'), bag);
  assert.match(unit.status, /^blocked: Relation db:1 keeps what it has: Cannot set it up/);
  unit.machine.relationProblems.clear();
  await unit.run(events.updateStatus());
  assert.equal(unit.bag('db:1')['roles'], 'reader');
  assert.match(unit.status, /^active/);
});

test('T59: two applications that ask for the same database share it, each with a user of its own', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { application: 'shop', units: { 'shop/0': { database: 'shared' } } });
  await unit.relate(2, { application: 'crm', units: { 'crm/0': { database: 'shared' } } });

  assert.equal(unit.bag('db:1')['database'], 'shared');
  assert.equal(unit.bag('db:2')['database'], 'shared');
  assert.deepEqual([...unit.machine.users.keys()], ['juju_shop', 'juju_crm']);
});

test('T19: two relations of one application share the user and have the roles of both', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { database: 'one', roles: 'reader' } } });
  await unit.relate(2, { units: { 'app/0': { database: 'two', roles: 'writer' } } });

  assert.equal(unit.bag('db:1')['password'], unit.bag('db:2')['password']);
  assert.deepEqual([unit.bag('db:1')['database'], unit.bag('db:2')['database']], ['one', 'two']);
  assert.deepEqual(unit.machine.lastConverge.access[0]?.roles, ['writer', 'reader']);
});

test('the user of two relations is shut out when the last one goes, and the roles of the first go with it', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { roles: 'reader' } } });
  await unit.relate(2, { units: { 'app/0': { roles: 'writer' } } });

  await unit.unrelate('db:1');
  assert.deepEqual(unit.machine.lastConverge.revoke, []);
  assert.deepEqual(
    unit.machine.lastConverge.access.map(({ relation, roles }) => [relation, roles]),
    [['db:2', ['writer']]],
  );
  assert.deepEqual(
    unit.machine.lastConverge.clients.map(({ relation }) => relation),
    ['db:2'],
  );
  assert.equal(unit.machine.users.has('juju_app'), true);

  await unit.unrelate('db:2');
  assert.deepEqual(unit.machine.lastConverge.revoke, [
    { relation: 'db:2', owner: 'app', user: 'juju_app' },
  ]);
  assert.equal(unit.machine.users.has('juju_app'), false);
  assert.equal(unit.leaderSettings['password.juju_app'], undefined);
});

test('two relations of one application that waited together are each judged by itself', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.serverProblem = trouble('START_FAILED');
  unit.machine.isAlive = false;
  await unit.relate(1, { units: { 'app/0': { roles: 'reader' } } });
  await unit.relate(2, { units: { 'app/0': { roles: 'odd' } } });
  unit.machine.serverProblem = null;
  unit.machine.relationProblems.set('db:2', trouble('ROLE_NOT_GRANTABLE', 'odd can log in'));
  const before = unit.machine.converges.length;

  await unit.run(events.updateStatus());

  assert.equal(unit.machine.converges.length, before + 2);
  assert.deepEqual(
    unit.machine.converges.at(-2)?.access.map(({ roles }) => roles),
    [['reader']],
  );
  assert.equal(unit.bag('db:1')['roles'], 'reader');
  assert.deepEqual(unit.bag('db:2'), {});
});

test('an application that is related anew while its old user waits to be shut out keeps the user', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  unit.machine.serverProblem = trouble('START_FAILED');
  unit.machine.isAlive = false;
  await unit.unrelate('db:1');
  await unit.relate(2);
  unit.machine.serverProblem = null;
  await unit.run(events.updateStatus());

  assert.deepEqual(unit.machine.lastConverge.revoke, []);
  assert.equal(unit.bag('db:2')['password'], unit.machine.users.get('juju_app'));
});

test('a relation that was never served ends without a word to PostgreSQL', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': { database: 'postgres' } } });
  const before = unit.machine.converges.length;
  await unit.unrelate('db:1');

  assert.equal(unit.machine.converges.length, before);
  assert.match(unit.status, /^active/);
});

test('a user that can not be shut out for now is tried again, one that never can is only told of', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { application: 'now' });
  await unit.relate(2, { application: 'never' });
  unit.machine.revokeProblems.set('juju_now', trouble('SQL_FAILED', 'Cannot shut out juju_now'));
  unit.machine.revokeProblems.set('juju_never', trouble('USER_OWNED_BY_ANOTHER', 'Not ours'));

  await unit.unrelate('db:1');
  const outcome = await unit.unrelate('db:2');
  assert.ok(outcome.log.some(({ message }) => message.includes('Not ours. Do something')));
  unit.machine.revokeProblems.clear();
  await unit.run(events.updateStatus());
  assert.deepEqual(
    unit.machine.lastConverge.revoke.map(({ user }) => user),
    ['juju_now'],
  );
  const before = unit.machine.converges.length;
  await unit.run(events.updateStatus());
  assert.equal(unit.machine.converges.length, before);
});

test('T31: a hook that dies after its SQL leaves the state as it was, and its retry converges', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.crash = new Error('killed');
  unit.state = {
    ...unit.state,
    relations: [relationState({ id: 1, endpoint: 'db', remoteApplication: 'app' })],
  };
  await unit.run(events.relationCreated('db:1'));
  unit.change('db:1', () => ({ units: { 'app/0': {} } }));
  await unit.run(events.relationJoined('db:1', 'app/0'));
  const before = unit.state;

  const died = await unit.try(events.relationChanged('db:1', 'app/0'));
  assert.equal(died.ok, false);
  assert.deepEqual(unit.state, before, 'nothing of the hook is kept');
  assert.equal(unit.machine.users.get('juju_app'), 'Secret1');

  unit.machine.crash = null;
  await unit.run(events.relationChanged('db:1', 'app/0'));
  assert.equal(unit.bag('db:1')['password'], 'Secret2');
  assert.equal(unit.machine.users.get('juju_app'), 'Secret2');
  assert.equal(unit.leaderSettings['password.juju_app'], 'Secret2');
});

test('E66: leadership lost between choosing a password and the end of the hook publishes nothing', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.state = {
    ...unit.state,
    relations: [
      relationState({ id: 1, endpoint: 'db', remoteApplication: 'app', units: { 'app/0': {} } }),
    ],
  };
  await unit.run(events.relationJoined('db:1', 'app/0'));

  const lost = await unit.try(events.relationChanged('db:1', 'app/0'), { leadershipLost: true });
  assert.equal(lost.ok, false);
  assert.deepEqual(unit.bag('db:1'), {});

  // The retry finds another leader, who has not chosen yet; then it has.
  unit.state = { ...unit.state, leader: false };
  const before = unit.machine.converges.length;
  await unit.run(events.relationChanged('db:1', 'app/0'));
  assert.equal(unit.machine.converges.length, before);
  assert.equal(
    unit.status,
    'waiting: Waiting for the leader to choose the password of relation db:1',
  );
  const [peer] = unit.state.peers;
  assert.ok(peer !== undefined);
  const chosen = { ...peer.ownApplicationBag, 'password.juju_app': 'OfTheLeader' };
  unit.state = { ...unit.state, peers: [{ ...peer, ownApplicationBag: chosen }] };
  await unit.run(events.relationChanged('cluster:0', 'postgresql'));
  assert.equal(unit.bag('db:1')['password'], 'OfTheLeader');
  assert.deepEqual(unit.relation('db:1').ownApplicationBag, {}, "not the leader's to write");
});

test('T21: a client unit that joins later is told of only after it is let in', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  unit.machine.serverProblem = trouble('SERVER_UNREACHABLE');
  unit.machine.stateInTrouble = 'running';
  await unit.join('db:1', 'app/1');
  assert.equal(unit.bag('db:1')['allowed-units'], 'app/0');

  unit.machine.serverProblem = null;
  await unit.run(events.updateStatus());
  assert.equal(unit.bag('db:1')['allowed-units'], 'app/0 app/1');
  assert.deepEqual(unit.machine.lastConverge.access, [], 'no SQL for it');
});

test('a client unit that leaves is let in no longer, and the others stay', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1, { units: { 'app/0': {}, 'app/1': {} } });
  await unit.run(events.relationDeparted('db:1', 'app/1'));

  assert.deepEqual(unit.machine.lastConverge.clients[0]?.addresses, ['10.1.0.1/32']);
  assert.equal(unit.bag('db:1')['allowed-units'], 'app/0');
  assert.deepEqual(unit.machine.lastConverge.revoke, []);
});

test('T54: an address that can not be let in is told of, and turns nobody else away', async () => {
  const unit = await UnitUnderTest.deployed();
  unit.machine.relationProblems.set('db:1', trouble('ADDRESS_INVALID', 'Cannot let in "%"'));
  await unit.relate(1);

  assert.equal(unit.bag('db:1')['database'], 'app');
  assert.match(
    unit.status,
    /^blocked: Relation db:1 is not let in from everywhere: Cannot let in "%"/,
  );
  unit.machine.relationProblems.clear();
  await unit.run(events.upgradeCharm());
  assert.match(unit.status, /^active/);
});

test('an upgrade of the charm looks at everything again and tells clients nothing new', async () => {
  const unit = await UnitUnderTest.deployed();
  await unit.relate(1);
  const bag = unit.bag('db:1');
  const before = unit.machine.converges.length;

  await unit.run(events.upgradeCharm());
  await unit.run(events.configChanged());

  assert.deepEqual(unit.bag('db:1'), bag);
  assert.equal(unit.machine.converges.length, before + 1);
  assert.deepEqual(
    unit.machine.lastConverge.clients.map(({ relation }) => relation),
    ['db:1'],
  );
});

test('no request whatever fails the hook, and a neighbour is served whatever it is', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 80 }).filter((each) => each !== '');
  const bag = fc.record({ database: text, roles: text, extensions: text }, { requiredKeys: [] });
  const start = await UnitUnderTest.deployed();
  await fc.assert(
    fc.asyncProperty(bag, async (request) => {
      const unit = new UnitUnderTest(start.state);
      await unit.relate(1, { application: 'odd', units: { 'odd/0': request } });
      await unit.relate(2);
      assert.equal(unit.bag('db:2')['database'], 'app');
      const { database } = unit.bag('db:1');
      assert.ok(database === undefined || Buffer.byteLength(database) <= 63);
    }),
    { numRuns: 25 },
  );
});
