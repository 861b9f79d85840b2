// The client's class: what it writes, what it tells, and which flags it raises when.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import type { Settings } from '#interfaces/ports.ts';
import { FakeEndpoint, FakeRelation } from './fake-endpoint.ts';

const connect = (host: string, password = 'PW', database = 'shop'): string =>
  `dbname=${database} host=${host} password=${password} port=5432 user=juju_shop`;

const server = (host: string, state: string, more: Settings = {}): Settings => ({
  host,
  port: '5432',
  database: 'shop',
  user: 'juju_shop',
  password: 'PW',
  schema_user: 'juju_shop',
  schema_password: 'PW',
  state,
  version: '18',
  'allowed-units': 'shop/0',
  'allowed-subnets': '10.1.0.1/32',
  master: connect('10.0.0.1'),
  ...more,
});

const JUJU = { 'egress-subnets': '10.1.0.1/32' };

function oneServer(more: Settings = {}): { endpoint: FakeEndpoint; relation: FakeRelation } {
  const relation = new FakeRelation({
    id: 7,
    units: { 'pg/0': server('10.0.0.1', 'standalone', more) },
    ownUnit: JUJU,
  });
  const endpoint = new FakeEndpoint('shop/0', [relation]);
  endpoint.hook('changed', relation, 'pg/0');
  return { endpoint, relation };
}

test('7.5: the accessors give the parts of one server, the string in its fixed order', () => {
  const { endpoint } = oneServer();
  const client = new PostgreSQLClient(endpoint);

  assert.equal(client.relationName, 'db');
  assert.equal(
    client.connectionString(),
    'host=10.0.0.1 port=5432 dbname=shop user=juju_shop password=PW',
  );
  assert.deepEqual(
    [client.host(), client.port(), client.database(), client.user(), client.password()],
    ['10.0.0.1', '5432', 'shop', 'juju_shop', 'PW'],
  );
  assert.deepEqual([client.schemaUser(), client.schemaPassword()], ['juju_shop', 'PW']);
  assert.equal(client.version, '18');
  assert.equal(client.master?.libpq, connect('10.0.0.1'));
  assert.deepEqual(client.standbys, []);
  assert.deepEqual(client.warnings, []);
});

test('7.5: everything is null while no server is there', () => {
  const client = new PostgreSQLClient(new FakeEndpoint('shop/0'));

  assert.equal(client.connectionString(), null);
  assert.deepEqual(
    [client.host(), client.port(), client.database(), client.user(), client.password()],
    [null, null, null, null, null],
  );
  assert.deepEqual([client.schemaUser(), client.schemaPassword()], [null, null]);
  assert.deepEqual([client.master, client.version, client.relation(1)], [null, null, null]);
});

test('7.5: a request is written at once, by the leader to both bags', () => {
  const { endpoint, relation } = oneServer();
  const client = new PostgreSQLClient(endpoint);

  client.changeDatabaseName('shop');
  client.requestRoles('b', 'a');
  client.requestExtensions(['citext', 'debversion(x)']);

  const expected = { database: 'shop', roles: 'b,a', extensions: 'citext,debversion(x)' };
  assert.deepEqual(relation.ownUnit, { ...JUJU, ...expected });
  assert.deepEqual(relation.ownApplication, expected);
});

test('7.5: a later call replaces, and no roles at all take the key away', () => {
  const { endpoint, relation } = oneServer();
  const client = new PostgreSQLClient(endpoint);
  client.requestRoles('a', 'b');

  client.requestRoles();
  assert.ok(!Object.hasOwn(relation.ownUnit, 'roles'));
  client.changeDatabaseName('x');
  client.changeDatabaseName('');
  assert.deepEqual(relation.ownUnit, JUJU);
});

test('requests of single relations stand over the one of all, and are sorted', () => {
  const relations = [1, 2].map((id) => new FakeRelation({ id, ownUnit: JUJU }));
  const endpoint = new FakeEndpoint('shop/0', relations);
  const client = new PostgreSQLClient(endpoint);

  client.setDatabase('dev');
  client.setDatabase('live', 2);
  client.setRoles(['b', 'a'], 1);
  client.setExtensions('citext', 2);
  client.setRoles('reader', 2);

  const asked = relations.map(({ ownUnit: { database, roles, extensions } }) => [
    ...[database, roles, extensions],
  ]);
  assert.deepEqual(asked, [
    ['dev', 'a,b', undefined],
    ['live', 'reader', 'citext'],
  ]);

  client.setRoles(['all']);
  assert.deepEqual(
    relations.map(({ ownUnit }) => ownUnit['roles']),
    ['all', 'all'],
  );
  assert.deepEqual(
    relations.map(({ ownUnit }) => ownUnit['database']),
    ['dev', 'live'],
  );
  assert.throws(() => client.setDatabase('x', 3), { code: 'UNKNOWN_RELATION' });
});

