// Both sides together: the handshake, failover, passwords and scaling, first step by step and then under
// any order of hooks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { covers } from '#interfaces/pgsql/address-range.ts';
import { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import type { EndpointPort } from '#interfaces/ports.ts';
import { SimulatedCluster } from './simulated-cluster.ts';
import { TwoSides } from './two-sides.ts';

/** Counts of what a client's charm heard, per unit. */
interface Heard {
  changes: number;
  master: string | null;
}

interface World {
  readonly cluster: SimulatedCluster;
  readonly model: TwoSides;
  readonly heard: Map<string, Heard>;
  readonly relationId: number;
  /** The master the client's unit would use now. */
  readonly master: (unit: string) => string | null;
}

const address = (unit: string): { readonly host: string; readonly port: number } => ({
  host: `10.0.0.${Number(unit.split('/')[1]) + 1}`,
  port: 5432,
});

const clientJuju = (unit: string): Readonly<Record<string, string>> => {
  const ip = `10.1.0.${Number(unit.split('/')[1]) + 1}`;
  return { 'egress-subnets': `${ip}/32`, 'ingress-address': ip, 'private-address': ip };
};

/** The model itself fails a test where a client is told of a master it should not be told of. */
function build(servers: number, clients: number): World {
  const names = Array.from({ length: servers }, (_, index) => `pg/${index}`);
  const cluster = new SimulatedCluster({
    primary: 'pg/0',
    password: 'first',
    members: Object.fromEntries(names.map((unit) => [unit, address(unit)])),
  });
  const heard = new Map<string, Heard>();
  const client = (endpoint: EndpointPort): void => {
    const own = heard.get(endpoint.localUnit) ?? { changes: 0, master: null };
    heard.set(endpoint.localUnit, own);
    const pgsql = new PostgreSQLClient(endpoint);
    if (endpoint.event !== null && endpoint.event.kind !== 'broken') {
      pgsql.changeDatabaseName('shop');
      pgsql.requestRoles('reader', 'writer');
    }
    pgsql.manageFlags();
    own.master = pgsql.master?.libpq ?? null;
    if (endpoint.flags.isSet('db.master.changed')) own.changes += 1;
    endpoint.flags.clear('db.master.changed');
  };
  const model = new TwoSides('pg:db', cluster.hook, 'shop:db', client);
  cluster.onNews = (): void => {
    for (const unit of model.unitsOf('pg')) model.wake(unit);
  };
  for (const unit of names) model.addUnit(unit, { 'ingress-address': address(unit).host });
  for (let index = 0; index < clients; index += 1) {
    model.addUnit(`shop/${index}`, clientJuju(`shop/${index}`));
  }
  const relationId = model.relate();
  const master = (unit: string): string | null =>
    new PostgreSQLClient(model.endpointOf(unit)).master?.libpq ?? null;
  return { cluster, model, heard, relationId, master };
}

/** What a client believes must be said by a server, and by the master's own unit be allowed. */
function assertSafe(world: World, unit: string): void {
  const { model, relationId } = world;
  const master = world.heard.get(unit)?.master ?? null;
  if (master === null) return;
  // Only a unit the client has been told of can be asked; of the others it knows by hearsay.
  const known = Object.values(model.endpointOf(unit).all[0]?.units ?? {});
  assert.ok(
    [...known, model.bag(relationId, 'pg')].some((bag) => bag['master'] === master),
    `${unit} reports a master that no server publishes`,
  );
  const host = /host=(\S+)/.exec(master)?.[1];
  const owner = known.find((bag) => bag['host'] === host);
  if (owner === undefined) return;
  const mine = model.bag(relationId, unit)['egress-subnets'] ?? '';
  const allowed = (owner['allowed-subnets'] ?? '').split(',');
  assert.ok(
    allowed.some((range) => covers(range, mine)),
    `${unit} reports a master before its server lets it in`,
  );
}

function expectedMaster(world: World): string {
  const { primary, password, members } = world.cluster.facts;
  return `dbname=shop host=${members[primary]?.host} password=${password} port=5432 user=juju_shop`;
}

function run(world: World, unit: string, pick = 0): void {
  world.model.runHook(unit, pick);
  if (world.heard.has(unit)) assertSafe(world, unit);
}

function settle(world: World, next: (count: number) => number = () => 0): void {
  for (let turn = 0; turn < 3000; turn += 1) {
    const busy = world.model.busy();
    if (busy.length === 0) return;
    run(world, busy[next(busy.length) % busy.length] ?? '', next(16));
  }
  assert.fail('the two sides do not settle: each hook makes another one due');
}

test('7.4: no credentials before the request is heard, none believed before the echo', () => {
  const world = build(1, 1);
  const { model, relationId } = world;

  assert.ok(model.runHook('pg/0'), 'joined');
  assert.equal(model.bag(relationId, 'pg/0')['user'], undefined);

  settle(world);
  assert.equal(world.master('shop/0'), expectedMaster(world));
  assert.deepEqual(
    { ...model.bag(relationId, 'pg/0') },
    {
      host: '10.0.0.1',
      port: '5432',
      database: 'shop',
      user: 'juju_shop',
      password: 'first',
      schema_user: 'juju_shop',
      schema_password: 'first',
      state: 'standalone',
      'allowed-units': 'shop/0',
      'allowed-subnets': '10.1.0.1/32',
      master: expectedMaster(world),
      roles: 'reader,writer',
      version: '18',
      'ingress-address': '10.0.0.1',
    },
  );
  assert.deepEqual(Object.keys(model.bag(relationId, 'pg')).sort(), [
    'allowed-subnets',
    'allowed-units',
    'database',
    'master',
    'password',
    'port',
    'roles',
    'user',
    'version',
  ]);
});

test('7.4: a second client unit is not ready before it is listed', () => {
  const world = build(1, 1);
  settle(world);

  world.model.addUnit('shop/1', clientJuju('shop/1'));
  while (world.model.busy().includes('shop/1')) run(world, 'shop/1');
  assert.equal(world.heard.get('shop/1')?.master, null);

  settle(world);
  assert.equal(world.heard.get('shop/1')?.master, expectedMaster(world));
  assert.equal(world.heard.get('shop/0')?.changes, 1);
});

test('7.4: a failover and a change of password are one change each', () => {
  const world = build(3, 2);
  settle(world);
  assert.equal(world.heard.get('shop/0')?.changes, 1);

  world.cluster.change({ primary: 'pg/1' });
  settle(world);
  assert.equal(world.heard.get('shop/0')?.master, expectedMaster(world));
  assert.equal(world.heard.get('shop/0')?.changes, 2);

  world.cluster.change({ password: 'second' });
  settle(world);
  assert.equal(world.heard.get('shop/1')?.master, expectedMaster(world));
  assert.equal(world.heard.get('shop/1')?.changes, 3);
});

test('7.8: a non-leader client reads the application bag and writes only its own', () => {
  const world = build(2, 2);
  settle(world);
  const { model, relationId } = world;

  assert.equal(model.bag(relationId, 'shop')['database'], 'shop');
  assert.equal(model.bag(relationId, 'shop/1')['database'], 'shop');
  assert.equal(world.heard.get('shop/1')?.master, expectedMaster(world));
});

test('T57: scaled to one, the last unit is standalone and the key standbys is gone', () => {
  const world = build(2, 1);
  settle(world);
  assert.match(world.model.bag(world.relationId, 'pg/0')['standbys'] ?? '', /host=10\.0\.0\.2/);

  world.model.removeUnit('pg/1');
  world.cluster.change({ members: { 'pg/0': address('pg/0') } });
  settle(world);

  const bag = world.model.bag(world.relationId, 'pg/0');
  assert.equal(bag['state'], 'standalone');
  assert.ok(!Object.hasOwn(bag, 'standbys'));
  assert.ok(!Object.hasOwn(world.model.bag(world.relationId, 'pg'), 'standbys'));
  assert.equal(world.heard.get('shop/0')?.changes, 1);
});

test('T21: a server unit that leaves takes neither connected nor available with it', () => {
  const world = build(3, 1);
  settle(world);

  world.model.removeUnit('pg/2');
  world.cluster.change({ members: { 'pg/0': address('pg/0'), 'pg/1': address('pg/1') } });
  settle(world);

  const { flags } = world.model.endpointOf('shop/0');
  assert.ok(flags.isSet('db.connected'));
  assert.ok(flags.isSet('db.database.available'));
});

test('a broken relation clears the flags, raises departed and tells the server which one it was', () => {
  const world = build(1, 1);
  settle(world);

  world.model.breakRelation(world.relationId);
  settle(world);

  const client = world.model.endpointOf('shop/0').flags;
  assert.ok(!client.isSet('db.connected'));
  assert.ok(!client.isSet('db.database.available'));
  assert.ok(client.isSet('db.departed'));
  const server = world.model.endpointOf('pg/0');
  assert.ok(server.flags.isSet('db.departed'));
});

test('a changed egress makes the client wait until the server lets the new address in', () => {
  const world = build(1, 1);
  settle(world);

  world.model.setJuju('shop/0', { 'egress-subnets': '10.9.9.9/32' });
  run(world, 'shop/0');
  assert.equal(world.heard.get('shop/0')?.master, null);

  settle(world);
  assert.equal(world.heard.get('shop/0')?.master, expectedMaster(world));
  assert.equal(world.heard.get('shop/0')?.changes, 1, 'the same master coming back is no change');
});

test('a dead primary whose last words stay in its bag is outvoted by the application bag', () => {
  const world = build(2, 1);
  settle(world);
  const dead = world.model.units.get('pg/0');
  assert.ok(dead !== undefined);

  dead.isDown = true;
  world.model.lead('pg/1');
  world.cluster.change({ primary: 'pg/1' });
  settle(world);

  assert.equal(world.heard.get('shop/0')?.master, expectedMaster(world));
  assert.equal(world.heard.get('shop/0')?.changes, 2);
});

/** One thing that happens to the cluster, on purpose single, so that changes can be counted. */
const singleChange = fc.constantFrom(
  'failover',
  'password',
  'address',
  'switch of leader',
  'nothing',
);

test('under any order of hooks, one change of the master is heard exactly once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 4 }),
      fc.integer({ min: 1, max: 2 }),
      fc.array(singleChange, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat({ max: 1000 })),
      (servers, clients, changes, stream) => {
        const next = (): number => stream.next().value ?? 0;
        const world = build(servers, clients);
        settle(world, next);
        let expected = 1;
        for (const change of changes) {
          const { primary, members, password } = world.cluster.facts;
          const before = expectedMaster(world);
          if (change === 'failover') world.cluster.change({ primary: `pg/${next() % servers}` });
          else if (change === 'password') world.cluster.change({ password: `${password}x` });
          else if (change === 'address') {
            const moved = { host: `10.5.0.${next() % 250}`, port: 5432 };
            world.cluster.change({ members: { ...members, [primary]: moved } });
          } else if (change === 'switch of leader') world.model.lead(`pg/${next() % servers}`);
          if (expectedMaster(world) !== before) expected += 1;
          settle(world, next);
          for (const [unit, { changes: count, master }] of world.heard) {
            assert.equal(master, expectedMaster(world), unit);
            assert.equal(count, expected, `${unit} after ${change}`);
          }
        }
      },
    ),
  );
});

