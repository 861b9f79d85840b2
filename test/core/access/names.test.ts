// Which names are refused, and that everything else is let through.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  databaseNameProblem,
  extensionNameProblem,
  roleNameProblem,
  userNameProblem,
} from '#core/access/names.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';
import { shown } from '#interfaces/pgsql/shown.ts';

test('T2: a database name may hold capitals, quotes, dashes, blanks and any letter', () => {
  for (const name of [
    'Prod',
    'a"b',
    "it's",
    'my-db',
    'two words',
    'Überfluß',
    '数据库',
    '$x',
    'a/b',
  ]) {
    assert.equal(databaseNameProblem(name), null, name);
  }
});

test('T3: a database name is refused when PostgreSQL would cut it, keep it for itself or break on it', () => {
  const refused = ['', 'a\u0000b', 'a\nb', 'a\u007f', 'x'.repeat(64), 'ü'.repeat(32)];
  for (const name of [...refused, 'postgres', 'template0', 'template1', '/.*', '\ud800']) {
    assert.equal(databaseNameProblem(name)?.code, 'DATABASE_NAME_INVALID', JSON.stringify(name));
  }
  assert.equal(databaseNameProblem('x'.repeat(63)), null);
  assert.match(
    databaseNameProblem('x'.repeat(64))?.message ?? '',
    /64 bytes long where PostgreSQL keeps 63/u,
  );
});

test('T6: a user is never one of the server itself', () => {
  for (const name of ['postgres', 'pg_read_all_data', 'public', 'none', '', 'a\nb', '/x']) {
    assert.equal(userNameProblem(name)?.code, 'USER_NAME_INVALID', name);
  }
  assert.equal(userNameProblem('db_7_app'), null);
});

test('T6: a user can not ask to be a member of itself or of a role of the server', () => {
  for (const name of ['me', 'postgres', 'pg_monitor', 'public']) {
    assert.equal(roleNameProblem(name, 'me')?.code, 'ROLE_NAME_INVALID', name);
  }
  assert.equal(roleNameProblem('reader', 'me'), null);
});

test('T7: an extension and its schema have narrow alphabets', () => {
  assert.equal(extensionNameProblem('uuid-ossp', 'public'), null);
  assert.equal(extensionNameProblem('x', 'ext_1'), null);
  for (const [name, schema] of [
    ['', 'public'],
    ['../x', 'public'],
    ['-x', 'public'],
    ['a b', 'public'],
    ['x', ''],
    ['x', 'a b'],
    ['x', 'pg_catalog'],
    ['x', 'information_schema'],
    ['x', 's'.repeat(64)],
  ] as const) {
    assert.equal(
      extensionNameProblem(name, schema)?.code,
      'EXTENSION_NAME_INVALID',
      `${name} ${schema}`,
    );
  }
});

test('the length of a name is that of its UTF-8 form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(utf8Length(text), Buffer.byteLength(text, 'utf8'));
    }),
  );
});

test('a name is shown in one line of bounded length, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      assert.doesNotMatch(shown(text), /[\u0000-\u001f\u007f]/u);
      assert.ok(shown(text).length < 600);
    }),
  );
});