test('a new relation is asked for the same by the next hook', () => {
  const endpoint = new FakeEndpoint('shop/0', []);
  new PostgreSQLClient(endpoint).changeDatabaseName('shop');
  const relation = new FakeRelation({ id: 3 });
  endpoint.all.push(relation);

  endpoint.hook('created', relation);
  new PostgreSQLClient(endpoint).manageFlags();

  assert.equal(relation.ownUnit['database'], 'shop');
});

test('a new leader repeats the request for all, and keeps quiet where it knows of none', () => {
  const { endpoint, relation } = oneServer();
  endpoint.setLeader(false);
  new PostgreSQLClient(endpoint).changeDatabaseName('shop');
  assert.deepEqual(relation.ownApplication, {});

  endpoint.setLeader(true);
  new PostgreSQLClient(endpoint).manageFlags();
  assert.deepEqual(relation.ownApplication, { database: 'shop' });

  const fresh = new FakeEndpoint('shop/1', [relation]);
  relation.ownUnit = JUJU;
  new PostgreSQLClient(fresh).manageFlags();
  assert.deepEqual(relation.ownApplication, { database: 'shop' }, 'kept what the other asked for');
});

test('a charm upgraded from another one keeps the request in its bag', () => {
  const { endpoint, relation } = oneServer();
  relation.ownUnit = { ...JUJU, database: 'shop', roles: 'a' };

  const client = new PostgreSQLClient(endpoint);
  client.requestExtensions('citext');

  assert.deepEqual(relation.ownUnit, {
    ...JUJU,
    database: 'shop',
    roles: 'a',
    extensions: 'citext',
  });
  assert.equal(client.relation(7)?.request.database, 'shop');
});

test('7.5: available follows the connection string, and goes when another name is requested', () => {
  const { endpoint } = oneServer();
  const client = new PostgreSQLClient(endpoint);
  client.manageFlags();
  assert.deepEqual(endpoint.flags.all, [
    ...['db.connected', 'db.database.available', 'db.database.changed'],
    ...['db.master.available', 'db.master.changed'],
  ]);

  client.changeDatabaseName('other');
  client.manageFlags();
  assert.equal(client.connectionString(), null);
  assert.ok(!endpoint.flags.isSet('db.database.available'));
  assert.ok(!endpoint.flags.isSet('db.master.available'));
  assert.ok(endpoint.flags.isSet('db.connected'));
});

test('changed is raised once per change, again though not yet cleared, and never for the same', () => {
  const { endpoint, relation } = oneServer();
  const hook = (): readonly string[] => {
    endpoint.hook('changed', relation, 'pg/0');
    new PostgreSQLClient(endpoint).manageFlags();
    return endpoint.flags.raised.filter((flag) => flag.endsWith('.changed'));
  };
  assert.deepEqual(hook(), ['db.master.changed', 'db.database.changed']);
  assert.deepEqual(hook(), []);

  relation.units = {
    'pg/0': server('10.0.0.1', 'standalone', { master: connect('10.0.0.1', 'P2') }),
  };
  assert.deepEqual(hook(), ['db.master.changed', 'db.database.changed']);

  relation.units = {
    'pg/0': server('10.0.0.1', 'master', {
      master: connect('10.0.0.1', 'P2'),
      standbys: connect('10.0.0.2', 'P2'),
    }),
  };
  assert.deepEqual(hook(), ['db.standbys.changed', 'db.database.changed']);
  assert.ok(endpoint.flags.isSet('db.standbys.available'));

  relation.units = {
    'pg/0': server('10.0.0.1', 'standalone', { master: connect('10.0.0.1', 'P2') }),
  };
  assert.deepEqual(hook(), ['db.standbys.changed', 'db.database.changed']);
  assert.ok(!endpoint.flags.isSet('db.standbys.available'));
});