test('under any order of hooks, scaling and loss, no client is told of a wrong master and all end right', () => {
  const step = fc.record({
    what: fc.constantFrom(
      ...['hook', 'hook', 'hook', 'hook', 'failover', 'password', 'egress'],
      ...['add client', 'remove client', 'add server', 'remove server', 'lead', 'crash'],
    ),
    number: fc.nat({ max: 1000 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.infiniteStream(fc.nat({ max: 1000 })),
      (steps, stream) => {
        const world = build(3, 2);
        let added = 10;
        for (const { what, number } of steps) {
          added += 1;
          happen(world, what, number, added);
        }
        settle(world, () => stream.next().value ?? 0);
        for (const unit of world.model.unitsOf('shop')) {
          assert.equal(world.heard.get(unit)?.master, expectedMaster(world), unit);
        }
      },
    ),
  );
});

function happen(world: World, what: string, number: number, added: number): void {
  const { model, cluster } = world;
  const alive = model.unitsOf('pg').filter((unit) => model.units.get(unit)?.isDown === false);
  const clients = model.unitsOf('shop');
  const chosen = alive[number % alive.length] ?? '';
  const successor = alive.find((unit) => unit !== chosen);
  const leaveTo = (unit: string): void => {
    if (cluster.facts.primary === chosen) cluster.change({ primary: unit });
    if (model.leaderOf('pg') === chosen) model.lead(unit);
  };
  if (what === 'hook') {
    const busy = model.busy();
    if (busy.length > 0) run(world, busy[number % busy.length] ?? '', number);
  } else if (what === 'failover') cluster.change({ primary: chosen });
  else if (what === 'password') cluster.change({ password: `password${number}` });
  else if (what === 'lead') model.lead(chosen);
  else if (what === 'egress') {
    model.setJuju(clients[number % clients.length] ?? '', {
      'egress-subnets': `10.7.${added}.0/24`,
    });
  } else if (what === 'add client') model.addUnit(`shop/${added}`, clientJuju(`shop/${added}`));
  else if (what === 'remove client' && clients.length > 1) {
    const gone = clients[number % clients.length] ?? '';
    model.removeUnit(gone);
    world.heard.delete(gone);
  } else if (what === 'add server') {
    model.addUnit(`pg/${added}`, {});
    cluster.change({
      members: { ...cluster.facts.members, [`pg/${added}`]: address(`pg/${added}`) },
    });
  } else if (what === 'remove server' && successor !== undefined) {
    leaveTo(successor);
    const { [chosen]: _gone, ...members } = cluster.facts.members;
    model.removeUnit(chosen);
    cluster.change({ members });
  } else if (what === 'crash' && successor !== undefined) {
    leaveTo(successor);
    const unit = model.units.get(chosen);
    if (unit !== undefined) unit.isDown = true;
  }
}
