// Which server a client takes out of bags that disagree.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { NO_REQUEST } from '#interfaces/pgsql/request.ts';
import { decodeServerBag } from '#interfaces/pgsql/server-bag.ts';
import { chooseServers } from '#interfaces/pgsql/server-choice.ts';
import type { ServerChoice } from '#interfaces/pgsql/server-choice.ts';
import type { Settings } from '#interfaces/ports.ts';

const connect = (host: string): string => `dbname=shop host=${host} password=PW port=5432 user=u`;

const unit = (
  host: string,
  state: string,
  master: string | null,
  more: Settings = {},
): Settings => ({
  host,
  port: '5432',
  database: 'shop',
  user: 'u',
  password: 'PW',
  state,
  'allowed-subnets': '10.0.0.0/8',
  ...(master === null ? {} : { master: connect(master) }),
  ...more,
});

function choose(
  units: Readonly<Record<string, Settings>>,
  application: Settings = {},
  client: {
    egress?: readonly string[];
    database?: string;
    roles?: string;
    extensions?: string;
  } = {},
): ServerChoice {
  const { egress = ['10.1.1.1/32'], ...request } = client;
  return chooseServers(
    decodeServerBag(null, application),
    Object.entries(units).map(([name, settings]) => decodeServerBag(name, settings)),
    { unit: 'shop/0', egress, request: { ...NO_REQUEST, ...request } },
  );
}

const leader = (master: string): Settings => ({
  database: 'shop',
  'allowed-subnets': '10.0.0.0/8',
  master: connect(master),
});

test('takes what all agree on, though the master itself is not among them', () => {
  const choice = choose({
    'pg/1': unit('b', 'hot standby', 'a'),
    'pg/2': unit('c', 'hot standby', 'a'),
  });
  assert.equal(choice.master?.host, 'a');
});

test('T13: in disagreement, the unit that is the master by its own word and host is believed', () => {
  const units = {
    'pg/0': unit('a', 'hot standby', 'a'),
    'pg/1': unit('b', 'master', 'b'),
    'pg/2': unit('c', 'hot standby', 'a'),
  };
  assert.equal(choose(units).master?.host, 'b');
  assert.equal(choose(units, leader('a')).master?.host, 'b');
});

test('T13: of two that say so, the application bag decides, then the majority, then nobody', () => {
  const two = { 'pg/0': unit('a', 'master', 'a'), 'pg/1': unit('b', 'master', 'b') };
  assert.equal(choose(two).master, null);
  assert.equal(choose(two, leader('b')).master?.host, 'b');
  assert.equal(choose(two, leader('z')).master, null, 'a third opinion is none of the two');
  assert.equal(choose({ ...two, 'pg/2': unit('c', 'hot standby', 'b') }).master?.host, 'b');
});

test('without any sure word the leader is believed, then the majority', () => {
  const units = {
    'pg/0': unit('a', 'hot standby', 'a'),
    'pg/1': unit('b', 'hot standby', 'b'),
    'pg/2': unit('c', 'hot standby', 'b'),
  };
  assert.equal(choose(units).master?.host, 'b');
  assert.equal(choose(units, leader('a')).master?.host, 'a');
});

test('T13: the oldest generation with several writers, or none, names nobody', () => {
  const old = (host: string, state: string): Settings => {
    const { 'allowed-subnets': _subnets, ...settings } = unit(host, state, null);
    return { ...settings, 'allowed-units': 'shop/0' };
  };
  assert.equal(choose({ 'pg/0': old('a', 'master'), 'pg/1': old('b', 'standalone') }).master, null);
  assert.equal(choose({ 'pg/0': old('a', 'hot standby') }).master, null);
  const choice = choose({ 'pg/0': old('a', 'standalone'), 'pg/1': old('b', 'hot standby') });
  assert.equal(choice.master?.libpq, connect('a'));
  assert.deepEqual(choice.standbys?.map(String), [connect('b')]);
});

test('T14: a unit in a state nobody knows is left out, whatever it claims', () => {
  const choice = choose({
    'pg/0': unit('a', 'failover', 'a'),
    'pg/1': unit('b', 'hot standby', 'b'),
  });
  assert.equal(choice.notReady.get('pg/0'), 'unknown-state');
  assert.equal(choice.master?.host, 'b');
});

