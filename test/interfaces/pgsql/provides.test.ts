// The server's class: the interface of 2015, and the fuller one it sits on.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PostgreSQL } from '#interfaces/pgsql/provides.ts';
import type { ProvidedDatabase } from '#interfaces/pgsql/provides.ts';
import type { NewOffer } from '#interfaces/pgsql/relation-server.ts';
import { settingOf } from '#interfaces/pgsql/settings.ts';
import type { Settings } from '#interfaces/ports.ts';
import { FakeEndpoint, FakeRelation } from './fake-endpoint.ts';

const juju = (number: number): Settings => ({
  'egress-subnets': `10.1.0.${number}/32`,
  'ingress-address': `10.1.0.${number}`,
});

function client(id: number, request: Settings = {}, application = 'app'): FakeRelation {
  return new FakeRelation({
    id,
    remoteApplication: application,
    units: { [`${application}/0`]: { ...juju(1), ...request } },
  });
}

/** An endpoint whose relations have all been heard of. */
function serving(...relations: readonly FakeRelation[]): FakeEndpoint {
  const endpoint = new FakeEndpoint('pg/0', []);
  manage(endpoint);
  for (const relation of relations) {
    endpoint.all.push(relation);
    changed(endpoint, relation);
  }
  return endpoint;
}

function manage(endpoint: FakeEndpoint): PostgreSQL {
  const server = new PostgreSQL(endpoint);
  server.manageFlags();
  return server;
}

function changed(endpoint: FakeEndpoint, relation: FakeRelation, unit?: string): PostgreSQL {
  endpoint.hook('changed', relation, unit ?? relation.remoteUnits[0] ?? '');
  return manage(endpoint);
}

const provided = (change: Partial<ProvidedDatabase> = {}): ProvidedDatabase => ({
  service: 'app',
  host: '10.0.0.1',
  port: 5432,
  database: 'app',
  user: 'db_app',
  password: 'PW',
  schemaUser: 'db_app_schema',
  schemaPassword: 'PX',
  state: 'standalone',
  ...change,
});

const offer = (change: Partial<NewOffer> = {}): NewOffer => ({
  database: 'shop',
  user: 'juju_app',
  password: 'PW',
  host: '10.0.0.1',
  port: 5432,
  state: 'master',
  version: '18',
  master: { host: '10.0.0.1', port: 5432 },
  standbys: [{ host: '10.0.0.2', port: 5432 }],
  ...change,
});

test('7.5: from an empty request to another database and roles', () => {
  const relation = client(1);
  const endpoint = serving(relation);
  let server = changed(endpoint, relation);
  assert.deepEqual(
    endpoint.flags.all,
    ['db.database.requested', 'db.roles.requested', 'db.extensions.requested'].sort(),
  );
  assert.deepEqual(server.requestedRoles(), [['app', [], 1]]);
  server.ackRoles('app', []);
  server.ackExtensions('app');
  assert.deepEqual(server.requestedDatabases(), [['app', '', 1]]);
  assert.equal(server.previousDatabase('app'), null);
  server.provideDatabase(provided());

  assert.deepEqual(endpoint.flags.all, []);
  assert.deepEqual(relation.ownUnit, {
    host: '10.0.0.1',
    port: '5432',
    database: 'app',
    state: 'standalone',
    user: 'db_app',
    password: 'PW',
    schema_user: 'db_app_schema',
    schema_password: 'PX',
    'allowed-units': 'app/0',
    'allowed-subnets': '10.1.0.1/32',
    master: 'dbname=app host=10.0.0.1 password=PW port=5432 user=db_app',
  });

  server = changed(endpoint, relation);
  assert.deepEqual(endpoint.flags.all, [], 'the default name is not requested again');

  relation.units = { 'app/0': { ...juju(1), database: 'mydb', roles: 'myrole,otherrole' } };
  server = changed(endpoint, relation);
  assert.deepEqual(endpoint.flags.all, ['db.database.requested', 'db.roles.requested']);
  assert.equal(server.requestedDatabase('app'), 'mydb');
  assert.equal(server.previousDatabase('app'), 'app');
  assert.deepEqual(server.previousRoles('app'), []);
  server.provideDatabase(provided({ database: 'mydb' }));
  assert.ok(!Object.hasOwn(relation.ownUnit, 'roles'), 'not echoed before they are acknowledged');
  server.ackRoles('app', server.requestedRoles('app'));
  assert.equal(settingOf(relation.ownUnit, 'roles'), 'myrole,otherrole');
  assert.equal(relation.ownApplication['roles'], 'myrole,otherrole');
  assert.deepEqual(
    [server.previousDatabase(1), server.previousRoles(1)],
    ['mydb', ['myrole', 'otherrole']],
  );
  assert.deepEqual(endpoint.flags.all, []);
});