test('the last server leaving clears what was available and raises departed and every changed', () => {
  const { endpoint, relation } = oneServer();
  new PostgreSQLClient(endpoint).manageFlags();

  endpoint.hook('departed', relation, 'pg/0');
  for (const flag of ['database', 'master', 'standbys']) endpoint.flags.clear(`db.${flag}.changed`);
  new PostgreSQLClient(endpoint).manageFlags();

  assert.deepEqual(endpoint.flags.all, [
    ...['db.database.changed', 'db.departed', 'db.master.changed', 'db.standbys.changed'],
  ]);

  endpoint.flags.clear('db.master.changed');
  endpoint.hook('joined', relation, 'pg/0');
  new PostgreSQLClient(endpoint).manageFlags();
  assert.ok(endpoint.flags.isSet('db.master.changed'), 'the same server again is news');
});

test('of several relations the first with a master leads, standbys are those of all', () => {
  const relation = (id: number, host: string, standbys: string): FakeRelation =>
    new FakeRelation({
      id,
      ownUnit: JUJU,
      units: { 'pg/0': server(host, 'master', { master: connect(host), standbys }) },
    });
  const first = relation(2, 'h2', `${connect('s')}\n${connect('t')}`);
  const second = relation(10, 'h10', connect('s'));
  const endpoint = new FakeEndpoint('shop/0', [second, first]);
  const client = new PostgreSQLClient(endpoint);
  client.manageFlags();

  assert.equal(client.master?.host, 'h2');
  assert.deepEqual(
    client.standbys.map(({ host }) => host),
    ['s', 't'],
  );
  assert.deepEqual(
    client.views.map(({ relationName }) => relationName),
    ['db:2', 'db:10'],
  );

  endpoint.hook('broken', first);
  const later = new PostgreSQLClient(endpoint);
  later.manageFlags();
  assert.equal(later.master?.host, 'h10');
  assert.deepEqual(endpoint.flags.raised, [
    ...['db.master.changed', 'db.standbys.changed', 'db.database.changed'],
  ]);
  assert.ok(!endpoint.flags.isSet('db.departed'));
});

test('a view says which unit may be used, and why another may not', () => {
  const { endpoint, relation } = oneServer();
  relation.units = {
    ...relation.units,
    'pg/1': server('10.0.0.2', 'hot standby', { database: 'x' }),
  };
  const client = new PostgreSQLClient(endpoint);
  client.changeDatabaseName('shop');

  const view = client.relation(7);
  assert.equal(view?.units.get('pg/0')?.libpq, connect('10.0.0.1'));
  assert.equal(view?.units.get('pg/1'), null);
  assert.equal(view?.notReady.get('pg/1'), 'database-differs');
  assert.equal(view?.remoteApplication, 'pg');
});

test('the schema user comes from a unit that offers the same credentials as the application', () => {
  const application = {
    ...{ database: 'shop', user: 'juju_shop', password: 'PW', version: '18.1' },
    'allowed-subnets': '10.1.0.1/32',
    master: connect('10.0.0.9'),
  };
  const relation = new FakeRelation({ ownUnit: JUJU, application });
  const endpoint = new FakeEndpoint('shop/0', [relation]);
  relation.units = { 'pg/1': server('10.0.0.2', 'hot standby', { master: '' }) };
  assert.equal(new PostgreSQLClient(endpoint).schemaUser(), 'juju_shop');
  assert.equal(new PostgreSQLClient(endpoint).version, '18.1');

  relation.units = { 'pg/1': server('10.0.0.2', 'hot standby', { master: '', password: 'old' }) };
  assert.equal(new PostgreSQLClient(endpoint).schemaUser(), null);
});

test('what a store of another shape holds is as good as nothing', () => {
  const { endpoint, relation } = oneServer();
  for (const key of ['request', 'request.7', 'announced.7', 'warned.7']) {
    endpoint.store.set(`pgsql.client.db.${key}`, 5);
  }
  new PostgreSQLClient(endpoint).manageFlags();
  assert.ok(endpoint.flags.isSet('db.master.changed'));
  assert.deepEqual(relation.ownUnit, JUJU);
});

test('a hook without change writes nothing and stores nothing new', () => {
  const { endpoint, relation } = oneServer();
  new PostgreSQLClient(endpoint).manageFlags();
  const { text } = endpoint.store;
  relation.calls.length = 0;

  endpoint.hook(null);
  new PostgreSQLClient(endpoint).manageFlags();

  assert.equal(endpoint.store.text, text);
  assert.deepEqual(
    relation.calls.filter((call) => call.startsWith('set')),
    [],
  );
  assert.deepEqual(endpoint.flags.raised, []);
});
