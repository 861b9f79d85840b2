// Units of a cluster: who makes it, what the agent is told, and what clients and the other units are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { AgentFacts } from '#core/ha/agent-facts.ts';
import type { Settings } from '#interfaces/ports.ts';
import type { CharmState } from '#charm/testing/charm-state.ts';
import * as events from '#charm/testing/events.ts';
import { primaryFacts } from './fake-agent.ts';
import { trouble } from './fake-machine.ts';
import { UnitUnderTest } from './unit-under-test.ts';

const config = { 'etcd-endpoints': '10.0.0.5:2379, 10.0.0.6' };
const passwords = JSON.stringify({
  superuser: 'Su',
  replication: 'Re',
  rewind: 'Rw',
  restapi: 'Ra',
});
const leaderSettings = { primary: 'postgresql/0', 'password.agents': passwords };

/** What the file of the agent says, as Patroni would read it. */
interface Config {
  readonly scope: string;
  readonly name: string;
  readonly bootstrap?: { readonly dcs: Readonly<Record<string, unknown>> };
  readonly etcd3: { readonly hosts: readonly string[]; readonly protocol: string };
  readonly restapi: Readonly<Record<string, unknown>>;
  readonly postgresql: {
    readonly pg_hba: readonly string[];
    readonly parameters: Readonly<Record<string, string>>;
    readonly authentication: Readonly<Record<string, Readonly<Record<string, string>>>>;
  } & Readonly<Record<string, unknown>>;
}

class Member extends UnitUnderTest {
  get config(): Config {
    return parse(this.machine.agent.lastConfig) as Config;
  }

  /** The agent tells something else, and wakes the charm. */
  async tells(facts: AgentFacts): Promise<void> {
    this.machine.agent.facts = facts;
    this.machine.isAlive = facts.state === 'running';
    await this.run(events.custom('postgresql-role-changed'));
  }

  async peerJoins(unit: string, bag: Settings = {}): Promise<void> {
    this.changePeer(unit, bag);
    await this.run(events.relationJoined('cluster:0', unit));
    await this.run(events.relationChanged('cluster:0', unit));
  }

  changePeer(unit: string, bag: Settings): void {
    const [peer] = this.state.peers;
    assert.ok(peer);
    this.state = { ...this.state, peers: [{ ...peer, units: { ...peer.units, [unit]: bag } }] };
  }

  get told(): Settings {
    return this.state.peers[0]?.ownUnitBag ?? {};
  }
}

async function first(fields: Partial<CharmState> = {}): Promise<Member> {
  const unit = new Member({ config, ...fields });
  await unit.deploy();
  return unit;
}

/** postgresql/0, which made the cluster and runs its primary. */
async function primary(standbys: readonly string[] = []): Promise<Member> {
  const unit = await first();
  await unit.run(events.updateStatus());
  await unit.tells(primaryFacts(standbys));
  return unit;
}

/** postgresql/1, which follows. */
async function standby(): Promise<Member> {
  const unit = new Member({ config, unit: 'postgresql/1', leader: false });
  await unit.deploy(leaderSettings);
  await unit.peerJoins('postgresql/0');
  await unit.tells(
    primaryFacts(['postgresql-1'], { name: 'postgresql-1', role: 'replica', lagBytes: 2048 }),
  );
  return unit;
}

test('the first unit chooses the passwords, and runs the agent once they are committed', async () => {
  const unit = await first();

  assert.deepEqual(Object.keys(unit.leaderSettings).sort(), ['password.agents', 'primary']);
  assert.equal(unit.machine.agent.applies.length, 1);
  assert.equal(unit.machine.converges.length, 0, 'nothing is started beside the agent');
  assert.equal(unit.status, 'maintenance: Starting the agent');
});