test('7.5: roles keep order and duplicates, and lose only empty items', () => {
  const relation = client(1, { roles: 'b,a,,b' });
  const server = changed(serving(relation), relation);

  assert.deepEqual(server.requestedRoles('app'), ['b', 'a', 'b']);
  assert.deepEqual(server.requestedRoles(), [['app', ['b', 'a', 'b'], 1]]);
  assert.deepEqual(server.request(1)?.roles, ['b', 'a'], 'each once for SQL');
});

test('7.5, T19: two relations of one application are both served', () => {
  const relations = [
    client(9, { database: 'dev', roles: 'a' }),
    client(10, { database: 'live', roles: 'b' }),
  ];
  const endpoint = serving(...relations);
  const server = new PostgreSQL(endpoint);

  assert.deepEqual(server.requestedDatabases(), [
    ['app', 'dev', 9],
    ['app', 'live', 10],
  ]);
  assert.deepEqual(server.requestedRoles('app'), ['a', 'b'], 'the user gets the roles of both');
  server.ackRoles('app', ['a', 'b']);
  server.provideDatabase(provided({ database: 'live' }));
  server.provideDatabase(provided({ database: 'dev' }));

  assert.deepEqual(
    relations.map(({ ownUnit }) => [ownUnit['database'], ownUnit['roles']]),
    [
      ['dev', 'a'],
      ['live', 'b'],
    ],
  );
  assert.ok(!endpoint.flags.isSet('db.database.requested'));
  server.provideDatabase(provided({ database: 'live', password: 'P2' }));
  assert.equal(relations[1]?.ownUnit['password'], 'P2', 'the one that has it already');
  assert.throws(() => server.provideDatabase(provided({ database: 'third' })), {
    code: 'AMBIGUOUS_RELATION',
  });
  server.provideDatabase(provided({ service: 9, database: 'third' }));
  assert.equal(relations[0]?.ownUnit['database'], 'third');
});

test('a relation that waits for any name takes the one provided', () => {
  const endpoint = serving(client(1), client(2));
  const server = new PostgreSQL(endpoint);
  server.provideDatabase(provided());
  server.provideDatabase(provided());
  assert.deepEqual(server.requestedDatabases(), []);
  const one = serving(client(3));
  const other = new PostgreSQL(one);
  other.provideDatabase(provided());
  other.provideDatabase(provided({ database: 'renamed' }));
  assert.equal(one.all[0]?.ownUnit['database'], 'renamed');
});

test('7.5: an unknown service is an error that names it', () => {
  const server = manage(serving());
  assert.throws(() => server.requestedDatabase('nobody'), /nobody/);
  assert.throws(() => server.previousRoles(4), { code: 'UNKNOWN_RELATION' });
  assert.throws(() => server.publish(4, offer()), { code: 'UNKNOWN_RELATION' });
  assert.equal(server.relationName(), 'db');
  assert.equal(server.request(4), null);
});

test('7.5: a unit that does not know its state publishes nothing, and the request waits', () => {
  const relation = client(1);
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).provideDatabase(provided({ state: null }));

  assert.deepEqual(relation.ownUnit, {});
  assert.ok(endpoint.flags.isSet('db.database.requested'));
});

test('roles that were granted in part are not echoed and stay requested', () => {
  const relation = client(1, { roles: 'a,b', extensions: 'citext' });
  const endpoint = serving(relation);
  const server = new PostgreSQL(endpoint);
  server.provideDatabase(provided());
  server.ackRoles('app', ['a']);

  assert.ok(!Object.hasOwn(relation.ownUnit, 'roles'));
  assert.ok(endpoint.flags.isSet('db.roles.requested'));
  server.ackExtensions(1);
  assert.equal(relation.ownUnit['extensions'], 'citext');
  assert.ok(!endpoint.flags.isSet('db.extensions.requested'));
});