test('a master is not named before its own unit lets us in', () => {
  const shut = { 'allowed-subnets': '192.0.2.0/24' };
  const units = {
    'pg/0': unit('a', 'master', 'a', shut),
    'pg/1': unit('b', 'hot standby', 'a', { standbys: `${connect('a')}\n${connect('b')}` }),
  };
  const choice = choose(units);
  assert.equal(choice.master, null);
  assert.equal(choice.notReady.get('pg/0'), 'not-authorised');
  assert.deepEqual(choice.standbys?.map(String), [connect('b')]);
});

test('a new unit that publishes nothing yet disturbs nothing', () => {
  const choice = choose({
    'pg/0': unit('a', 'standalone', 'a'),
    'pg/1': { 'private-address': 'b' },
  });
  assert.equal(choice.master?.host, 'a');
  assert.equal(choice.notReady.get('pg/1'), 'nothing-published');
});

test('standbys come from the bag that named the master, never the master itself', () => {
  const choice = choose(
    {
      'pg/0': unit('a', 'master', 'a', {
        standbys: `${connect('c')}\n${connect('b')}\n${connect('a')}`,
      }),
      'pg/1': unit('b', 'hot standby', 'a', { standbys: connect('z') }),
    },
    { ...leader('a'), standbys: connect('y') },
  );
  assert.deepEqual(
    choice.standbys?.map(({ host }) => host),
    ['b', 'c'],
  );
});

test('standbys are known without a master, and unknown without any ready bag', () => {
  const standing = unit('b', 'hot standby', null, { standbys: connect('b') });
  assert.deepEqual(choose({ 'pg/1': standing }).standbys?.map(String), [connect('b')]);
  assert.equal(choose({ 'pg/1': {} }).standbys, null);
});

test('names decide with servers that know no subnets', () => {
  const named = (units: string): Settings =>
    unit('a', 'master', 'a', {
      'allowed-subnets': '',
      'allowed-units': units,
    });
  assert.equal(choose({ 'pg/0': named('shop/1,shop/0') }).master?.host, 'a');
  assert.equal(choose({ 'pg/0': named('shop/1 shop/2') }).master, null);
  assert.equal(choose({ 'pg/0': named('') }).master, null, 'it lets nobody in');
});

test('every egress of ours must be let in', () => {
  const units = { 'pg/0': unit('a', 'master', 'a') };
  assert.equal(choose(units, {}, { egress: ['10.1.1.1/32', '192.0.2.1/32'] }).master, null);
  assert.equal(choose(units, {}, { egress: [] }).master?.host, 'a', 'T11');
});

test('each difference between request and echo is told apart', () => {
  const bag = unit('a', 'master', 'a', { roles: 'r', extensions: 'citext:x' });
  const reason = (request: object): unknown =>
    choose({ 'pg/0': bag }, {}, request).notReady.get('pg/0');
  assert.equal(reason({ database: 'shop', roles: 'r', extensions: 'citext(x)' }), undefined);
  assert.equal(
    reason({ database: 'other', roles: 'r', extensions: 'citext(x)' }),
    'database-differs',
  );
  assert.equal(reason({ roles: 'r,s', extensions: 'citext(x)' }), 'roles-differ');
  assert.equal(reason({ roles: 'r', extensions: 'citext(y)' }), 'extensions-differ');
});

test('bags in any condition never make a master nobody named, and never one that is also a standby', () => {
  const host = fc.constantFrom('a', 'b', 'c');
  const bag = fc.record({
    host,
    state: fc.constantFrom('master', 'standalone', 'hot standby', '', 'odd'),
    master: fc.option(host),
    standbys: fc.array(host, { maxLength: 3 }),
    isOpen: fc.boolean(),
    database: fc.constantFrom('shop', 'other'),
  });
  const text = (given: typeof bag extends fc.Arbitrary<infer Bag> ? Bag : never): Settings =>
    unit(given.host, given.state, given.master, {
      'allowed-subnets': given.isOpen ? '10.0.0.0/8' : '192.0.2.0/24',
      database: given.database,
      standbys: given.standbys.map((each) => connect(each)).join('\n'),
    });
  fc.assert(
    fc.property(fc.array(bag, { maxLength: 4 }), fc.option(bag), (bags, application) => {
      const units = bags.map((each, index) => [`pg/${index}`, text(each)] as const);
      const shared = application === null ? {} : text(application);
      const choice = choose(Object.fromEntries(units), shared, { database: 'shop' });
      const { master } = choice;
      if (master !== null) {
        assert.ok(
          [...bags, application].some(
            (each) => each?.isOpen && each.database === 'shop' && each.master === master.host,
          ),
        );
      }
      assert.ok(!choice.standbys?.some((standby) => standby.equals(master)));
    }),
  );
});
