// Connection strings, URLs of members, password files, and addresses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseConnUrl, parseDsn, printConnUrl, printDsn } from '#core/config/patroni/dsn.ts';
import { printHostPort, readHostPort } from '#core/config/patroni/host-port.ts';
import { fitsPassfile, passfileText } from '#core/config/patroni/pgpass.ts';

const value = fc.oneof(
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  fc.constantFrom(
    '',
    ' ',
    "it's",
    '\\',
    "a'\\ b",
    'a\nb',
    'x=y',
    ' = ',
    '\t',
    "''",
    '$$%',
    'p ass',
  ),
);

test('a connection string reads back as what it was made from', () => {
  const parameters = fc.record(
    {
      user: value,
      password: value,
      host: value,
      port: value,
      dbname: value,
      application_name: value,
      sslmode: value,
      channel_binding: value,
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  fc.assert(
    fc.property(parameters, (given) => {
      assert.deepEqual(parseDsn(printDsn(given, 150_000)), given);
    }),
  );
});

test('keywords stand in their order, and those the version does not know are left out', () => {
  const everything = {
    sslnegotiation: 'direct',
    target_session_attrs: 'read-write',
    channel_binding: 'prefer',
    gssencmode: 'prefer',
    krbsrvname: 'pg',
    application_name: 'me',
    sslcrldir: '/d',
    sslcrl: '/c',
    sslrootcert: '/r',
    sslpassword: 'p',
    sslkey: '/k',
    sslcert: '/x',
    sslmode: 'prefer',
    port: '5432',
    host: 'h',
    password: 'secret',
    user: 'u',
    dbname: 'db',
  };

  assert.equal(
    printDsn(everything, 170_000),
    'dbname=db user=u password=secret host=h port=5432 sslmode=prefer sslcert=/x sslkey=/k ' +
      'sslpassword=p sslrootcert=/r sslcrl=/c sslcrldir=/d application_name=me krbsrvname=pg ' +
      'gssencmode=prefer channel_binding=prefer target_session_attrs=read-write sslnegotiation=direct',
  );
  assert.equal(
    printDsn({ sslnegotiation: 'direct', sslcrldir: '/d', host: 'h' }, 130_000),
    'host=h',
  );
  assert.equal(
    printDsn({ user: 'u', password: 'secret', passfile: '/p f' }, 150_000),
    String.raw`user=u passfile=/p\ f`,
  );
});

test('an empty value does not swallow the next keyword', () => {
  assert.equal(printDsn({ user: '', host: 'h' }, 150_000), "user='' host=h");
});

test('the URL of a member reads back as its address and database', () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constant('10.0.0.1'));
  const port = fc.integer({ min: 1, max: 65_535 });
  const database = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((name) => !name.includes('\0'));
  fc.assert(
    fc.property(host, port, database, (host, port, database) => {
      assert.deepEqual(parseConnUrl(printConnUrl({ host, port }, database)), {
        host,
        port: String(port),
        dbname: database,
      });
    }),
  );
});

test('URLs of members are written and read as Patroni does', () => {
  assert.equal(
    printConnUrl({ host: '10.0.0.1', port: 5432 }, 'postgres'),
    'postgres://10.0.0.1:5432/postgres',
  );
  assert.equal(printConnUrl({ host: 'fe80::1', port: 1 }, 'db'), 'postgres://[fe80::1]:1/db');
  assert.deepEqual(parseConnUrl('postgres://10.0.0.1/postgres'), {
    host: '10.0.0.1',
    port: '5432',
    dbname: 'postgres',
  });
  assert.deepEqual(parseConnUrl('postgresql://a:1,b:2/db?sslmode=require'), {
    host: 'a,b',
    port: '1,2',
    dbname: 'db',
    sslmode: 'require',
  });
  // A member's URL holds no account; one that does is not to use it.
  assert.deepEqual(parseConnUrl('postgres://me:secret@h:1/db'), {
    host: 'h',
    port: '1',
    dbname: 'db',
  });
});

test('what is no URL of a member is null', () => {
  for (const url of [
    '',
    'postgres://',
    'host=h',
    'http://h:1',
    'postgres://[::1',
    'postgres:///db',
  ]) {
    assert.equal(parseConnUrl(url), null, url);
  }
  assert.equal(parseDsn("host='a"), null);
  assert.equal(parseDsn('host'), null);
});

/** Reads one line as libpq does: a backslash takes the next character, a colon ends a field. */
function readPassfileLine(line: string): readonly string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === ':') fields.push('');
    else {
      if (character === '\\') at += 1;
      fields[fields.length - 1] += character === '\\' ? line.charAt(at) : character;
    }
  }
  return fields;
}

test('every field of a password file reads back as it was', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((each) => fitsPassfile(each) && !each.includes(','));
  const tricky = fc.constantFrom('a:b', '\\', 'a\\:b', '::', 'p ass', "it's", '#x', '$$%');
  const any = fc.oneof(text, tricky);
  fc.assert(
    fc.property(any, any, any, (host, user, password) => {
      const [line = '', ...rest] =
        passfileText({ host, port: '5432', user, password })?.split('\n') ?? [];
      assert.deepEqual(readPassfileLine(line), [host, '5432', '*', user, password]);
      assert.equal(rest.at(-1), '');
    }),
  );
});

test('a password file has a line for each host, with its own port', () => {
  const account = { user: 'u', password: 'p' };

  assert.equal(passfileText({ host: 'a,b', port: '1,2', ...account }), 'a:1:*:u:p\nb:2:*:u:p\n');
  assert.equal(passfileText({ host: 'a,b', port: '1', ...account }), 'a:1:*:u:p\nb:1:*:u:p\n');
  assert.equal(
    passfileText({ host: '/tmp', port: '1', ...account }),
    '/tmp:1:*:u:p\nlocalhost:1:*:u:p\n',
  );
  assert.equal(passfileText({ host: '', password: 'p' }), '*:*:*:*:p\n');
  assert.equal(passfileText({ host: 'a', user: 'u' }), null);
  assert.equal(passfileText({ host: 'a', password: 'a\nb' }), null);
});

test('addresses read back as what they were written from', () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(host, fc.integer({ min: 0, max: 65_535 }), (host, port) => {
      assert.deepEqual(readHostPort(printHostPort({ host, port }), null), { host, port });
    }),
  );
  assert.deepEqual(readHostPort('::1:5432', null), { host: '::1', port: 5432 });
  assert.deepEqual(readHostPort('[::1]', 5432), { host: '::1', port: 5432 });
  assert.deepEqual(readHostPort('a, b:1', null), { host: 'a,b', port: 1 });
  for (const text of ['', 'h', 'h:', 'h:x', 'h:70000', ':1', 'h:-1']) {
    assert.equal(readHostPort(text, null), null, text);
  }
});