test('publish writes the unit bag and, on the leader, the application bag', () => {
  const relation = client(1, { database: 'shop', roles: 'b, a,b' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());

  assert.equal(relation.ownUnit['roles'], 'b, a,b', 'echoed to the byte');
  assert.deepEqual(relation.calls.slice(-2), ['set application', 'set unit']);
  assert.ok(!Object.hasOwn(relation.ownApplication, 'host'));
  assert.equal(relation.ownApplication['master'], relation.ownUnit['master']);
  assert.deepEqual(endpoint.flags.all, []);

  const other = client(2);
  const standby = serving(other);
  standby.setLeader(false);
  other.isLeader = false;
  new PostgreSQL(standby).publish(2, offer({ state: 'hot standby' }));
  assert.deepEqual(other.ownApplication, {});
  assert.equal(other.ownUnit['state'], 'hot standby');
});

test('an admin relation gives superusers and no schema user', () => {
  const relation = new FakeRelation({
    id: 1,
    endpoint: 'db-admin',
    remoteApplication: 'app',
    units: { 'app/0': juju(1) },
  });
  const endpoint = new FakeEndpoint('pg/0', [relation], 'db-admin');
  const server = changed(endpoint, relation);

  assert.equal(server.request(1)?.isAdmin, true);
  server.publish(1, offer({ database: 'app', user: 'jujuadmin_app' }));
  assert.ok(!Object.hasOwn(relation.ownUnit, 'schema_user'));
  server.republish(1, { password: 'P2' });
  assert.ok(!Object.hasOwn(relation.ownUnit, 'schema_user'));
  assert.equal(new PostgreSQL(endpoint, { isAdmin: false }).request(1)?.isAdmin, false);
});

test('served gives what is needed to publish again, and no password', () => {
  const endpoint = serving(
    client(2, { database: 'shop' }),
    client(10, { database: 'shop' }, 'other'),
  );
  const server = new PostgreSQL(endpoint);
  server.publish(10, offer());
  server.publish(2, offer());

  assert.deepEqual(
    server.served().map(({ relationId }) => relationId),
    [2, 10],
  );
  const [first] = server.served();
  assert.equal(first?.user, 'juju_app');
  assert.deepEqual(first?.allowedSubnets, ['10.1.0.1/32']);
  assert.ok(!endpoint.store.text.includes('PW'), 'T18: no password in the store');
});

test('republish changes what changed in all keys at once', () => {
  const relation = client(1, { database: 'shop', roles: 'a' });
  const endpoint = serving(relation);
  const server = new PostgreSQL(endpoint);
  server.publish(1, offer());

  server.republish(1, { password: 'P2' });
  const { password, schema_password, master, standbys, roles } = relation.ownUnit;
  assert.deepEqual([password, schema_password, roles], ['P2', 'P2', 'a']);
  assert.match(`${master} ${standbys}`, /^(?!.*PW).*P2.*P2/s);

  server.republish(1, { state: 'hot standby', master: { host: 'm', port: 5433 }, standbys: [] });
  assert.match(relation.ownUnit['master'] ?? '', /host=m password=P2 port=5433/);
  assert.ok(!Object.hasOwn(relation.ownUnit, 'standbys'));
  assert.equal(relation.ownApplication['master'], relation.ownUnit['master']);
});

test('republish keeps a schema user of its own', () => {
  const relation = client(1);
  const server = new PostgreSQL(serving(relation));
  server.provideDatabase(provided());
  server.republish(1, { password: 'P2' });
  assert.deepEqual(
    [relation.ownUnit['schema_user'], relation.ownUnit['schema_password']],
    ['db_app_schema', 'PX'],
  );
});

test('republish does not claim a request that came in the meantime', () => {
  const relation = client(1, { database: 'shop', roles: 'a' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());
  relation.units = { 'app/0': { ...juju(1), database: 'shop', roles: 'a,b' } };
  const server = changed(endpoint, relation);

  server.republish(1, { password: 'P2' });
  assert.equal(relation.ownUnit['roles'], 'a');
  assert.deepEqual(endpoint.flags.all, ['db.roles.requested']);
  assert.deepEqual(
    server.requests().map(({ pending }) => pending),
    [['roles']],
  );
});

test('republish needs a first publication', () => {
  const server = new PostgreSQL(serving(client(1)));
  assert.throws(() => server.republish(1, {}), { code: 'UNKNOWN_RELATION' });
});

test('a relation that went unnoticed is told as departed, and fails no hook of the others', () => {
  for (const write of [
    (server: PostgreSQL): unknown => server.publish(1, offer()),
    (server: PostgreSQL): unknown => server.republish(1, { password: 'P2' }),
    (server: PostgreSQL): unknown => server.admit(1),
    (server: PostgreSQL): unknown => server.withdraw(1, 'refused'),
    (server: PostgreSQL): unknown => server.ackExtensions('app') ?? false,
    (server: PostgreSQL): unknown =>
      server.provideDatabase(provided({ database: 'shop' })) ?? false,
  ]) {
    const endpoint = serving(client(1, { database: 'shop' }));
    const server = new PostgreSQL(endpoint);
    server.publish(1, offer());
    endpoint.all.length = 0;
    assert.equal(write(server), false, String(write));
    assert.deepEqual(
      server.departed().map(({ database }) => database),
      ['shop'],
    );
    assert.deepEqual([server.served(), endpoint.flags.all], [[], ['db.departed']]);
  }
});

test('roles wait for their own acknowledgement, even where none are asked for', () => {
  const endpoint = serving(client(1));
  const server = new PostgreSQL(endpoint);
  server.provideDatabase(provided());
  assert.deepEqual(endpoint.flags.all, ['db.roles.requested']);
  server.ackRoles('app', []);
  assert.deepEqual([endpoint.flags.all, server.previousRoles('app')], [[], []]);
});

test('addresses.changed is raised by joins, moves and departures of client units, and admit answers it', () => {
  const relation = client(1, { database: 'shop' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());
  const isRaised = (): boolean => endpoint.flags.isSet('db.addresses.changed');

  relation.units = { ...relation.units, 'app/10': juju(10), 'app/2': juju(2) };
  endpoint.hook('joined', relation, 'app/10');
  let server = manage(endpoint);
  assert.ok(isRaised());
  server.admit(1);
  assert.equal(relation.ownUnit['allowed-units'], 'app/0 app/2 app/10');
  assert.equal(relation.ownUnit['allowed-subnets'], '10.1.0.1/32,10.1.0.10/32,10.1.0.2/32');
  assert.ok(!isRaised());

  relation.units = { ...relation.units, 'app/2': juju(22) };
  server = changed(endpoint, relation, 'app/2');
  assert.ok(isRaised());
  server.admit(1);
  assert.match(relation.ownUnit['allowed-subnets'] ?? '', /10\.1\.0\.22\/32/);

  const { 'app/2': _gone, ...rest } = relation.units;
  relation.units = rest;
  endpoint.hook('departed', relation, 'app/2');
  server = manage(endpoint);
  assert.ok(isRaised());
  server.admit(1);
  assert.equal(relation.ownUnit['allowed-units'], 'app/0 app/10');
});

test('a client scaled to nothing keeps its database and asks for nothing new', () => {
  const relation = client(1, { database: 'shop', roles: 'a' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());
  relation.units = {};
  endpoint.hook('departed', relation, 'app/0');
  const server = manage(endpoint);

  assert.deepEqual(endpoint.flags.all, ['db.addresses.changed']);
  assert.equal(server.request(1)?.database, 'shop');
  server.admit(1);
  assert.ok(!Object.hasOwn(relation.ownUnit, 'allowed-units'));
  assert.equal(relation.ownUnit['roles'], 'a');
});

test('withdraw takes every key back and stays quiet until another request', () => {
  const relation = client(1, { database: 'shop' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());
  relation.units = { 'app/0': { ...juju(1), database: 'template1' } };
  let server = changed(endpoint, relation);
  assert.match(server.requests()[0]?.problems[0] ?? '', /template1/);

  server.withdraw(1, 'no such database');
  assert.deepEqual([relation.ownUnit, relation.ownApplication], [{}, {}]);
  assert.deepEqual(server.refused(), [{ relationId: 1, problem: 'no such database' }]);
  assert.deepEqual([endpoint.flags.all, server.served()], [[], []]);

  server = changed(endpoint, relation);
  assert.deepEqual(server.requests(), []);
  assert.equal(server.refused().length, 1);

  relation.units = { 'app/0': { ...juju(1), database: 'fine' } };
  server = changed(endpoint, relation);
  assert.deepEqual(server.refused(), []);
  assert.equal(server.requests()[0]?.database, 'fine');
});

test('withdraw with retry leaves the request waiting', () => {
  const relation = client(1, { extensions: 'postgis' });
  const endpoint = serving(relation);
  const server = new PostgreSQL(endpoint);
  server.withdraw(1, 'the package is missing', { retry: true });

  assert.equal(server.refused().length, 1);
  assert.ok(endpoint.flags.isSet('db.extensions.requested'));
  server.publish(1, offer({ database: 'app' }));
  assert.deepEqual(server.refused(), []);
});

test('a relation that is gone is told with what it had, until it is dealt with', () => {
  const relation = client(1, { database: 'shop' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());
  endpoint.all.length = 0;
  endpoint.hook('broken', relation);
  const server = manage(endpoint);

  assert.ok(endpoint.flags.isSet('db.departed'));
  assert.deepEqual(server.departed(), [
    { relationId: 1, relationName: 'db:1', application: 'app', database: 'shop', user: 'juju_app' },
  ]);
  assert.deepEqual([server.served(), server.requests()], [[], []]);
  server.forgetDeparted(1);
  assert.ok(!endpoint.flags.isSet('db.departed'));
});

test('a broken relation nobody heard of is nothing', () => {
  const endpoint = serving();
  endpoint.hook('broken', client(5));
  manage(endpoint);
  endpoint.hook('departed', client(5), 'app/0');
  assert.deepEqual(manage(endpoint).departed(), []);
});

test('the first hook of the code takes over the relations there are', () => {
  const endpoint = new FakeEndpoint('pg/0', [
    client(1, { database: 'a' }),
    client(2, { database: 'b' }),
  ]);
  endpoint.hook(null);
  assert.deepEqual(
    manage(endpoint)
      .requestedDatabases()
      .map(([, name]) => name),
    ['a', 'b'],
  );

  const [gone] = endpoint.all;
  const late = new FakeEndpoint('pg/0', endpoint.all);
  late.hook('broken', gone ?? null);
  assert.deepEqual(
    manage(late)
      .requestedDatabases()
      .map(([, name]) => name),
    ['b'],
  );
});

test('a relation that breaks in the first hook of the code was never ours to tell of', () => {
  const endpoint = new FakeEndpoint('pg/0', [client(1, { database: 'a' })]);
  endpoint.hook('broken', endpoint.all[0] ?? null);
  assert.deepEqual([manage(endpoint).departed(), endpoint.flags.all], [[], []]);
});

test('a name that is no longer requested keeps its database', () => {
  const relation = client(1, { database: 'shop' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());
  relation.units = { 'app/0': juju(1) };
  const server = changed(endpoint, relation);

  assert.deepEqual(endpoint.flags.all, ['db.database.requested']);
  assert.deepEqual([server.requestedDatabase('app'), server.request(1)?.database], ['', 'shop']);
  server.publish(1, offer());
  assert.deepEqual(endpoint.flags.all, []);
});

test('joinedChanged does what a joined and a changed hook need, created needs nothing', () => {
  const relation = client(1, { database: 'shop' });
  const endpoint = new FakeEndpoint('pg/0', [relation]);
  const { units } = relation;
  relation.units = {};
  endpoint.hook('created', relation);
  new PostgreSQL(endpoint).joinedChanged();
  relation.units = units;
  for (const kind of ['joined', 'changed'] as const) {
    endpoint.hook(kind, relation, 'app/0');
    new PostgreSQL(endpoint).joinedChanged();
    assert.equal(endpoint.flags.isSet('db.database.requested'), kind === 'changed', kind);
  }
});

test('the cost of a hook does not grow with the number of relations', () => {
  const calls = (count: number): number => {
    const relations = Array.from({ length: count }, (_, index) =>
      client(index + 1, { database: 'shop' }),
    );
    const endpoint = serving(...relations);
    for (const { id } of relations) new PostgreSQL(endpoint).publish(id, offer());
    for (const relation of relations) relation.calls.length = 0;
    endpoint.listings = 0;
    const [first] = relations;
    if (first === undefined) return -1;
    first.units = { 'app/0': { ...juju(1), database: 'other' } };
    const server = changed(endpoint, first);
    for (const { relationId, database } of server.requests())
      server.publish(relationId, offer({ database }));
    assert.equal(endpoint.listings, 0);
    return relations.reduce((sum, relation) => sum + relation.calls.length, 0);
  };
  assert.equal(calls(50), calls(1));
});

test('records of another shape are read anew', () => {
  const relation = client(1, { database: 'shop' });
  const endpoint = serving(relation);
  new PostgreSQL(endpoint).publish(1, offer());
  endpoint.store.set('pgsql.server.db.record.1', { relationId: 1 });
  endpoint.store.set('pgsql.server.db.served.1', { relationId: 1 });
  endpoint.store.set('pgsql.server.db.departed.9', 3);

  const server = changed(endpoint, relation);
  assert.deepEqual([server.served(), server.departed()], [[], []]);
  assert.deepEqual(server.requestedDatabases(), [['app', 'shop', 1]]);
});
