// Connection strings in libpq's two forms: fixed vectors, libpq's own rules, and printing followed by
// reading as the identity.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { parse as parseForPg } from 'pg-connection-string';

import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { PgsqlError } from '#interfaces/pgsql/errors.ts';

const FULL = {
  user: 'mememe',
  password: 'secret',
  host: '10.9.8.7',
  port: 5432,
  dbname: 'mydata',
  sslmode: 'require',
  connect_timeout: 10,
};

const parse = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(ConnectionString.parse(text).items());

test('7.1: prints keywords sorted, and the URI with what is left over in the query', () => {
  const string = new ConnectionString(FULL);

  assert.equal(
    string.libpq,
    'connect_timeout=10 dbname=mydata host=10.9.8.7 password=secret port=5432 sslmode=require user=mememe',
  );
  assert.equal(
    string.uri,
    'postgresql://mememe:secret@10.9.8.7:5432/mydata?connect_timeout=10&sslmode=require',
  );
  assert.equal(String(string), string.libpq);
});

test('7.1: prints nothing, escapes, empty hosts, IPv6 and hostaddr as the published vectors', () => {
  assert.equal(new ConnectionString({}).libpq, '');
  assert.equal(new ConnectionString({}).uri, 'postgresql://');
  assert.equal(
    new ConnectionString({ backslash: 'Back\\slash', quote: "quote's" }).libpq,
    String.raw`backslash=Back\\slash quote=quote\'s`,
  );
  assert.equal(
    new ConnectionString({ user: 'fred?', password: "secret's", sslmode: '&' }).uri,
    'postgresql://fred%3F:secret%27s@?sslmode=%26',
  );
  const six = new ConnectionString({ ...FULL, host: '2001:db8::1234' });
  assert.match(six.libpq, /host=2001:db8::1234 /);
  assert.match(six.uri, /@\[2001:db8::1234\]:5432\/mydata\?/);
  const { host: _host, ...rest } = FULL;
  assert.match(new ConnectionString(rest).uri, /^postgresql:\/\/mememe:secret@:5432\/mydata\?/);
  const both = new ConnectionString({ host: 'unit_0', hostaddr: '10.0.1.2' });
  assert.equal(both.libpq, 'host=unit_0 hostaddr=10.0.1.2');
  assert.equal(both.uri, 'postgresql://10.0.1.2');
  const odd = new ConnectionString({
    host: '::1',
    user: 'u@x',
    password: 'p/w:%',
    dbname: 'd b',
    port: 5432,
  });
  assert.equal(odd.libpq, "dbname='d b' host=::1 password=p/w:% port=5432 user=u@x");
  assert.equal(odd.uri, 'postgresql://u%40x:p%2Fw%3A%25@[::1]:5432/d%20b');
});

test('has its parts as attributes, items and keys, null where they are not given', () => {
  const string = new ConnectionString({ ...FULL, application_name: '', options: null });

  assert.deepEqual(
    [string.host, string.port, string.dbname, string.user, string.password],
    ['10.9.8.7', '5432', 'mydata', 'mememe', 'secret'],
  );
  assert.equal(string.get('sslmode'), 'require');
  assert.equal(string.get('options'), null);
  assert.equal(string.get('__proto__'), null);
  assert.equal(new ConnectionString({}).host, null);
  assert.deepEqual(string.keys(), [
    'connect_timeout',
    'dbname',
    'host',
    'password',
    'port',
    'sslmode',
    'user',
  ]);
  assert.deepEqual(string.values()[1], 'mydata');
  assert.deepEqual(string.items()[0], ['connect_timeout', '10']);
  assert.equal(
    string.fixedOrder,
    'host=10.9.8.7 port=5432 dbname=mydata user=mememe password=secret',
  );
  assert.ok(string.equals(ConnectionString.parse(string.uri)));
  assert.ok(!string.equals(null));
});

