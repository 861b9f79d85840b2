// Verifiers: the RFC's own example, and that PostgreSQL makes and takes the same.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { escapeLiteral } from 'pg';
import { saslprep } from '#core/access/saslprep.ts';
import { makeVerifier, verifierMatches } from '#adapters/pg/scram-verifier.ts';
import { textColumn } from '#adapters/pg/columns.ts';
import { queryAs, withPostgres } from './with-postgres.ts';

test('the example of RFC 7677 gives the keys its exchange proves', () => {
  const verifier = makeVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
  assert.equal(
    verifier,
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('a verifier matches its own password and no other, and no two are alike', () => {
  const password = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(password, password, (mine, other) => {
      const verifier = makeVerifier(mine);
      assert.ok(verifierMatches(verifier, mine));
      assert.notEqual(verifier, makeVerifier(mine));
      fc.pre(saslprep(mine) !== saslprep(other));
      assert.ok(!verifierMatches(verifier, other));
    }),
    { numRuns: 30 },
  );
});

test('T27: what is no verifier matches nothing, so that an MD5 hash is replaced', () => {
  const md5 = 'md5a3556571e93b0d20722ba62be61e8c2d';
  const broken = ['', md5, 'SCRAM-SHA-256$0:AA==$AA==:AA==', 'SCRAM-SHA-256$4096:AA==$AA==:AA=='];
  for (const verifier of [null, ...broken])
    assert.ok(!verifierMatches(verifier, 'x'), String(verifier));
});

test('PostgreSQL makes the same of any password, and lets it in with ours', async () => {
  await using server = await withPostgres();
  await using session = await server.session();
  await session.query('CREATE ROLE u LOGIN');
  const stored = async (): Promise<string> => {
    const rows = await session.query("SELECT rolpassword AS v FROM pg_authid WHERE rolname = 'u'");
    return textColumn(rows[0] ?? {}, 'v');
  };
  // All of Unicode, with more than its share of what SASLprep treats in a way of its own.
  const odd = [
    0xa0, 0x1680, 0x200b, 0xad, 0x200c, 0xfe0f, 0xfeff, 0x7, 0x7f, 0x85, 0xe000, 0xfffd, 0x340,
  ];
  const more = [
    0x5d0, 0x627, 0x61, 0x31, 0xaa, 0x2168, 0xfb01, 0x221, 0x378, 0x1f600, 0xe0020, 0x200e, 0x6dd,
  ];
  const character = fc.oneof(
    fc.constantFrom(...odd, ...more).map((code) => String.fromCodePoint(code)),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  const password = fc
    .array(character, { minLength: 1, maxLength: 6 })
    .map((characters) => characters.join(''))
    .filter((text) => !text.includes('\u0000'));
  await fc.assert(
    fc.asyncProperty(password, async (text) => {
      await session.query(`ALTER ROLE u PASSWORD ${escapeLiteral(text)}`);
      assert.ok(verifierMatches(await stored(), text), JSON.stringify(text));
    }),
    { numRuns: 100 },
  );

  await session.query(`ALTER ROLE u PASSWORD ${escapeLiteral(makeVerifier('s3cret pass'))}`);
  const login = { ...server, user: 'u', database: 'postgres' };
  assert.deepEqual(await queryAs({ ...login, password: 's3cret pass' }, 'SELECT 1 AS one'), [
    { one: 1 },
  ]);
  await assert.rejects(queryAs({ ...login, password: 'other' }, 'SELECT 1'), { code: '28P01' });
});
