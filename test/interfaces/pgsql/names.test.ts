// Names of databases, roles, extensions and users, and the order of numbered names.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { canonicalExtension, parseExtensionItem } from '#interfaces/pgsql/extension-item.ts';
import { databaseNameProblem, grantProblem, roleNameProblem } from '#interfaces/pgsql/names.ts';
import { applicationOf, compareNumbered, sortedNumbers } from '#interfaces/pgsql/numeric-order.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';
import { claimUserName, serviceUserName, userName } from '#interfaces/pgsql/user-names.ts';

const md5Hex = (text: string): string => createHash('md5').update(text).digest('hex');

test('T3: refuses names PostgreSQL would cut short, can not hold, or keeps for itself', () => {
  for (const name of ['x'.repeat(64), 'é'.repeat(32), 'a\0b', 'a\nb', 'a\rb', '\ud800', '  ']) {
    assert.notEqual(databaseNameProblem(name), null, JSON.stringify(name));
    assert.notEqual(roleNameProblem(name), null, JSON.stringify(name));
  }
  for (const name of ['template0', 'template1', 'postgres']) {
    assert.match(databaseNameProblem(name) ?? '', /cluster itself/);
  }
  assert.equal(databaseNameProblem(''), null, 'the server chooses');
  assert.equal(databaseNameProblem('x'.repeat(63)), null);
});

test('T2: capitals, quotes, hyphens, blanks and other alphabets are legal', () => {
  for (const name of ['Shop', 'my "shop"', "it's", 'a-b', 'a b', 'магазин', 'ショップ']) {
    assert.equal(databaseNameProblem(name), null, name);
  }
});

test('T6: roles that would raise the client above itself are refused', () => {
  for (const role of [
    ...['postgres', 'public', 'none', 'pg_read_all_data', 'juju_other', 'jujuadmin_other'],
    ...['jujurepl_x', '_juju_repl', 'relation-7', 'x'.repeat(64)],
  ]) {
    assert.notEqual(grantProblem(role, 'relation-7'), null, role);
  }
  assert.equal(grantProblem('reader', 'juju_shop'), null);
  assert.notEqual(roleNameProblem('a,b'), null);
  assert.notEqual(roleNameProblem(' a'), null);
  assert.notEqual(roleNameProblem(''), null);
});

test('counts bytes as UTF-8 does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(utf8Length(text), Buffer.byteLength(text));
    }),
  );
});

test('T7: reads every way of writing an extension', () => {
  assert.deepEqual(parseExtensionItem('citext'), { name: 'citext', schema: 'public' });
  assert.deepEqual(parseExtensionItem(' uuid-ossp(ext) '), { name: 'uuid-ossp', schema: 'ext' });
  assert.deepEqual(parseExtensionItem('citext:ext'), { name: 'citext', schema: 'ext' });
  for (const text of ['', 'a b', 'a(b', 'a()', 'a:', 'a(b c)', 'a(b)c', 'a:b:c', 'a"b', "a'b"]) {
    assert.equal(parseExtensionItem(text), null, text);
  }
  assert.equal(canonicalExtension('citext:public'), canonicalExtension('citext'));
  assert.equal(canonicalExtension(' ?( '), '?(');
});

test('7.1: users are named after the application, long names by their digest', () => {
  assert.equal(serviceUserName('app/0', 'ordinary', md5Hex), 'juju_app');
  assert.equal(serviceUserName('app', 'admin', md5Hex), 'jujuadmin_app');
  assert.equal(serviceUserName('app/12', 'replication', md5Hex), 'jujurepl_app');
  assert.equal(
    serviceUserName('X'.repeat(70), 'ordinary', md5Hex),
    `juju_${'X'.repeat(26)}d83abbe4d9ddcab942fe8fe92d387470`,
  );
  assert.equal(serviceUserName('X'.repeat(58), 'ordinary', md5Hex), `juju_${'X'.repeat(58)}`);
});

test('users of 2015 are named after relation and application', () => {
  assert.equal(userName('db:1', 'app/0'), 'db_1_app');
  assert.equal(userName('db-admin:1', 'app/0', { admin: true }), 'db_admin_1_app_admin');
  assert.equal(userName('db:1', 'a-b/3', { schema: true }), 'db_1_a_b_schema');
  assert.equal(userName(`d"b'`, 'a'), 'd_b__a');
});

test('T30: a second owner of a name gets a distinct one, a third none', () => {
  const owners = new Map([['db_1_a_b', 'a-b']]);
  assert.equal(claimUserName('db_1_a_b', 'a-b', owners, md5Hex), 'db_1_a_b');
  assert.equal(claimUserName('db_2_c', 'c', owners, md5Hex), 'db_2_c');
  const distinct = claimUserName('db_1_a_b', 'a_b', owners, md5Hex);
  assert.match(distinct, /^db_1_a_b_[0-9a-f]{8}$/);

  owners.set(distinct, 'somebody');
  assert.throws(() => claimUserName('db_1_a_b', 'a_b', owners, md5Hex), {
    code: 'USER_NAME_TAKEN',
  });
});

test('a user name never exceeds what PostgreSQL keeps, and differs where the applications do', () => {
  const application = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 });
  const kind = fc.constantFrom('ordinary' as const, 'admin' as const, 'replication' as const);
  fc.assert(
    fc.property(application, application, kind, (left, right, which) => {
      const [one, two] = [left, right].map((each) => serviceUserName(`${each}/0`, which, md5Hex));
      assert.ok(utf8Length(one ?? '') <= 63);
      assert.equal(one === two, left === right);
    }),
  );
});

test('T51: names and numbers sort by number', () => {
  const units = ['pg/10', 'pg/2', 'pg/9', 'a/1', 'pg', 'db:10', 'db:9', 'pg/02'];
  assert.deepEqual(units.sort(compareNumbered), [
    ...['a/1', 'db:9', 'db:10', 'pg', 'pg/02', 'pg/2', 'pg/9', 'pg/10'],
  ]);
  assert.deepEqual(sortedNumbers([10, 9, 1]), [1, 9, 10]);
  assert.equal(applicationOf('app/3'), 'app');
  assert.equal(applicationOf('app'), 'app');
});

test('the order of names is total and stable', () => {
  const name = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '/', '0', '1', '2'), maxLength: 5 }),
    fc.tuple(fc.constantFrom('pg/', 'db:'), fc.nat()).map(([prefix, number]) => prefix + number),
  );
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      assert.equal(compareNumbered(a, b) === 0, a === b);
      assert.equal(Math.sign(compareNumbered(a, b)) + Math.sign(compareNumbered(b, a)), 0);
      if (compareNumbered(a, b) < 0 && compareNumbered(b, c) < 0)
        assert.ok(compareNumbered(a, c) < 0);
    }),
  );
});
