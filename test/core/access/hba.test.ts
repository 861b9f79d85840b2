// pg_hba.conf: its order, its quoting, and that bad parts of it hurt nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { HbaClient, HbaRequest } from '#core/access/hba.ts';
import { renderHba } from '#core/access/hba.ts';
import { databaseNameProblem, userNameProblem } from '#core/access/names.ts';
import { parseHba } from './hba-parser.ts';

const client: HbaClient = {
  relation: 'db:7',
  database: 'app',
  user: 'db_7_app',
  admin: false,
  addresses: ['10.0.0.5/32'],
};

function request(change: Partial<HbaRequest>): HbaRequest {
  return { clients: [], adminAddresses: [], extraHba: [], previous: null, ...change };
}

function rules(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('lines come in the order in which they are to be tried, and the last ones reject', () => {
  const admin = { ...client, relation: 'db-admin:3', admin: true, addresses: ['10.0.0.9'] };
  const { text, problems } = renderHba(
    request({
      clients: [client, admin],
      adminAddresses: ['192.168.0.0/16', 'desk.example.com'],
      extraHba: ['hostssl all all 10.9.0.0/16 cert'],
    }),
  );

  assert.deepEqual(problems, []);
  assert.deepEqual(rules(text), [
    'local all postgres peer map=juju_charm',
    'local all all peer',
    'host all all "10.0.0.9/32" scram-sha-256',
    'host "app" "db_7_app" "10.0.0.5/32" scram-sha-256',
    'host all all "192.168.0.0/16" scram-sha-256',
    'host all all "desk.example.com" scram-sha-256',
    'hostssl all all 10.9.0.0/16 cert',
    'local all all reject',
    'host all all all reject',
  ]);
});

test('T51: relations are listed by number, so that the order they are given in changes nothing', () => {
  const clients = ['db:10', 'db:9', 'db-admin:9', 'db:2'].map((relation, index) => ({
    ...client,
    relation,
    user: `u${index}`,
  }));
  const { text } = renderHba(request({ clients }));
  assert.equal(renderHba(request({ clients: clients.toReversed() })).text, text);
  assert.deepEqual(text.match(/^# db.*/gmu), ['# db:2', '# db:9', '# db-admin:9', '# db:10']);
});

test('T19: two relations with the same database, user and address give one line', () => {
  const { text } = renderHba(request({ clients: [client, { ...client, relation: 'db:8' }] }));
  assert.equal(text.match(/db_7_app/gu)?.length, 1);
  assert.doesNotMatch(text, /db:8/u);
});

test('T52: a relation without a user gets no line', () => {
  const { text, relationProblems } = renderHba(request({ clients: [{ ...client, user: '' }] }));
  assert.equal(rules(text).length, 4);
  assert.equal(relationProblems.size, 0);
});

test('a bad address of one relation is its own problem, and its good ones are let in', () => {
  const bad = { ...client, addresses: ['nonsense!', '10.0.0.6'] };
  const other = { ...client, relation: 'db:8', user: 'other' };
  const { text, problems, relationProblems } = renderHba(request({ clients: [bad, other] }));
  assert.deepEqual(problems, []);
  assert.deepEqual([...relationProblems.keys()], ['db:7']);
  assert.equal(relationProblems.get('db:7')?.code, 'ADDRESS_INVALID');
  assert.match(text, /"10\.0\.0\.6\/32"/u);
  assert.match(text, /"other"/u);
});

test('a relation with a name that can not be served gets no line', () => {
  const { text, relationProblems } = renderHba(
    request({ clients: [{ ...client, database: '/.*' }] }),
  );
  assert.equal(relationProblems.get('db:7')?.code, 'DATABASE_NAME_INVALID');
  assert.equal(rules(text).length, 4);
});

test("T54: a bad administrators' address is reported and keeps those in force, and lets new relations in", () => {
  const previous = renderHba(request({ adminAddresses: ['10.1.0.0/16', ' ', '10.2.0.1'] })).text;
  const { text, problems } = renderHba(
    request({ clients: [client], adminAddresses: ['10.3.0.0/16', '10.0.0.300'], previous }),
  );
  assert.equal(problems[0]?.code, 'ADDRESS_INVALID');
  assert.match(text, /"10\.1\.0\.0\/16"[^]*"10\.2\.0\.1\/32"/u);
  assert.doesNotMatch(text, /10\.3\.0\.0/u);
  assert.match(text, /db_7_app/u);
});

test('T55: a bad further line is reported and keeps those in force, and lets new relations in', () => {
  const previous = renderHba(request({ extraHba: ['host a b 10.0.0.0/8 cert'] })).text;
  const { text, problems } = renderHba(
    request({ clients: [client], extraHba: ['hots a b 10.9.0.0/16 cert'], previous }),
  );
  assert.equal(problems[0]?.code, 'HBA_LINE_INVALID');
  assert.match(text, /^host a b 10\.0\.0\.0\/8 cert$/mu);
  assert.doesNotMatch(text, /10\.9\.0\.0/u);
  assert.match(text, /db_7_app/u);
});

test('a bad part without a file of ours before it is left out', () => {
  const previous = '# TYPE  DATABASE\nlocal all all trust\n';
  const { text, problems } = renderHba(
    request({ adminAddresses: ['?'], extraHba: ['trust everybody'], previous }),
  );
  assert.equal(problems.length, 2);
  assert.equal(rules(text).length, 4);
});

test('null keeps the parts of the file in force without calling them bad', () => {
  const previous = renderHba(
    request({ adminAddresses: ['10.1.0.0/16'], extraHba: ['local x y peer'] }),
  ).text;
  const again = renderHba(request({ adminAddresses: null, extraHba: null, previous }));
  assert.equal(again.text, previous);
  assert.deepEqual(again.problems, []);
});

test('T55: no further line can end the file early, hide what follows or pass for one of ours', () => {
  const bad = [
    'a\nlocal all all trust',
    'host a b c \\',
    '# juju: end extra-lines',
    'include x',
    '@x',
    'host\u0000',
    '\ud800',
  ];
  for (const line of bad) {
    const { text, problems } = renderHba(request({ extraHba: ['# fine', '', line] }));
    assert.equal(problems[0]?.code, 'HBA_LINE_INVALID', JSON.stringify(line));
    assert.match(problems[0]?.message ?? '', /line 3/u);
    assert.equal(rules(text).length, 4);
  }
});

test('any database and user quoted into a line reads back as itself, and in quotes', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => databaseNameProblem(text) === null && userNameProblem(text) === null);
  const tricky = fc.constantFrom(
    'all',
    'replication',
    '+group',
    '@file',
    'a"b',
    '""',
    'a,b',
    '#x',
    ' ',
    'sameuser',
  );
  fc.assert(
    fc.property(fc.oneof(name, tricky), fc.oneof(name, tricky), (database, user) => {
      const { text, relationProblems } = renderHba(
        request({ clients: [{ ...client, database, user }] }),
      );
      assert.equal(relationProblems.size, 0);
      const rule = parseHba(text)[2];
      assert.deepEqual(rule, [
        { text: 'host', isQuoted: false },
        { text: database, isQuoted: true },
        { text: user, isQuoted: true },
        { text: '10.0.0.5/32', isQuoted: true },
        { text: 'scram-sha-256', isQuoted: false },
      ]);
    }),
  );
});