test('reads keyword/value as libpq does', () => {
  assert.deepEqual(parse(''), {});
  assert.deepEqual(parse('  host = h\tport\n=\r 1  '), { host: 'h', port: '1' });
  assert.deepEqual(parse('host=a,b port=1,2'), { host: 'a,b', port: '1,2' });
  assert.deepEqual(parse(String.raw`password='it\'s' user=it\'s\ me`), {
    password: "it's",
    user: "it's me",
  });
  assert.deepEqual(parse("a='x'b='y z'"), { a: 'x', b: 'y z' }, 'no blank needed behind a quote');
  assert.deepEqual(parse("host=one host='two'"), { host: 'two' }, 'the last one wins');
  assert.deepEqual(parse('host= port=1'), { host: 'port=1' }, 'blanks behind = are skipped');
  assert.deepEqual(parse("host='' port=1"), { port: '1' });
  assert.deepEqual(parse("user=it's"), { user: "it's" }, 'a quote inside a value is a character');
  assert.deepEqual(parse('user=end\\'), { user: 'end' }, 'a last backslash stands for nothing');
  assert.deepEqual(parse('__proto__=x'), Object.fromEntries([['__proto__', 'x']]));
});

test('tells where a keyword/value string is wrong', () => {
  const position = (text: string): unknown => {
    try {
      ConnectionString.parse(text);
    } catch (error) {
      assert.ok(error instanceof PgsqlError);
      assert.equal(error.code, 'CONNECTION_STRING_SYNTAX');
      return error.fields['position'];
    }
    return 'no error';
  };
  assert.equal(position('host'), 4);
  assert.equal(position('host  word=1'), 6);
  assert.equal(position('a=1 =x'), 4);
  assert.equal(position("a=1 b='x"), 6);
  assert.equal(position(String.raw`b='x\'`), 2);
});

test('reads a URI as libpq does', () => {
  assert.deepEqual(parse('postgres://'), {});
  assert.deepEqual(parse('postgresql://localhost'), { host: 'localhost' });
  assert.deepEqual(parse('postgresql:///mydb?host=%2Fvar%2Frun&port=5433'), {
    dbname: 'mydb',
    host: '/var/run',
    port: '5433',
  });
  assert.deepEqual(parse('postgresql://%2Fvar%2Frun/db'), { host: '/var/run', dbname: 'db' });
  assert.deepEqual(parse('postgresql://u:p%40w@h1:5432,[::1]:5433,h3/d?sslmode=require'), {
    user: 'u',
    password: 'p@w',
    host: 'h1,::1,h3',
    port: '5432,5433,',
    dbname: 'd',
    sslmode: 'require',
  });
  assert.deepEqual(parse('postgresql://a,b'), { host: 'a,b' }, 'commas alone are no ports');
  assert.deepEqual(parse('postgresql://u@/'), { user: 'u' });
  assert.deepEqual(parse('postgresql://:secret@h'), { password: 'secret', host: 'h' });
  assert.deepEqual(parse('postgresql://h?ssl=true'), { host: 'h', sslmode: 'require' });
  assert.deepEqual(parse('postgresql://h:1?host=other&port='), { host: 'other' });
  assert.deepEqual(parse('postgresql://h?options=-c%20a%3Db&application_name=a+b'), {
    host: 'h',
    options: '-c a=b',
    application_name: 'a+b',
  });
});

test('refuses a URI that is none, by position', () => {
  for (const text of [
    'postgresql://[::1',
    'postgresql://[]',
    'postgresql://[::1]x',
    'postgresql://h?a',
    'postgresql://h?a=b=c',
    'postgresql://h?=b',
    'postgresql://h%zz',
    'postgresql://h%00',
    'postgresql://h%ff',
    'postgresql://a b',
  ]) {
    assert.throws(() => ConnectionString.parse(text), { code: 'CONNECTION_STRING_SYNTAX' }, text);
    assert.equal(ConnectionString.tryParse(text), null);
  }
});

test('refuses what no reader could get back', () => {
  const bad: readonly Readonly<Record<string, string>>[] = [
    { 'a b': 'x' },
    { 'a=': 'x' },
    { '': 'x' },
    { a: 'x\0' },
    { a: '\ud800' },
  ];
  for (const parts of bad) {
    assert.throws(() => new ConnectionString(parts), { code: 'CONNECTION_STRING_VALUE' });
  }
});

