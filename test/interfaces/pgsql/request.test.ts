// Requests between charm, bag and server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import {
  checkDatabaseName,
  chooseRequest,
  decodeRequest,
  encodeExtensions,
  encodeRequest,
  encodeRoles,
  isSameExtensions,
  isSameRoles,
  NO_REQUEST,
} from '#interfaces/pgsql/request.ts';
import { settingOf, splitList, splitUnits } from '#interfaces/pgsql/settings.ts';
import { applyChange } from './fake-endpoint.ts';

const text = fc.string({ unit: 'grapheme' });
const request = fc.record(
  { database: text, roles: text, extensions: text },
  { noNullPrototype: true },
);

test('a request survives its bag, whatever was in the bag before', () => {
  fc.assert(
    fc.property(request, request, (before, asked) => {
      const bag = applyChange(
        applyChange({ 'egress-subnets': 'x' }, encodeRequest(before)),
        encodeRequest(asked),
      );
      assert.deepEqual(decodeRequest(bag), asked);
      assert.equal(bag['egress-subnets'], 'x');
    }),
  );
});

test('T16: values are text even where they look like JSON or like properties of objects', () => {
  assert.deepEqual(decodeRequest({ database: 'null', roles: 'true', extensions: '10' }), {
    database: 'null',
    roles: 'true',
    extensions: '10',
  });
  assert.equal(settingOf({}, 'constructor'), '');
  assert.equal(settingOf({}, '__proto__'), '');
});

test('lists are trimmed and each item kept once; units may be separated either way', () => {
  assert.deepEqual(splitList(' b, a,,b ,'), ['b', 'a']);
  assert.deepEqual(splitUnits('a/0 a/1,a/2,  a/0\n'), ['a/0', 'a/1', 'a/2']);
  assert.deepEqual(splitUnits(''), []);
});

test('roles and extensions keep the order of the call and refuse what can not arrive', () => {
  assert.equal(encodeRoles(['b', 'a']), 'b,a');
  assert.equal(encodeRoles([]), '');
  assert.throws(() => encodeRoles(['a', 'b,c']), { code: 'INVALID_ROLE_NAME' });
  assert.equal(encodeExtensions(['citext ', 'a(b)', 'c:d']), 'citext,a(b),c:d');
  assert.throws(() => encodeExtensions(['a b']), { code: 'INVALID_EXTENSION' });
  assert.equal(checkDatabaseName(''), '');
  assert.throws(() => checkDatabaseName('template1'), { code: 'INVALID_DATABASE_NAME' });
});

test('echoes compare as sets, and extensions by meaning', () => {
  assert.ok(isSameRoles('a,b', ' b , a,a'));
  assert.ok(!isSameRoles('a,b', 'a'));
  assert.ok(isSameExtensions('citext:x,debversion', 'debversion(public),citext(x)'));
  assert.ok(!isSameExtensions('citext:x', 'citext:y'));
});

test('T5: the application bag speaks for all, else the lowest unit that asks for anything', () => {
  const asks = (database: string): { database: string; roles: string; extensions: string } => ({
    ...NO_REQUEST,
    database,
  });
  const units = [
    ['shop/10', asks('ten')],
    ['shop/2', asks('two')],
    ['shop/1', NO_REQUEST],
  ] as const;

  assert.deepEqual(chooseRequest(NO_REQUEST, units), {
    request: asks('two'),
    source: 'shop/2',
    disagreeing: ['shop/10'],
  });
  assert.deepEqual(chooseRequest(asks('app'), units), {
    request: asks('app'),
    source: 'application',
    disagreeing: ['shop/2', 'shop/10'],
  });
  assert.deepEqual(chooseRequest(NO_REQUEST, []), {
    request: NO_REQUEST,
    source: null,
    disagreeing: [],
  });
});