test("the agent's configuration says who this is, where etcd is, and how to make the cluster", async () => {
  const unit = await first();
  const { config: written } = unit;

  assert.equal(written.scope, 'postgresql');
  assert.equal(written.name, 'postgresql-0');
  assert.deepEqual(written.etcd3, { hosts: ['10.0.0.5:2379', '10.0.0.6:2379'], protocol: 'http' });
  assert.equal(written.restapi['listen'], '10.0.0.10:8008');
  assert.equal(written.postgresql['data_dir'], '/srv/pgdata/main');
  assert.equal(written.bootstrap?.dcs['ttl'], 30);
  assert.equal(written.bootstrap?.dcs['synchronous_mode'], false);
  assert.deepEqual(Object.keys(written.postgresql.authentication), [
    'superuser',
    'replication',
    'rewind',
  ]);
  assert.equal(written.postgresql.parameters['unix_socket_directories'], '/srv/pgdata/run');
  assert.equal(written.postgresql.parameters['max_connections'], undefined, 'it is shared');
});

test('another unit never makes a cluster, whether or not there is one', async () => {
  const unit = await standby();

  for (const { config: text } of unit.machine.agent.applies) {
    assert.equal((parse(text) as Config).bootstrap, undefined);
  }
  assert.equal(unit.config.postgresql.authentication['replication']?.['password'], 'Re');
});

test('once there is a cluster the unit that made it makes no other', async () => {
  const unit = await primary();

  assert.equal(unit.config.bootstrap, undefined);
  assert.equal(
    unit.status,
    'active: Primary, PostgreSQL 15.18 at 10.0.0.10:5432; no standby, nobody could take over: add a unit',
  );
});

test('a hook with nothing to do asks for one key and sets the status, and calls no program', async () => {
  const unit = await primary();
  await unit.run(events.updateStatus());
  const { agent, accesses } = unit.machine;
  const before = [agent.applies.length, agent.requests.length, accesses.length];

  const outcome = await unit.run(events.custom('nothing-of-interest'));

  assert.deepEqual([agent.applies.length, agent.requests.length, accesses.length], before);
  assert.deepEqual(
    outcome.toolCalls.map(({ tool }) => tool),
    ['relation-get', 'status-set'],
  );
});

test('the primary serves clients as a single server does, and tells the other units', async () => {
  const unit = await primary(['postgresql-1']);
  await unit.peerJoins('postgresql/1');
  await unit.relate(1, { units: { 'app/0': { database: 'shop' } } });

  const bag = unit.bag('db:1');
  assert.equal(bag['state'], 'master');
  assert.match(bag['master'] ?? '', /dbname=shop host=10\.0\.0\.10 /);
  assert.match(bag['standbys'] ?? '', /^dbname=shop host=10\.0\.0\.11 /);
  assert.deepEqual(
    unit.machine.lastAccess.access.map(({ database }) => database),
    ['shop'],
  );
  assert.equal(unit.told['primary-timeline'], '1');
  assert.deepEqual(JSON.parse(unit.told['served'] ?? ''), [
    { relation: 'db:1', database: 'shop', user: 'juju_app', roles: '', extensions: '' },
  ]);
  assert.ok(!JSON.stringify(unit.told).includes(bag['password'] ?? 'none'));
});

test('pg_hba of the agent lets in members and clients, and is there before a client is told', async () => {
  const unit = await primary();
  await unit.peerJoins('postgresql/1', { 'egress-subnets': '10.0.0.11/32' });
  await unit.relate(1, { units: { 'app/0': { 'egress-subnets': '10.0.3.21/32' } } });

  const { pg_hba: hba } = unit.config.postgresql;
  assert.ok(hba.includes('host replication "_juju_replication" "10.0.0.11/32" scram-sha-256'));
  assert.ok(hba.includes('host "app" "juju_app" "10.0.3.21/32" scram-sha-256'));
  assert.equal(hba.at(-1), 'host all all all reject');
  assert.deepEqual(unit.machine.lastAccess.hba, hba);
});

