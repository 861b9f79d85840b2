import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  applicationOf,
  compareNumbers,
  compareStorageIds,
  compareUnits,
  isApplicationName,
  isUnitName,
  parseApplicationName,
  parseEndpointReference,
  parseStorageId,
  parseUnitName,
  relationIdIn,
  secretIdIn,
} from '#core/juju/names.ts';
import { refusal } from './samples.ts';

const names = ['postgresql', 'salt-job-cache', 'a', 'x9', 'a-1b', 'constructor'];
const notNames = ['', 'Postgres', '9a', 'app-', '-app', 'app-1', 'a_b', 'a/0', 'a b', 'a--', 'ü'];

for (const name of names) {
  test(`F1: "${name}" is an application name`, () => {
    assert.equal(parseApplicationName(name), name);
  });
}

for (const name of notNames) {
  test(`F1: "${name}" is refused as an application name`, () => {
    assert.equal(isApplicationName(name), false);
    assert.throws(
      () => parseApplicationName(name),
      refusal('not-valid', `invalid application name "${name}"`),
    );
  });
}

test('a unit name falls into application and number', () => {
  assert.deepEqual(parseUnitName('salt-job-cache/10'), {
    name: 'salt-job-cache/10',
    application: 'salt-job-cache',
    number: 10,
  });
  assert.equal(applicationOf('salt-job-cache/10'), 'salt-job-cache');
});

for (const text of ['unit//0', 'app', 'app/', 'app/01', 'app/-1', 'app/0/1', '/0', 'App/0']) {
  test(`H82: "${text}" is refused as a unit name`, () => {
    assert.equal(isUnitName(text), false);
    assert.throws(() => parseUnitName(text), refusal('not-valid', `invalid unit name "${text}"`));
  });
}

test('applicationOf treats a name that is no unit as a fault of the program', () => {
  assert.throws(() => applicationOf('postgresql'), { name: 'Error' });
});

test('a storage id falls into name and number, and anything else is refused', () => {
  assert.deepEqual(parseStorageId('pgdata/3'), { id: 'pgdata/3', name: 'pgdata', number: 3 });
  assert.throws(
    () => parseStorageId('pgdata'),
    refusal('not-valid', 'invalid storage ID "pgdata"'),
  );
});

test('units are listed by number and not as text', () => {
  const units = ['b/0', 'a/10', 'a/9', 'a/100', 'a-b/0'];
  assert.deepEqual(units.sort(compareUnits), ['a/9', 'a/10', 'a/100', 'a-b/0', 'b/0']);
});

test('T51: the order of units and storage agrees with that of their numbers', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (left, right) => {
      const sign = Math.sign(left - right);
      assert.equal(Math.sign(compareUnits(`a/${left}`, `a/${right}`)), sign);
      assert.equal(Math.sign(compareStorageIds(`d/${left}`, `d/${right}`)), sign);
      assert.equal(Math.sign(compareNumbers(String(left), String(right))), sign);
    }),
  );
});

test('numbers beyond 2^53 keep their order', () => {
  assert.ok(compareNumbers('9007199254740993', '9007199254740992') > 0);
});

test('names that are no units still have a total order', () => {
  assert.ok(compareUnits('zebra', 'apple') > 0);
  assert.equal(compareUnits('x', 'x'), 0);
});

test('an endpoint may be left out of a reference', () => {
  assert.deepEqual(parseEndpointReference('server'), { application: 'server', endpoint: null });
  assert.deepEqual(parseEndpointReference('server:db_x'), {
    application: 'server',
    endpoint: 'db_x',
  });
});

for (const text of ['', ':db', 'server:', 'a:b:c', 'a b', 'server:DB']) {
  test(`"${text}" is refused as an endpoint reference`, () => {
    assert.throws(
      () => parseEndpointReference(text),
      refusal('not-valid', `endpoint "${text}" not valid`),
    );
  });
}

test('H30: a relation is named by its number, with its endpoint or without', () => {
  assert.deepEqual(['7', 'db:7', 'one', 'db:', 'db:07'].map(relationIdIn), [
    '7',
    '7',
    null,
    null,
    null,
  ]);
});

test('H180: a secret is named by its URI, its cross-model URI or its bare id', () => {
  const id = '9m4e2mr0ui3e8a215n4g';
  for (const text of [id, `secret:${id}`, `secret://0b0c5b3e-3b0f-4e66-8d0e-2d6d5f06f00d/${id}`]) {
    assert.equal(secretIdIn(text), id);
  }
  assert.equal(secretIdIn('secret:short'), null);
});
