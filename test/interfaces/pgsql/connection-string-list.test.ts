// Lists of connection strings, separated as one family of servers or the other does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import {
  parseConnectionStringList,
  printConnectionStringList,
  splitConnectionStringList,
} from '#interfaces/pgsql/connection-string-list.ts';

test('T12: splits at line breaks, and at commas only where a keyword comes again', () => {
  assert.deepEqual(splitConnectionStringList('dbname=d host=a\ndbname=d host=b\n'), [
    'dbname=d host=a',
    'dbname=d host=b',
  ]);
  assert.deepEqual(splitConnectionStringList('dbname=d host=a user=u,dbname=d host=b user=u'), [
    'dbname=d host=a user=u',
    'dbname=d host=b user=u',
  ]);
  assert.deepEqual(splitConnectionStringList('host=a,b port=1,2'), ['host=a,b port=1,2']);
  assert.deepEqual(splitConnectionStringList('host=a password=x,y=z'), ['host=a password=x,y=z']);
  assert.deepEqual(splitConnectionStringList("dbname='d b',dbname='e f'"), [
    "dbname='d b'",
    "dbname='e f'",
  ]);
  assert.deepEqual(splitConnectionStringList("a='x\ny,a=1'"), ["a='x\ny,a=1'"]);
  assert.deepEqual(splitConnectionStringList(String.raw`a=\',a='q\'',a= 'b'`), [
    String.raw`a=\'`,
    String.raw`a='q\''`,
    "a= 'b'",
  ]);
  assert.deepEqual(splitConnectionStringList(''), []);
});

test('counts what can not be read and shows nothing of it', () => {
  const { strings, unreadable } = parseConnectionStringList('host=a\nnonsense\nhost=b');

  assert.deepEqual(
    strings.map(({ host }) => host),
    ['a', 'b'],
  );
  assert.equal(unreadable, 1);
});

test('printing a list and reading it back gives the same strings, sorted and each once', () => {
  const value = fc.string({
    unit: fc.constantFrom(...['a', ',', '=', 'host=', ',host=', ' ', "'", '\\', '\n', 'b']),
    minLength: 1,
  });
  const string = fc
    .record({ host: value, password: value, user: value })
    .map((parts) => new ConnectionString(parts));
  fc.assert(
    fc.property(fc.array(string, { maxLength: 4 }), (strings) => {
      const { strings: read, unreadable } = parseConnectionStringList(
        printConnectionStringList(strings),
      );
      assert.equal(unreadable, 0);
      assert.deepEqual(
        read.map(({ libpq }) => libpq),
        [...new Set(strings.map(({ libpq }) => libpq))].sort(),
      );
    }),
  );
});