test('a standby publishes what the primary brought about, with itself as a hot standby', async () => {
  const unit = await standby();
  unit.changePeer('postgresql/0', {
    'db-host': '10.9.0.10',
    'primary-timeline': '1',
    served: JSON.stringify([
      { relation: 'db:1', database: 'shop', user: 'juju_app', roles: 'r', extensions: '' },
    ]),
  });
  const [peer] = unit.state.peers;
  assert.ok(peer);
  unit.state = {
    ...unit.state,
    peers: [
      { ...peer, ownApplicationBag: { ...peer.ownApplicationBag, 'password.juju_app': 'Pw' } },
    ],
  };
  await unit.relate(1, { units: { 'app/0': { database: 'shop', roles: 'r' } } });

  const bag = unit.bag('db:1');
  assert.equal(bag['state'], 'hot standby');
  assert.equal(bag['host'], '10.0.0.10', 'its own address');
  assert.match(bag['master'] ?? '', /host=10\.9\.0\.10 password=Pw/);
  assert.equal(bag['roles'], 'r');
  assert.deepEqual(unit.machine.lastAccess.access, []);
  assert.ok(
    unit.config.postgresql.pg_hba.some((line) => line.startsWith('host "shop" "juju_app"')),
  );
  assert.match(unit.status, /^active: Standby of postgresql\/0, .*, lag 2 kB$/);
});

test('a standby publishes nothing of a relation before the primary has told of it', async () => {
  const unit = await standby();
  await unit.relate(1);

  assert.deepEqual(unit.bag('db:1'), {});
});

test('after a failover the new primary serves, and every client is told in one write', async () => {
  const unit = await standby();
  unit.changePeer('postgresql/0', {
    'primary-timeline': '1',
    served: JSON.stringify([
      { relation: 'db:1', database: 'app', user: 'juju_app', roles: '', extensions: '' },
    ]),
  });
  const [peer] = unit.state.peers;
  assert.ok(peer);
  unit.state = {
    ...unit.state,
    peers: [
      { ...peer, ownApplicationBag: { ...peer.ownApplicationBag, 'password.juju_app': 'Pw' } },
    ],
  };
  await unit.relate(1);
  assert.equal(unit.bag('db:1')['state'], 'hot standby');
  const [old, own] = primaryFacts(['postgresql-1']).members;
  assert.ok(old !== undefined && own !== undefined);
  await unit.tells(
    primaryFacts([], {
      name: 'postgresql-1',
      leader: 'postgresql-1',
      timeline: 2,
      members: [
        { ...old, role: 'replica', state: 'stopped' },
        { ...own, role: 'primary', state: 'running', timeline: 2 },
      ],
    }),
  );

  const bag = unit.bag('db:1');
  assert.equal(bag['state'], 'master');
  assert.match(bag['master'] ?? '', /host=10\.0\.0\.10 /);
  assert.equal(bag['standbys'], undefined, 'the old primary does not serve');
  assert.equal(unit.told['primary-timeline'], '2');
  assert.match(unit.status, /^active: Primary, .*, 0 standbys$/);
});

test('a standby that did not change itself hears by the peer relation, and tells its clients', async () => {
  const unit = await standby();
  const third = primaryFacts(['postgresql-1', 'postgresql-2'], {
    name: 'postgresql-1',
    role: 'replica',
    leader: 'postgresql-2',
    timeline: 2,
  });
  unit.machine.agent.facts = third;
  const accesses = unit.machine.accesses.length;
  await unit.peerJoins('postgresql/2', { 'primary-timeline': '2' });

  assert.ok(unit.machine.accesses.length > accesses);
  assert.match(unit.status, /^active: Standby of postgresql\/2/);
});

test('while nobody leads clients keep what they were told', async () => {
  const unit = await primary();
  await unit.relate(1);
  const before = unit.bag('db:1');
  await unit.tells(primaryFacts([], { role: 'replica', leader: null, why: 'waiting for leader' }));

  assert.deepEqual(unit.bag('db:1'), before);
  assert.equal(unit.told['primary-timeline'], undefined);
  assert.match(unit.status, /^waiting: No primary: waiting for leader/);
});

