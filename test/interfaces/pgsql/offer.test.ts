// What a server writes and what a client reads out of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { checkOffer, encodeOffer } from '#interfaces/pgsql/offer.ts';
import type { Offer } from '#interfaces/pgsql/offer.ts';
import {
  decodeServerText,
  encodeServerText,
  SERVER_KEYS,
  SERVER_STATES,
} from '#interfaces/pgsql/protocol.ts';
import { decodeServerBag } from '#interfaces/pgsql/server-bag.ts';
import { applyChange } from './fake-endpoint.ts';

const OFFER: Offer = {
  database: 'shop',
  user: 'juju_shop',
  password: 'PW',
  schemaUser: 'juju_shop',
  schemaPassword: 'PW',
  host: '10.1.0.10',
  port: 5432,
  state: 'master',
  master: { host: '10.1.0.10', port: 5432 },
  standbys: [
    { host: '10.1.0.12', port: 5432 },
    { host: '10.1.0.11', port: 5432 },
  ],
  version: '12',
  roles: 'reader,writer',
  extensions: 'citext,debversion',
  allowedUnits: ['shop/10', 'shop/1', 'shop/2'],
  allowedSubnets: ['10.1.0.21/32', '10.1.0.20/32', '10.1.0.21/32'],
  connectionOptions: {},
};

test('writes the keys of all generations, lists in a stable order', () => {
  const connect = (host: string): string =>
    `dbname=shop host=${host} password=PW port=5432 user=juju_shop`;
  const { unit, application } = encodeOffer(OFFER);

  assert.deepEqual(unit, {
    host: '10.1.0.10',
    port: '5432',
    database: 'shop',
    user: 'juju_shop',
    password: 'PW',
    schema_user: 'juju_shop',
    schema_password: 'PW',
    state: 'master',
    'allowed-units': 'shop/1 shop/2 shop/10',
    'allowed-subnets': '10.1.0.20/32,10.1.0.21/32',
    master: connect('10.1.0.10'),
    standbys: `${connect('10.1.0.11')}\n${connect('10.1.0.12')}`,
    roles: 'reader,writer',
    extensions: 'citext,debversion',
    version: '12',
  });
  assert.deepEqual(
    Object.keys(unit).filter((key) => !Object.hasOwn(application, key)),
    ['host', 'schema_user', 'schema_password', 'state'],
  );
});

test('takes away what is no longer said, and never names a key of Juju', () => {
  const { unit } = encodeOffer({ ...OFFER, master: null, standbys: [], roles: '', version: '' });

  for (const key of ['master', 'standbys', 'roles', 'version']) assert.equal(unit[key], null, key);
  for (const key of ['egress-subnets', 'ingress-address', 'private-address']) {
    assert.ok(!Object.hasOwn(unit, key), key);
  }
});

test('the master is never among the standbys', () => {
  const { unit } = encodeOffer({ ...OFFER, standbys: [{ host: '10.1.0.10', port: '5432' }] });
  assert.equal(unit['standbys'], null);
});

test('options go into every connection string', () => {
  const { unit } = encodeOffer({ ...OFFER, connectionOptions: { sslmode: 'require' } });
  assert.match(String(unit['master']), / sslmode=require /);
  assert.equal(String(unit['standbys']).match(/sslmode=require/g)?.length, 2);
});

test('T29, T15: refuses an offer nobody could use, and says nothing secret', () => {
  const bad: readonly Partial<Offer>[] = [
    { database: '' },
    { user: '' },
    { password: '' },
    { schemaUser: '' },
    { schemaPassword: '' },
    { host: ' ' },
    { port: 0 },
    { port: '65536' },
    { port: 'five' },
    { master: { host: '', port: 1 } },
    { standbys: [{ host: 'h', port: -1 }] },
  ];
  for (const change of bad) {
    assert.throws(
      () => checkOffer({ ...OFFER, ...change }),
      (error: Error & { code?: string }) =>
        error.code === 'INVALID_OFFER' && !error.message.includes('PW'),
      JSON.stringify(change),
    );
  }
  checkOffer(OFFER);
});

test('the table of keys survives its bags in both directions', () => {
  const fields = Object.keys(SERVER_KEYS);
  const record = fc
    .array(fc.string({ unit: 'grapheme' }), { minLength: fields.length, maxLength: fields.length })
    .map((values) =>
      Object.fromEntries(fields.map((field, index) => [field, values[index] ?? ''])),
    );
  fc.assert(
    fc.property(record, (text) => {
      const { unit } = encodeServerText(text);
      assert.deepEqual(decodeServerText(applyChange({}, unit)), text);
    }),
  );
});

const word = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((text) => !text.includes('\0') && text.isWellFormed() && text.trim() !== '');
const address = fc.record({ host: word, port: fc.integer({ min: 1, max: 65_535 }) });
const offer: fc.Arbitrary<Offer> = fc.record({
  database: word,
  user: word,
  password: word,
  schemaUser: fc.constant(''),
  schemaPassword: fc.constant(''),
  host: word,
  port: fc.integer({ min: 1, max: 65_535 }),
  state: fc.constantFrom(...SERVER_STATES),
  master: fc.option(address),
  standbys: fc.array(address, { maxLength: 3 }),
  version: fc.constantFrom('9.6', '10', ''),
  roles: fc.constantFrom('', 'a, b'),
  extensions: fc.constant(''),
  allowedUnits: fc.array(fc.nat({ max: 20 }).map((number) => `shop/${number}`)),
  allowedSubnets: fc.array(fc.ipV4().map((ip) => `${ip}/32`)),
  connectionOptions: fc.constant({}),
});

test('T17, T2: a client reads back any offer, whatever characters names and passwords hold', () => {
  fc.assert(
    fc.property(offer, (given) => {
      const bag = decodeServerBag('pg/0', applyChange({}, encodeOffer(given).unit));
      const { database, user, password } = given;
      const own = { dbname: database, host: given.host, password, port: String(given.port), user };
      assert.deepEqual(Object.fromEntries(bag.own?.items() ?? []), own);
      assert.equal(bag.master?.host ?? null, given.master?.host ?? null);
      const others = given.standbys.filter(
        ({ host, port }) => host !== given.master?.host || port !== given.master.port,
      );
      assert.deepEqual(
        new Set(bag.standbys.map(({ host, port }) => `${host} ${port}`)),
        new Set(others.map(({ host, port }) => `${host} ${port}`)),
      );
      assert.deepEqual(bag.warnings, []);
      assert.equal(bag.state, given.state);
      assert.deepEqual(new Set(bag.allowedUnits), new Set(given.allowedUnits));
      assert.deepEqual(new Set(bag.allowedSubnets), new Set(given.allowedSubnets));
    }),
  );
});

test('the same facts in another order give the same text', () => {
  fc.assert(
    fc.property(offer, (given) => {
      const turned = {
        ...given,
        standbys: [...given.standbys].reverse(),
        allowedUnits: [...given.allowedUnits].reverse(),
        allowedSubnets: [...given.allowedSubnets].reverse(),
      };
      assert.deepEqual(encodeOffer(turned), encodeOffer(given));
    }),
  );
});

test('T1: any bag at all can be read', () => {
  const bag = fc.dictionary(
    fc.constantFrom(...Object.values(SERVER_KEYS).map(({ key }) => key), '__proto__'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(bag, (settings) => {
      decodeServerBag(null, settings);
    }),
  );
});
