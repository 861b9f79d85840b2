// Every trap of the relation that concerns the protocol, by its id. Most of them need two or three lines
// of bags; the ones that need both sides joined stand in two-sides.test.ts as well.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { test } from 'node:test';

import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { PostgreSQL } from '#interfaces/pgsql/provides.ts';
import type { NewOffer } from '#interfaces/pgsql/relation-server.ts';
import { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import { settingOf } from '#interfaces/pgsql/settings.ts';
import { claimUserName, userName } from '#interfaces/pgsql/user-names.ts';
import type { Settings } from '#interfaces/ports.ts';
import { FakeEndpoint, FakeRelation } from './fake-endpoint.ts';

const md5Hex = (text: string): string => createHash('md5').update(text).digest('hex');
const JUJU: Settings = { 'egress-subnets': '10.1.0.1/32', 'ingress-address': '10.1.0.1' };

// The client's side: bags of servers in, what the client makes of them out.

const connect = (host: string, password = 'PW', port = '5432'): string =>
  `dbname=shop host=${host} password=${password} port=${port} user=juju_shop`;

const server = (host: string, state: string, more: Settings = {}): Settings => ({
  host,
  port: '5432',
  database: 'shop',
  user: 'juju_shop',
  password: 'PW',
  state,
  version: '18',
  'allowed-subnets': '10.1.0.1/32',
  master: connect('10.0.0.1'),
  ...more,
});

/** The oldest kind of server: discrete keys and names, nothing else. */
const oldServer = (host: string, state: string, more: Settings = {}): Settings => {
  const {
    version: _version,
    master: _master,
    'allowed-subnets': _subnets,
    ...rest
  } = server(host, state);
  return { ...rest, 'allowed-units': 'shop/0', ...more };
};

interface ClientSide {
  readonly endpoint: FakeEndpoint;
  readonly relation: FakeRelation;
  readonly client: PostgreSQLClient;
}

function clientOf(units: Readonly<Record<string, Settings>>, ownUnit: Settings = JUJU): ClientSide {
  const relation = new FakeRelation({ id: 7, units, ownUnit });
  const endpoint = new FakeEndpoint('shop/0', [relation]);
  return { endpoint, relation, client: new PostgreSQLClient(endpoint) };
}

// The server's side: bags of clients in, what is asked and published out.

function serverOf(...relations: readonly FakeRelation[]): {
  endpoint: FakeEndpoint;
  pgsql: PostgreSQL;
} {
  const endpoint = new FakeEndpoint('pg/0', []);
  new PostgreSQL(endpoint).manageFlags();
  for (const relation of relations) {
    endpoint.all.push(relation);
    hear(endpoint, relation);
  }
  return { endpoint, pgsql: new PostgreSQL(endpoint) };
}

function hear(
  endpoint: FakeEndpoint,
  relation: FakeRelation,
  unit = relation.remoteUnits[0] ?? '',
): PostgreSQL {
  endpoint.hook('changed', relation, unit);
  const pgsql = new PostgreSQL(endpoint);
  pgsql.manageFlags();
  return pgsql;
}

const client = (request: Settings, id = 1, application = 'shop'): FakeRelation =>
  new FakeRelation({
    id,
    remoteApplication: application,
    units: { [`${application}/0`]: { ...JUJU, ...request } },
  });

const offer = (change: Partial<NewOffer> = {}): NewOffer => ({
  database: 'shop',
  user: 'juju_shop',
  password: 'PW',
  host: '10.0.0.1',
  port: 5432,
  state: 'master',
  version: '18',
  master: { host: '10.0.0.1', port: 5432 },
  ...change,
});

test('T1: a bag that is empty or out of reach is no error and causes no write', () => {
  const side = clientOf({ 'pg/0': {}, 'pg/1': { 'private-address': 'x' } });
  side.client.manageFlags();
  assert.equal(side.client.connectionString(), null);
  assert.deepEqual(side.relation.ownUnit, JUJU);

  const relation = new FakeRelation({ units: { 'shop/0': {} }, remoteApplication: 'shop' });
  const { pgsql } = serverOf(relation);
  assert.deepEqual(
    pgsql.request(1)?.allowedUnits,
    [],
    'without an address a unit can not be let in',
  );
  assert.deepEqual(relation.ownUnit, {});
});

test('T2: any legal name of a database goes through both sides unchanged', () => {
  for (const database of ['Shop', 'my "shop"', "it's", 'a b', 'магазин', 'back\\slash']) {
    const relation = client({ database });
    const { pgsql } = serverOf(relation);
    const [request] = pgsql.requests();
    assert.deepEqual([request?.database, request?.problems], [database, []]);
    pgsql.publish(1, offer({ database }));

    const side = clientOf({ 'pg/0': relation.ownUnit }, { ...JUJU, database });
    assert.equal(side.client.database(), database);
  }
});

test('T3: a client refuses an impossible name before anything is written', () => {
  const side = clientOf({});
  for (const name of ['x'.repeat(64), 'a\0', 'a\nb', 'template0', 'postgres']) {
    assert.throws(() => side.client.changeDatabaseName(name), { code: 'INVALID_DATABASE_NAME' });
    assert.throws(() => side.client.setDatabase(name, 7), { code: 'INVALID_DATABASE_NAME' });
  }
  assert.throws(() => side.client.requestRoles('a', 'b,c'), { code: 'INVALID_ROLE_NAME' });
  assert.throws(() => side.client.requestExtensions('a b'), { code: 'INVALID_EXTENSION' });
  assert.deepEqual([side.relation.ownUnit, side.endpoint.store.size], [JUJU, 0]);
});

test('T3: a server refuses an impossible name, names the relation, and serves the others', () => {
  const bad = client({ database: 'x'.repeat(64) }, 1);
  const good = client({ database: 'shop' }, 2, 'other');
  const { pgsql, endpoint } = serverOf(bad, good);
  const [first] = pgsql.requests();
  assert.equal(first?.relationName, 'db:1');
  assert.match(first?.problems[0] ?? '', /64 bytes/);
  assert.deepEqual(pgsql.requestedDatabases(), [['other', 'shop', 2]]);

  pgsql.withdraw(1, 'refused');
  pgsql.publish(2, offer());
  assert.deepEqual([bad.ownUnit, good.ownUnit['database']], [{}, 'shop']);
  assert.deepEqual(endpoint.flags.all, []);
});

test('T3: an application whose name is no name for a database has to request one', () => {
  const { pgsql } = serverOf(client({}, 1, 'x'.repeat(70)), client({}, 2, 'postgres'));
  assert.deepEqual(
    pgsql.requests().map(({ problems }) => problems.length),
    [1, 1],
  );
  assert.deepEqual(pgsql.requestedDatabases(), []);
});

test('T4: a server waits for the first changed, a client for the echo of its name', () => {
  const relation = client({});
  const endpoint = new FakeEndpoint('pg/0', []);
  new PostgreSQL(endpoint).manageFlags();
  endpoint.all.push(relation);
  endpoint.hook('joined', relation, 'shop/0');
  const pgsql = new PostgreSQL(endpoint);
  pgsql.manageFlags();
  assert.deepEqual([endpoint.flags.all, pgsql.requests()], [[], []]);

  relation.units = { 'shop/0': { ...JUJU, database: 'shop' } };
  assert.equal(hear(endpoint, relation).requests()[0]?.database, 'shop');

  const side = clientOf({ 'pg/0': server('10.0.0.1', 'standalone') });
  side.client.changeDatabaseName('another');
  assert.equal(side.client.connectionString(), null);
});

test('T5: client units that disagree are served as one, and it is said once', () => {
  const relation = client({ database: 'a' });
  relation.units = { ...relation.units, 'shop/1': { ...JUJU, database: 'b' } };
  const { endpoint, pgsql } = serverOf(relation);
  assert.equal(pgsql.requestedDatabase('shop'), 'a');
  assert.match(endpoint.warnings.join('\n'), /shop\/1 asks for something else than shop\/0/);

  hear(endpoint, relation);
  assert.equal(endpoint.warnings.length, 1);
  relation.application = { database: 'c' };
  assert.equal(hear(endpoint, relation, '').requestedDatabase('shop'), 'c');
});

test('T6: roles are cleaned for SQL, echoed raw, and refused where they would raise the client', () => {
  const relation = client({ roles: ' b, a,b,' });
  const { pgsql } = serverOf(relation);
  assert.deepEqual(pgsql.request(1)?.roles, ['b', 'a']);
  pgsql.publish(1, offer());
  assert.equal(settingOf(relation.ownUnit, 'roles'), ' b, a,b,');

  for (const role of ['postgres', 'pg_read_server_files', 'juju_shop', 'jujuadmin_other']) {
    const bad = serverOf(client({ roles: `fine,${role}` })).pgsql.request(1);
    assert.equal(bad?.problems.length, 1, role);
  }
  const options = { userName: (application: string): string => `relation_${application}` };
  const { endpoint } = serverOf(client({ roles: 'relation_shop' }));
  assert.equal(new PostgreSQL(endpoint, options).request(1)?.problems.length, 1, 'its own user');
});

test('T7: both ways of writing an extension are read, and anything else is refused', () => {
  const { pgsql } = serverOf(client({ extensions: 'citext:x,hstore(y),uuid-ossp' }));
  assert.deepEqual(pgsql.request(1)?.extensions, [
    { name: 'citext', schema: 'x' },
    { name: 'hstore', schema: 'y' },
    { name: 'uuid-ossp', schema: 'public' },
  ]);
  const bad = serverOf(client({ extensions: 'citext;drop' }));
  assert.deepEqual(bad.pgsql.request(1)?.problems, []);
  assert.equal(
    serverOf(client({ extensions: 'citext(a b)' })).pgsql.request(1)?.problems.length,
    1,
  );
});

test('T8: an extension that could not be installed is not echoed and stays requested', () => {
  const relation = client({ extensions: 'postgis' });
  const { endpoint, pgsql } = serverOf(relation);
  pgsql.publish(1, offer({ extensions: null }));

  assert.ok(!Object.hasOwn(relation.ownUnit, 'extensions'));
  assert.deepEqual(endpoint.flags.all, ['db.extensions.requested']);
  const side = clientOf({ 'pg/0': relation.ownUnit }, { ...JUJU, extensions: 'postgis' });
  assert.equal(side.client.connectionString(), null);
  assert.equal(side.client.relation(7)?.notReady.get('pg/0'), 'extensions-differ');
});

test('T9: units are read with either separator, and names of another model are not waited for', () => {
  for (const units of ['shop/1 shop/0', 'shop/1,shop/0']) {
    const side = clientOf({ 'pg/0': oldServer('10.0.0.1', 'master', { 'allowed-units': units }) });
    assert.notEqual(side.client.connectionString(), null, units);
  }
  const remote = `remote-${'0'.repeat(32)}/0`;
  const side = clientOf({ 'pg/0': server('10.0.0.1', 'master', { 'allowed-units': remote }) });
  assert.notEqual(side.client.connectionString(), null);
});

test('T10: a wider subnet lets a narrower one in', () => {
  const wide = server('10.0.0.1', 'master', { 'allowed-subnets': '192.0.2.0/24,10.0.0.0/8' });
  assert.notEqual(clientOf({ 'pg/0': wide }).client.connectionString(), null);
});

test('T11: a client under a Juju that does not say its egress is ready', () => {
  const side = clientOf(
    { 'pg/0': server('10.0.0.1', 'master') },
    { 'private-address': '10.3.3.3' },
  );
  assert.notEqual(side.client.connectionString(), null);
});

test('T12: standbys are read whether separated by line breaks or by commas', () => {
  for (const separator of ['\n', ',']) {
    const standbys = [connect('10.0.0.2'), connect('10.0.0.3')].join(separator);
    const side = clientOf({ 'pg/0': server('10.0.0.1', 'master', { standbys }) });
    assert.deepEqual(
      side.client.standbys.map(({ host }) => host),
      ['10.0.0.2', '10.0.0.3'],
    );
  }
});

test('T13: two units that claim to be the master give none', () => {
  const two = {
    'pg/0': oldServer('10.0.0.1', 'master'),
    'pg/1': oldServer('10.0.0.2', 'standalone'),
  };
  assert.equal(clientOf(two).client.master, null);
  const newer = {
    'pg/0': server('10.0.0.1', 'master'),
    'pg/1': server('10.0.0.2', 'master', { master: connect('10.0.0.2') }),
  };
  assert.equal(clientOf(newer).client.master, null);
});

test('T14: a unit in an unknown state is ignored', () => {
  assert.equal(clientOf({ 'pg/0': oldServer('10.0.0.1', 'failover') }).client.master, null);
  const side = clientOf({ 'pg/0': server('10.0.0.1', 'failover'), 'pg/1': {} });
  assert.equal(side.client.master, null);
});

test('T15: a port that is none or a host that is empty is not ready, and is warned of once', () => {
  for (const more of [{ port: 'x' }, { port: '0' }, { port: '70000' }, { host: ' ' }]) {
    assert.equal(clientOf({ 'pg/0': oldServer('10.0.0.1', 'master', more) }).client.master, null);
  }
  const master = connect('10.0.0.1', 'PW', '99999');
  const side = clientOf({ 'pg/0': server('10.0.0.1', 'master', { master, port: '99999' }) });
  side.client.manageFlags();
  new PostgreSQLClient(side.endpoint).manageFlags();
  assert.equal(side.client.master, null);
  assert.equal(side.endpoint.warnings.length, 2, 'one for the port, one for the master');
  assert.deepEqual(side.client.warnings.length, 2);
});

test('T16: values that look like JSON stay text', () => {
  for (const [version, password] of [
    ['10', '123'],
    ['9.10', 'true'],
    ['14.10', 'null'],
  ] as const) {
    const bag = oldServer('10.0.0.1', 'master', { password });
    assert.equal(clientOf({ 'pg/0': bag }).client.password(), password);
    const newer = server('10.0.0.1', 'master', { version });
    assert.equal(clientOf({ 'pg/0': newer }).client.version, version);
  }
});

test('T17: a password of any characters reaches the client through every key', () => {
  const password = `q' x\\y"z%@:/ \n,dbname=d`;
  const relation = client({ database: 'shop' });
  const { pgsql } = serverOf(relation);
  pgsql.publish(1, offer({ password, standbys: [{ host: '10.0.0.2', port: 5432 }] }));

  const side = clientOf({ 'pg/0': relation.ownUnit }, { ...JUJU, database: 'shop' });
  assert.equal(side.client.password(), password);
  assert.deepEqual(
    side.client.standbys.map((standby) => standby.password),
    [password],
  );
  const uri = side.client.master?.uri ?? '';
  assert.equal(ConnectionString.parse(uri).password, password);
  assert.equal(ConnectionString.parse(side.client.connectionString() ?? '').password, password);
});

test('T18: no warning, error, problem or stored record of the server shows a password', () => {
  const secret = 'hunter2';
  const relation = client({ database: 'shop' });
  const { endpoint, pgsql } = serverOf(relation);
  pgsql.publish(1, offer({ password: secret }));
  pgsql.republish(1, { port: 5433 });
  assert.ok(!endpoint.store.text.includes(secret));
  assert.ok(!inspect(pgsql.served(), { depth: 9 }).includes(secret));
  assert.throws(
    () => pgsql.publish(1, offer({ password: secret, port: 'none' })),
    (error: Error) => !inspect(error).includes(secret),
  );

  const broken = { master: `host=x password='${secret}`, standbys: `password=${secret} x` };
  const side = clientOf({ 'pg/0': server('10.0.0.1', 'master', broken) });
  side.client.manageFlags();
  assert.equal(side.endpoint.warnings.length, 2);
  assert.ok(!side.endpoint.warnings.join('\n').includes(secret));
});

test('T19: two relations of one application are told apart and both served', () => {
  const relations = [client({ database: 'dev' }, 1), client({ database: 'live' }, 2)];
  const { pgsql } = serverOf(...relations);
  for (const { relationId, database } of pgsql.requests()) {
    pgsql.publish(relationId, offer({ database }));
  }
  assert.deepEqual(
    relations.map(({ ownUnit }) => ownUnit['database']),
    ['dev', 'live'],
  );
});

test('T20: a broken relation is told from the book, and reads and writes no bag', () => {
  const relation = client({ database: 'shop' });
  const { endpoint, pgsql } = serverOf(relation);
  pgsql.publish(1, offer());
  relation.units = {};
  relation.calls.length = 0;
  endpoint.hook('broken', relation);
  const later = new PostgreSQL(endpoint);
  later.manageFlags();
  assert.deepEqual(
    later.departed().map(({ database, user }) => [database, user]),
    [['shop', 'juju_shop']],
  );
  assert.deepEqual(relation.calls, []);

  const side = clientOf({ 'pg/0': server('10.0.0.1', 'master') });
  side.client.manageFlags();
  side.relation.calls.length = 0;
  side.endpoint.hook('broken', side.relation);
  new PostgreSQLClient(side.endpoint).manageFlags();
  assert.deepEqual(side.relation.calls, []);
  assert.ok(side.endpoint.flags.isSet('db.departed'));
});

test('T20: a server unit that is itself removed revokes nothing for the others', () => {
  const relation = client({ database: 'shop' });
  const { endpoint, pgsql } = serverOf(relation);
  pgsql.publish(1, offer());
  endpoint.hook('departed', relation, 'shop/0', 'pg/0');
  new PostgreSQL(endpoint).manageFlags();
  assert.deepEqual(endpoint.flags.all, []);
  assert.deepEqual(pgsql.request(1)?.allowedUnits, ['shop/0']);

  endpoint.hook('broken', relation);
  new PostgreSQL(endpoint).manageFlags();
  assert.deepEqual([endpoint.flags.all, pgsql.departed()], [[], []]);
});

test('T21: one of many units leaving clears nothing', () => {
  const units = { 'pg/0': server('10.0.0.1', 'master'), 'pg/1': server('10.0.0.2', 'hot standby') };
  const side = clientOf(units);
  side.client.manageFlags();
  side.endpoint.hook('departed', side.relation, 'pg/1');
  new PostgreSQLClient(side.endpoint).manageFlags();
  assert.ok(side.endpoint.flags.isSet('db.connected'));
  assert.ok(side.endpoint.flags.isSet('db.database.available'));
  assert.ok(!side.endpoint.flags.raised.includes('db.master.changed'));
  assert.ok(!side.endpoint.flags.isSet('db.departed'));
});

test('T22: changed without joined counts as both', () => {
  const relation = new FakeRelation({
    remoteApplication: 'shop',
    departedUnits: { 'shop/0': { ...JUJU, database: 'shop' } },
  });
  const { endpoint } = serverOf();
  endpoint.all.push(relation);
  const pgsql = hear(endpoint, relation, 'shop/0');
  assert.equal(pgsql.requestedDatabase('shop'), 'shop');
  assert.deepEqual(pgsql.request(1)?.allowedUnits, ['shop/0']);
});

test('T23: a change of the application bag joins no unit without a name', () => {
  const relation = client({});
  const { endpoint, pgsql } = serverOf(relation);
  pgsql.publish(1, offer());
  relation.application = { database: 'shop' };
  const later = hear(endpoint, relation, '');
  assert.equal(later.requestedDatabase('shop'), 'shop');
  assert.deepEqual(
    later.request(1)?.units.map(({ unit }) => unit),
    ['shop/0'],
  );
});

test('T24: a client never reads the bag of its own application', () => {
  for (const isLeader of [true, false]) {
    const side = clientOf({ 'pg/0': server('10.0.0.1', 'master') });
    side.endpoint.setLeader(isLeader);
    side.client.changeDatabaseName('shop');
    side.client.manageFlags();
    assert.ok(!side.relation.calls.includes('get own application'));
    assert.notEqual(side.client.connectionString(), null);
  }
});

test('T25: a client that is no leader writes its own bag only', () => {
  const side = clientOf({});
  side.endpoint.setLeader(false);
  side.client.changeDatabaseName('shop');
  assert.deepEqual(side.relation.ownApplication, {});
  assert.equal(side.relation.ownUnit['database'], 'shop');
});

test('T25: where leadership is lost in the middle, the error comes before anything is written', () => {
  const side = clientOf({});
  side.relation.isLeader = false;
  assert.throws(() => side.client.changeDatabaseName('shop'), { code: 'NOT_LEADER' });
  assert.deepEqual([side.relation.ownUnit, side.endpoint.store.size], [JUJU, 0]);

  const relation = client({ database: 'shop' });
  const { pgsql } = serverOf(relation);
  relation.isLeader = false;
  for (const write of [
    (): unknown => pgsql.publish(1, offer()),
    (): unknown => pgsql.withdraw(1, 'refused'),
  ]) {
    assert.throws(write, { code: 'NOT_LEADER' });
    assert.deepEqual([relation.ownUnit, pgsql.served(), pgsql.refused()], [{}, [], []]);
  }
});

test('T28: a standby publishes the mirrored keys and its own, and names the primary', () => {
  const relation = client({ database: 'shop', roles: 'a,b' });
  const { endpoint, pgsql } = serverOf(relation);
  endpoint.setLeader(false);
  pgsql.publish(1, offer({ state: 'hot standby', host: '10.0.0.2', roles: 'a' }));

  assert.equal(settingOf(relation.ownUnit, 'state'), 'hot standby');
  assert.equal(settingOf(relation.ownUnit, 'roles'), 'a', 'what the primary has done so far');
  assert.match(settingOf(relation.ownUnit, 'master'), /host=10\.0\.0\.1/);
  assert.deepEqual(endpoint.flags.all, ['db.roles.requested']);
});

test('T29: a user without a password is never published, nor believed', () => {
  const relation = client({ database: 'shop' });
  const { pgsql } = serverOf(relation);
  assert.throws(() => pgsql.publish(1, offer({ password: '' })), { code: 'INVALID_OFFER' });
  assert.deepEqual(relation.ownUnit, {});

  const master = 'dbname=shop host=10.0.0.1 port=5432 user=juju_shop';
  const bag = server('10.0.0.1', 'master', { password: '', master });
  assert.equal(clientOf({ 'pg/0': bag }).client.master, null);
});

test('T30: names that fall together are told apart by their owner', () => {
  const [one, two] = [userName('db:1', 'a-b/0'), userName('db:1', 'a_b/0')];
  assert.equal(one, two);
  const owners = new Map([[one, 'a-b']]);
  assert.notEqual(claimUserName(two, 'a_b', owners, md5Hex), one);
});

test('T50: a key that the server takes away is noticed', () => {
  const side = clientOf({ 'pg/0': server('10.0.0.1', 'master') });
  side.client.manageFlags();
  side.relation.units = { 'pg/0': server('10.0.0.1', 'hot standby', { master: '' }) };
  side.endpoint.hook('changed', side.relation, 'pg/0');
  new PostgreSQLClient(side.endpoint).manageFlags();
  assert.ok(!side.endpoint.flags.isSet('db.master.available'));
  assert.ok(!side.endpoint.flags.isSet('db.database.available'));

  const relation = client({ database: 'shop', roles: 'a' });
  const { endpoint, pgsql } = serverOf(relation);
  pgsql.publish(1, offer());
  relation.units = { 'shop/0': { ...JUJU, database: 'shop' } };
  hear(endpoint, relation);
  assert.deepEqual(endpoint.flags.all, ['db.roles.requested']);
});

test('T51: units and relations are taken in numerical order', () => {
  const relation = client({});
  relation.units = Object.fromEntries(
    [10, 9, 2].map((number) => [`shop/${number}`, { ...JUJU, database: `d${number}` }]),
  );
  const { pgsql } = serverOf(relation, client({}, 10, 'x'), client({}, 9, 'y'));
  assert.equal(pgsql.requestedDatabase('shop'), 'd2');
  assert.deepEqual(
    pgsql.requests().map(({ relationId }) => relationId),
    [1, 9, 10],
  );
  assert.deepEqual(pgsql.request(1)?.allowedUnits, ['shop/2', 'shop/9', 'shop/10']);
});

test('T57: a server alone is standalone and publishes no key standbys at all', () => {
  const relation = client({ database: 'shop' });
  const { pgsql } = serverOf(relation);
  pgsql.publish(1, offer({ standbys: [{ host: '10.0.0.2', port: 5432 }] }));
  pgsql.republish(1, { state: 'standalone', standbys: [] });
  assert.ok(!Object.hasOwn(relation.ownUnit, 'standbys'));
  assert.ok(!Object.hasOwn(relation.ownApplication, 'standbys'));
  assert.equal(relation.ownUnit['state'], 'standalone');
});

test('T58: fewer roles are asked for anew, and their echo makes the client ready', () => {
  const relation = client({ database: 'shop', roles: 'a,b' });
  const { endpoint, pgsql } = serverOf(relation);
  pgsql.publish(1, offer());
  relation.units = { 'shop/0': { ...JUJU, database: 'shop', roles: 'a' } };
  const own = { ...JUJU, database: 'shop', roles: 'a' };
  assert.equal(clientOf({ 'pg/0': relation.ownUnit }, own).client.master, null);

  hear(endpoint, relation).publish(1, offer());
  assert.equal(relation.ownUnit['roles'], 'a');
  assert.notEqual(clientOf({ 'pg/0': relation.ownUnit }, own).client.master, null);
});

test('T59: one database asked for by two applications goes to both, each with its own user', () => {
  const relations = [client({ database: 'shop' }, 1), client({ database: 'shop' }, 2, 'report')];
  const { pgsql } = serverOf(...relations);
  for (const { relationId, application, problems } of pgsql.requests()) {
    assert.deepEqual(problems, []);
    pgsql.publish(relationId, offer({ user: `juju_${application}` }));
  }
  assert.deepEqual(
    relations.map(({ ownUnit }) => [ownUnit['database'], ownUnit['user']]),
    [
      ['shop', 'juju_shop'],
      ['shop', 'juju_report'],
    ],
  );
});

test('T60: a client of another model that names no database is served, and warned of', () => {
  const name = `remote-${'0af3'.repeat(8)}`;
  const { endpoint, pgsql } = serverOf(client({}, 1, name), client({ database: 'shop' }, 2, name));
  const [first, second] = pgsql.requests();
  assert.deepEqual([first?.database, first?.isCrossModel, first?.problems], [name, true, []]);
  assert.equal(endpoint.warnings.length, 1);
  assert.match(endpoint.warnings[0] ?? '', /^db:1: .*another model/);
  assert.deepEqual(second?.warnings, []);
});

test('7.8: a server of the oldest kind serves a new client, which says what it can not know', () => {
  const own = { ...JUJU, database: 'shop', roles: 'reader', extensions: 'citext' };
  const { 'allowed-units': _units, ...oldest } = oldServer('10.0.0.1', 'standalone');
  for (const bag of [oldest, oldServer('10.0.0.1', 'standalone')]) {
    const side = clientOf({ 'pg/0': bag }, own);
    side.client.manageFlags();
    assert.equal(
      side.client.connectionString(),
      'host=10.0.0.1 port=5432 dbname=shop user=juju_shop password=PW',
    );
    assert.ok(side.endpoint.flags.isSet('db.database.available'));
    assert.equal(side.endpoint.warnings.length, 2, 'roles and extensions');
  }
  assert.equal(clientOf({ 'pg/0': oldest }, { ...own, database: 'x' }).client.master, null);
});

test('7.8: a client that splits at single blanks finds its unit and its server', () => {
  const relation = client({}, 1, 'landscape');
  relation.units = {
    ...relation.units,
    'landscape/1': { ...JUJU, 'egress-subnets': '10.1.0.2/32' },
  };
  const { pgsql } = serverOf(relation);
  pgsql.publish(1, offer({ database: 'landscape', user: 'juju_landscape' }));

  const bag = relation.ownUnit;
  for (const key of ['master', 'allowed-units', 'port', 'user']) assert.ok(bag[key], key);
  assert.deepEqual(bag['allowed-units']?.split(' '), ['landscape/0', 'landscape/1']);
  const pairs = (bag['master'] ?? '').split(' ').map((pair) => pair.split('='));
  assert.deepEqual(Object.fromEntries(pairs), {
    dbname: 'landscape',
    host: '10.0.0.1',
    password: 'PW',
    port: '5432',
    user: 'juju_landscape',
  });
});

test('7.8: a client reads a server that joins standbys by commas and shows the primary on every unit', () => {
  const bag: Settings = {
    ...{ host: '10.0.0.1', port: '5432', user: 'relation-7', schema_user: 'relation-7' },
    ...{
      password: 'PW',
      schema_password: 'PW',
      database: 'shop',
      extensions: '',
      version: '14.10',
    },
    'allowed-units': 'shop/0 shop/1',
    'allowed-subnets': '10.1.0.1/32,10.1.0.2/32',
    master: connect('10.0.0.1'),
    standbys: `${connect('10.0.0.2')},${connect('10.0.0.3')}`,
  };
  const side = clientOf(
    { 'pg/0': { ...bag, state: 'master' }, 'pg/1': { ...bag, state: 'hot standby' } },
    { ...JUJU, database: 'shop' },
  );
  assert.equal(side.client.master?.host, '10.0.0.1');
  assert.deepEqual(
    side.client.standbys.map(({ host }) => host),
    ['10.0.0.2', '10.0.0.3'],
  );
  assert.equal(side.client.version, '14.10');
});