test('an agent that is gone is no primary whatever it said last, and is started again', async () => {
  const unit = await primary();
  const { agent } = unit.machine;
  agent.isUp = false;
  const before = agent.applies.length;
  await unit.run(events.updateStatus());

  assert.equal(agent.applies.length, before + 1);
});

test('an agent that ends again and again is told of with its words', async () => {
  const unit = await first();
  unit.machine.agent.isCrashing = true;
  await unit.run(events.updateStatus());

  assert.match(unit.status, /^blocked: The agent ends again and again, saying "ttl is no number"/);
});

test('options go to etcd by the primary once, and again when they change', async () => {
  const unit = await primary();
  const { requests } = unit.machine.agent;
  assert.equal(requests.length, 1);
  await unit.configure({ ttl: 60, 'synchronous-mode': 'quorum', 'max-connections': 200 });

  assert.equal(requests.length, 2);
  const patch = requests.at(-1)?.body as Config['bootstrap'] & Readonly<Record<string, unknown>>;
  assert.equal(patch['ttl'], 60);
  assert.equal(patch['synchronous_mode'], 'quorum');
  const parameters = (
    patch['postgresql'] as { readonly parameters: Readonly<Record<string, unknown>> }
  ).parameters;
  assert.equal(parameters['max_connections'], '200');
  assert.equal(parameters['wal_keep_size'], null, 'taken away where it was configured before');
  assert.equal(
    requests.at(-1)?.login?.password,
    (JSON.parse(unit.leaderSettings['password.agents'] ?? '') as { restapi: string }).restapi,
  );
});

test('a parameter PostgreSQL does not take never reaches an agent', async () => {
  const unit = await primary();
  await unit.configure({ 'extra-pg-conf': 'work_mem = 8MB' });
  assert.equal(unit.config.postgresql.parameters['work_mem'], '8MB');
  unit.machine.agent.checkProblem = trouble('PARAMETER_REFUSED', 'Cannot use work_mem');
  await unit.configure({ 'extra-pg-conf': 'work_mem = 8XB' });

  assert.equal(unit.config.postgresql.parameters['work_mem'], '8MB');
  assert.match(unit.status, /^blocked: Cannot use work_mem/);
  unit.machine.agent.checkProblem = null;
  await unit.configure({ 'extra-pg-conf': 'work_mem = 16MB' });
  assert.equal(unit.config.postgresql.parameters['work_mem'], '16MB');
  assert.match(unit.status, /^active/);
});

test('lines of access the server refuses are left out, and clients are let in all the same', async () => {
  const unit = await primary();
  unit.machine.refused = [trouble('HBA_LINE_INVALID', 'Cannot use that line')];
  const before = unit.machine.agent.applies.length;
  unit.state = { ...unit.state, config: { ...config, 'extra-pg-auth': 'host all all x y' } };
  // The server refuses the lines as long as they are there.
  const { access } = unit.machine;
  unit.machine.access = function (command) {
    if (!command.hba.includes('host all all x y')) this.refused = [];
    return access.call(this, command);
  };
  await unit.run(events.configChanged());

  assert.equal(unit.machine.agent.applies.length, before + 2);
  assert.ok(!unit.config.postgresql.pg_hba.includes('host all all x y'));
  assert.match(unit.status, /^blocked: Cannot use that line/);
});

test('a single server becomes a cluster without losing what it has', async () => {
  const unit = new Member();
  await unit.deploy();
  await unit.relate(1);
  const before = unit.bag('db:1');
  await unit.configure(config);
  await unit.run(events.updateStatus());

  assert.equal(unit.config.bootstrap, undefined, 'it has its data already');
  await unit.tells(primaryFacts());
  assert.equal(unit.bag('db:1')['password'], before['password']);
  assert.match(unit.status, /^active: Primary/);
});