test('T18: neither errors nor JSON nor inspection show a password', () => {
  const secret = 'hunter2';
  const string = new ConnectionString({ host: 'h', user: 'u', password: secret });

  assert.ok(!JSON.stringify({ string }).includes(secret));
  assert.ok(!inspect(string, { depth: 9, showHidden: true }).includes(secret));
  assert.equal(string.redacted, 'host=h password=*** user=u');
  for (const text of [
    `password=x ${secret}`,
    `password='${secret}`,
    `postgresql://u:${secret}%zz@h`,
    `postgresql://h?password=${secret}=`,
    `postgresql://h?${secret}`,
  ]) {
    assert.throws(
      () => ConnectionString.parse(text),
      (error: Error) => !inspect(error).includes(secret),
      'an error shows the password',
    );
  }
});

// Any text, blanks, quotes, backslashes, commas and other alphabets among it, that can be written at all.
const value = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom(' ', "'", '\\', '=', ',', '\n', 'a', '%', '@', ':', '/', '['),
    }),
  )
  .filter((text) => text !== '' && !text.includes('\0') && text.isWellFormed());
const keyword = fc
  .oneof(
    fc.constantFrom(
      'host',
      'hostaddr',
      'port',
      'dbname',
      'user',
      'password',
      'options',
      '__proto__',
    ),
    fc.string({ unit: 'grapheme', minLength: 1 }),
  )
  .filter((text) => /^[^\s=\0]+$/.test(text) && text.isWellFormed() && text !== 'ssl');
const parts = fc.uniqueArray(fc.tuple(keyword, value), { selector: ([key]) => key, maxLength: 8 });

test('printing keyword/value and reading it back gives the same parts', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const string = new ConnectionString(new Map(given));
      assert.deepEqual(ConnectionString.parse(string.libpq).items(), string.items());
    }),
  );
});

test('printing a URI and reading it back gives the same parts', () => {
  fc.assert(
    fc.property(parts, (given) => {
      // The URI has one place for both kinds of host, so one of them is left out of this promise.
      const string = new ConnectionString(new Map(given.filter(([key]) => key !== 'hostaddr')));
      assert.deepEqual(ConnectionString.parse(string.uri).items(), string.items());
    }),
  );
});

test('reading any text either works or throws a typed error', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('', 'postgresql://'),
      fc.string({ unit: 'binary' }),
      (scheme, text) => {
        try {
          ConnectionString.parse(scheme + text);
        } catch (error) {
          assert.ok(error instanceof PgsqlError, String(error));
        }
      },
    ),
  );
});

test('the URI means the same to the parser that ships with pg', () => {
  const letters = (more: string): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...`abcXYZ019 %"\\é${more}`.split('')), minLength: 1 });
  const any = letters("@:/?#&=+'");
  fc.assert(
    // That parser leaves reserved characters of a database's name encoded, so the name has none here.
    fc.property(any, any, letters(''), fc.integer({ min: 1, max: 65_535 }), (...given) => {
      const [user, password, dbname, port] = given;
      const string = new ConnectionString({ host: 'db.example', port, user, password, dbname });
      const read = parseForPg(string.uri);
      assert.deepEqual(
        [read.host, read.port, read.user, read.password, read.database],
        ['db.example', String(port), user, password, dbname],
      );
    }),
  );
});

test('a value without blanks is never quoted, for clients that split at single blanks', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'abc019-_.:/@%$'.split('')), minLength: 1 }),
      (password) => {
        const string = new ConnectionString({ host: 'h', password, port: 5432 });
        const pieces = Object.fromEntries(
          string.libpq.split(' ').map((piece) => piece.split(/=(.*)/s).slice(0, 2)),
        ) as Record<string, string>;
        assert.deepEqual({ ...pieces }, { host: 'h', password, port: '5432' });
      },
    ),
  );
});