test('a cluster can not be made a single server again, nor be called otherwise', async () => {
  const unit = await primary();
  await unit.configure({ 'etcd-endpoints': '' });
  assert.match(unit.status, /^blocked: Cannot take etcd-endpoints away/);
  await unit.configure({ ...config, 'cluster-name': 'other' });
  assert.match(unit.status, /^blocked: Cannot change cluster-name to "other"/);
  await unit.configure({ ...config, 'cluster-name': '' });
  assert.match(unit.status, /^active/);
});

test('L60: a unit that leaves stops its agent with its storage, and goes out of etcd at the end', async () => {
  const unit = await primary(['postgresql-1']);
  await unit.peerJoins('postgresql/1');
  const { machine } = unit;
  const stop = machine.agent.stop.bind(machine.agent);
  machine.agent.stop = (command) => {
    machine.isAlive = false;
    return stop(command);
  };
  await unit.run(events.storageDetaching('pgdata/0'));
  assert.equal(machine.agent.stopped.length, 1);
  const applies = machine.agent.applies.length;
  await unit.run(events.relationDeparted('cluster:0', 'postgresql/1', 'postgresql/0'));
  await unit.run(events.stop());

  assert.deepEqual(machine.agent.stopped.at(-1)?.leave, {
    protocol: 'http',
    endpoints: [
      { host: '10.0.0.5', port: 2379 },
      { host: '10.0.0.6', port: 2379 },
    ],
    scope: 'postgresql',
    member: 'postgresql-0',
    isLast: false,
  });
  assert.equal(machine.agent.applies.length, applies, 'nothing starts it again');
});

test('when the unit that was to make the cluster leaves before it did, the leader makes it', async () => {
  const unit = new Member({ config, unit: 'postgresql/1', leader: true });
  await unit.deploy(leaderSettings);
  await unit.peerJoins('postgresql/0');
  unit.machine.agent.facts = primaryFacts([], {
    name: 'postgresql-1',
    role: 'uninitialized',
    state: 'stopped',
    leader: null,
    systemId: null,
    members: [],
  });
  await unit.run(events.updateStatus());
  assert.match(unit.status, /^maintenance: Waiting for postgresql\/0 to make the cluster/);
  await unit.run(events.relationDeparted('cluster:0', 'postgresql/0'));
  await unit.run(events.updateStatus());

  assert.equal(unit.leaderSettings['primary'], 'postgresql/1');
  assert.ok(unit.config.bootstrap);
});

test('a unit that was to make the cluster and is not there is replaced also where nobody saw it leave', async () => {
  const unit = new Member({ config, unit: 'postgresql/3', leader: true });
  await unit.deploy(leaderSettings);
  const unmade = primaryFacts([], {
    name: 'postgresql-3',
    role: 'uninitialized',
    state: 'stopped',
    leader: null,
    systemId: null,
    members: [],
  });
  unit.machine.agent.facts = { ...unmade, systemId: '7' };
  await unit.run(events.updateStatus());
  assert.equal(unit.leaderSettings['primary'], 'postgresql/0', 'there is a cluster already');
  unit.machine.agent.facts = unmade;
  await unit.run(events.updateStatus());

  assert.equal(unit.leaderSettings['primary'], 'postgresql/3');
});

test('another address of the machine is told to the agent and to clients', async () => {
  const unit = await primary();
  await unit.relate(1);
  unit.state = { ...unit.state, machine: { id: '0', address: '10.0.0.77' } };
  await unit.run(events.configChanged());

  assert.equal(unit.config.postgresql['connect_address'], '10.0.0.77:5432');
  assert.equal(unit.config.restapi['connect_address'], '10.0.0.77:8008');
  assert.equal(unit.bag('db:1')['host'], '10.0.0.77');
});

test('another version of the charm replaces the agent', async () => {
  const unit = await primary();
  const before = unit.machine.agent.applies.length;
  unit.machine.agent.version = '2';
  await unit.run(events.upgradeCharm());

  assert.equal(unit.machine.agent.applies.length, before + 1);
  assert.equal(unit.machine.agent.applies.at(-1)?.service.version, '2');
});

test('the status tells what is degraded and what to do about it', async () => {
  const unit = await primary();
  await unit.tells(
    primaryFacts(['postgresql-1'], {
      isPaused: true,
      pendingRestart: ['max_connections'],
      problems: ['Management is paused', 'Parameters wait for a restart: max_connections'],
    }),
  );
  assert.match(
    unit.status,
    /1 standby; Management is paused; Parameters wait for a restart: max_connections; run action 'resume'; run action 'restart'$/,
  );
  await unit.tells(
    primaryFacts([], {
      role: 'replica',
      state: 'creating replica',
      leader: 'postgresql-1',
      progress: {
        action: 'Cloning from postgresql-1',
        bytesDone: 50 * 1024 ** 2,
        bytesTotal: 200 * 1024 ** 2,
        bytesPerSecond: 10,
        expectedEndInMs: 14_100,
        phase: '',
      },
    }),
  );
  assert.equal(unit.status, 'maintenance: Cloning from postgresql-1: 25 % of 200 MB, 15 s left');
});

test('actions ask the own agent and give its words', async () => {
  const unit = await primary(['postgresql-1']);
  const { agent } = unit.machine;
  const act = async (name: string, parameters: Readonly<Record<string, unknown>> = {}) => {
    const { actionResult } = await unit.run(events.action(name, parameters));
    const { 'return-code': _code, ...results } = actionResult?.results ?? {};
    return { status: actionResult?.status, ...results, message: actionResult?.message };
  };

  assert.deepEqual(await act('get-primary'), {
    status: 'completed',
    unit: 'postgresql/0',
    host: '10.0.0.10',
    port: '5432',
    message: '',
  });
  agent.answers.set('POST /switchover', [200, 'Successfully switched over to "postgresql-1"']);
  const switched = await act('switchover', { candidate: 'postgresql/1' });
  assert.equal(switched['result' as never], 'Successfully switched over to "postgresql-1"');
  assert.deepEqual(agent.requests.at(-1)?.body, {
    leader: 'postgresql-0',
    candidate: 'postgresql-1',
  });
  agent.answers.set('POST /switchover', [412, 'candidate does not exists']);
  assert.match(
    (await act('switchover', { candidate: '7' })).message ?? '',
    /Cannot switch over: candidate does not exists/,
  );
  await act('pause');
  assert.deepEqual(agent.requests.at(-1)?.body, { pause: true });
  await act('resume');
  assert.deepEqual(agent.requests.at(-1)?.body, { pause: null });
  agent.answers.set('GET /cluster', [
    200,
    JSON.stringify({
      scope: 'postgresql',
      members: [
        {
          name: 'postgresql-1',
          role: 'replica',
          state: 'streaming',
          host: 'h',
          port: 1,
          timeline: 1,
          lag: 0,
        },
      ],
    }),
  ]);
  const shown = await act('show-cluster');
  assert.match(JSON.stringify(shown), /replica, streaming, at h:1, timeline 1, lag 0 bytes/);
  const explained = await act('explain');
  assert.match(
    JSON.stringify(explained),
    /Last decision \(rule 201\): I am the leader with the lock/,
  );
});

test('an action of a cluster says so where this is a single server', async () => {
  const unit = await UnitUnderTest.deployed();
  for (const name of [
    'get-primary',
    'show-cluster',
    'switchover',
    'restart',
    'reinitialize',
    'pause',
    'resume',
  ]) {
    const { actionResult } = await unit.run(events.action(name));
    assert.equal(actionResult?.status, 'failed');
    assert.match(actionResult?.message ?? '', /set the option etcd-endpoints to make it one/);
  }
});
