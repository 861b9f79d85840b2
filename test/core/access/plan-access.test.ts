// The plan for one relation: what it does, what it refuses, and that it arrives and then rests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type {
  AccessFacts,
  DatabaseFacts,
  DatabasePrivilege,
  DesiredAccess,
  GrantableFacts,
  Power,
  UserFacts,
} from '#core/access/access-model.ts';
import { powers } from '#core/access/access-model.ts';
import { roleMarker, userMarker } from '#core/access/marker.ts';
import { planAccess } from '#core/access/plan-access.ts';
import type { AccessStep } from '#core/access/steps.ts';
import { stepSentence } from '#core/access/steps.ts';
import { apply, nothing, wish } from './simulate.ts';

function steps(actual: AccessFacts, desired: DesiredAccess): readonly AccessStep[] {
  const plan = planAccess(actual, desired);
  if (plan.kind === 'refused') assert.fail(plan.problem.message);
  return [...plan.outside, ...plan.inside];
}

function kinds(actual: AccessFacts, desired: DesiredAccess): readonly string[] {
  return steps(actual, desired).map((step) => step.kind);
}

function refusal(actual: AccessFacts, desired: DesiredAccess): string {
  const plan = planAccess(actual, desired);
  return plan.kind === 'refused' ? plan.problem.code : 'planned';
}

function served(desired: DesiredAccess): AccessFacts {
  return steps(nothing, desired).reduce(apply, nothing);
}

const user: UserFacts = {
  name: 'db_7_app',
  powers: ['LOGIN'],
  comment: userMarker('app'),
  password: 'matches',
  inherits: true,
};

function role(name: string, change: Partial<GrantableFacts> = {}): AccessFacts['roles'] {
  return new Map([[name, { name, powers: [], comment: null, through: [], ...change }]]);
}

test('an empty server gets database, user, roles, grants and extensions, in an order that works', () => {
  const desired: DesiredAccess = {
    ...wish,
    roles: ['reader', 'reader'],
    extensions: [
      { name: 'citext', schema: 'public' },
      { name: 'hstore', schema: 'ext' },
      { name: 'plpgsql', schema: 'public' },
    ],
  };
  assert.deepEqual(kinds(nothing, desired), [
    'create-database',
    'open-database',
    'create-user',
    'create-role',
    'grant-role',
    'grant-database',
    'grant-schema',
    'create-extension',
    'create-schema',
    'create-extension',
    'create-extension',
  ]);
  assert.deepEqual(kinds(served(desired), desired), []);
});

test('each step says what was done and why', () => {
  const desired = { ...wish, roles: ['reader'], extensions: [{ name: 'hstore', schema: 'ext' }] };
  for (const step of steps(nothing, desired)) assert.match(stepSentence(step), /^[A-Z].*: .+/u);
  assert.match(stepSentence(steps(nothing, wish)[0]!), /^Created database "app": relation db:7/u);
});

test('T31: a database that was created and not opened is opened, and not created again', () => {
  const database: DatabaseFacts = { state: 'unfinished', userPrivileges: [], inside: null };
  assert.deepEqual(kinds({ ...nothing, database }, wish).slice(0, 2), [
    'open-database',
    'create-user',
  ]);
});

test('an ordinary user has LOGIN only, an administrator SUPERUSER as well', () => {
  const [, , create] = steps(nothing, wish);
  assert.ok(create?.kind === 'create-user');
  assert.deepEqual(create.powers, ['LOGIN']);
  const [, , createAdmin] = steps(nothing, { ...wish, admin: true });
  assert.ok(createAdmin?.kind === 'create-user');
  assert.deepEqual(createAdmin.powers, ['LOGIN', 'SUPERUSER']);
});

test('a user that gained attributes loses them, and one without INHERIT gets it back', () => {
  const facts = served(wish);
  const grown = { ...facts, user: { ...user, powers: ['LOGIN', 'CREATEROLE'] as const } };
  assert.deepEqual(kinds(grown, wish), ['alter-user']);
  assert.deepEqual(kinds({ ...facts, user: { ...user, inherits: false } }, wish), ['alter-user']);
  assert.deepEqual(kinds({ ...facts, user: { ...user, powers: [] } }, wish), ['alter-user']);
});

test('a password that matches is left alone, one that differs or is going to expire is set', () => {
  const facts = served(wish);
  assert.deepEqual(kinds({ ...facts, user: { ...user, password: 'differs' } }, wish), [
    'set-password',
  ]);
  assert.deepEqual(kinds({ ...facts, user: { ...user, password: 'expires' } }, wish), [
    'set-password',
  ]);
  assert.deepEqual(kinds({ ...facts, user }, wish), []);
});

test('T30: a user of another relation, or of nobody, is not taken over', () => {
  for (const comment of [userMarker('other'), 'a person', null]) {
    assert.equal(
      refusal({ ...nothing, user: { ...user, comment } }, wish),
      'USER_OWNED_BY_ANOTHER',
    );
  }
});

test('T6: a role that logs in, has power, is a user, or leads to such a role is not granted', () => {
  const desired = { ...wish, roles: ['r'] };
  const plain = { name: 'x', powers: [], comment: null };
  const dangers: readonly Partial<GrantableFacts>[] = [
    ...powers.map((power) => ({ powers: [power] })),
    { comment: userMarker('other') },
    { through: [{ ...plain, name: 'pg_execute_server_program' }] },
    { through: [plain, { ...plain, powers: ['SUPERUSER'] }] },
    { through: [{ ...plain, comment: userMarker('other') }] },
  ];
  for (const danger of dangers) {
    const actual = { ...nothing, roles: role('r', danger) };
    assert.equal(refusal(actual, desired), 'ROLE_NOT_GRANTABLE', JSON.stringify(danger));
  }
  assert.equal(refusal({ ...nothing, roles: role('r', { through: [plain] }) }, desired), 'planned');
  assert.equal(
    refusal({ ...nothing, roles: role('r', { comment: roleMarker }) }, desired),
    'planned',
  );
});

test("T6: names of roles that are the server's or the user itself are refused", () => {
  for (const name of ['postgres', 'pg_monitor', 'db_7_app', '']) {
    assert.equal(refusal(nothing, { ...wish, roles: [name] }), 'ROLE_NAME_INVALID', name);
  }
});

test('T58: asking for fewer roles revokes the others, and drops none', () => {
  const before = served({ ...wish, roles: ['a', 'b'] });
  const plan = steps(before, { ...wish, roles: ['b'] });
  assert.deepEqual(
    plan.map((step) => [step.kind, step.kind === 'revoke-role' ? [step.role, step.grantor] : '']),
    [['revoke-role', ['a', 'postgres']]],
  );
});

test('T3: names no database or user can have are refused before anything is done', () => {
  assert.equal(refusal(nothing, { ...wish, database: 'template1' }), 'DATABASE_NAME_INVALID');
  assert.equal(refusal(nothing, { ...wish, user: 'postgres' }), 'USER_NAME_INVALID');
});

test('a database that takes no connections is not forced open', () => {
  const database: DatabaseFacts = { state: 'closed', userPrivileges: [], inside: null };
  assert.equal(refusal({ ...nothing, database }, wish), 'DATABASE_CLOSED');
});

test('T26: who may create in the database may create in its public schema', () => {
  const schemaGrant = (privileges: readonly string[]): readonly string[] => {
    const step = steps(nothing, { ...wish, privileges }).find(
      ({ kind }) => kind === 'grant-schema',
    );
    return step?.kind === 'grant-schema' ? step.privileges : [];
  };
  assert.deepEqual(schemaGrant(['ALL']), ['CREATE', 'USAGE']);
  assert.deepEqual(schemaGrant(['create']), ['CREATE', 'USAGE']);
  assert.deepEqual(schemaGrant(['CONNECT', 'TEMP']), ['USAGE']);
});

test('narrower privileges are revoked, and CONNECT always stays', () => {
  const facts = served(wish);
  const plan = steps(facts, { ...wish, privileges: ['TEMPORARY'] });
  assert.deepEqual(
    plan.map((step) => ('privileges' in step ? [step.kind, ...step.privileges] : [])),
    [
      ['revoke-database', 'CREATE'],
      ['revoke-schema', 'CREATE'],
    ],
  );
  assert.equal(refusal(nothing, { ...wish, privileges: ['SUPERUSER'] }), 'PRIVILEGE_UNKNOWN');
});

test('a database without a public schema is served without grants on it', () => {
  const facts = served(wish);
  assert.ok(facts.database?.inside);
  const inside = { ...facts.database.inside, publicSchema: null };
  assert.deepEqual(kinds({ ...facts, database: { ...facts.database, inside } }, wish), []);
});

test('T8: an extension without files is refused with the package it is likely in', () => {
  const plan = planAccess(nothing, {
    ...wish,
    extensions: [{ name: 'postgis', schema: 'public' }],
  });
  assert.ok(plan.kind === 'refused');
  assert.equal(plan.problem.code, 'EXTENSION_NOT_AVAILABLE');
  assert.match(plan.problem.hint, /postgresql-VERSION-postgis-3/u);
  const other = planAccess(nothing, {
    ...wish,
    extensions: [{ name: 'my_ext', schema: 'public' }],
  });
  assert.ok(other.kind === 'refused');
  assert.match(other.problem.hint, /postgresql-VERSION-my-ext/u);
});

test('T8: an extension that is installed stays served when its files are gone', () => {
  const desired = { ...wish, extensions: [{ name: 'citext', schema: 'public' }] };
  assert.deepEqual(kinds({ ...served(desired), available: new Map() }, desired), []);
});

test('T8: an extension in another schema is not moved', () => {
  const facts = served({ ...wish, extensions: [{ name: 'citext', schema: 'one' }] });
  const desired = { ...wish, extensions: [{ name: 'citext', schema: 'two' }] };
  assert.equal(refusal(facts, desired), 'EXTENSION_IN_OTHER_SCHEMA');
});

test('T7: an extension that insists on its schema is served there, but not under another name', () => {
  const ask = (schema: string): DesiredAccess => ({
    ...wish,
    extensions: [{ name: 'plpgsql', schema }],
  });
  const last = steps(nothing, ask('public')).at(-1);
  assert.ok(last?.kind === 'create-extension');
  assert.equal(last.schema, 'pg_catalog');
  assert.equal(refusal(nothing, ask('pg_catalog')), 'planned');
  assert.equal(refusal(nothing, ask('mine')), 'EXTENSION_IN_OTHER_SCHEMA');
});

test('T7: one extension in two schemas, or with a name that is none, is refused', () => {
  const twice = [
    { name: 'citext', schema: 'public' },
    { name: 'citext', schema: 'ext' },
  ];
  assert.equal(refusal(nothing, { ...wish, extensions: twice }), 'EXTENSION_IN_OTHER_SCHEMA');
  const same = [twice[0]!, twice[0]!];
  assert.equal(
    kinds(nothing, { ...wish, extensions: same }).filter((kind) => kind === 'create-extension')
      .length,
    1,
  );
  const odd = [{ name: 'x;y', schema: 'public' }];
  assert.equal(refusal(nothing, { ...wish, extensions: odd }), 'EXTENSION_NAME_INVALID');
});

test('from any state a plan can be made for, it arrives, and the next plan is empty, also when it was cut off', () => {
  const roleNames = ['a', 'b', 'c'];
  const extension = fc.constantFrom(
    { name: 'citext', schema: 'public' },
    { name: 'hstore', schema: 'ext' },
    { name: 'plpgsql', schema: 'public' },
  );
  const desired = fc.record({
    relation: fc.constant('db:7'),
    owner: fc.constant('app'),
    database: fc.constant('app'),
    user: fc.constant('db_7_app'),
    admin: fc.boolean(),
    roles: fc.array(fc.constantFrom(...roleNames), { maxLength: 4 }),
    extensions: fc.array(extension, { maxLength: 4 }),
    privileges: fc.subarray(['ALL', 'CONNECT', 'CREATE', 'TEMP']),
  });
  const anyUser = fc.record({
    name: fc.constant('db_7_app'),
    powers: fc.subarray<Power>([...powers]),
    comment: fc.constant(userMarker('app')),
    password: fc.constantFrom<UserFacts['password'][]>('matches', 'expires', 'differs'),
    inherits: fc.boolean(),
  });
  const anyDatabase = fc.record({
    state: fc.constantFrom<DatabaseFacts['state'][]>('open', 'unfinished'),
    userPrivileges: fc.subarray<DatabasePrivilege>(['CONNECT', 'CREATE', 'TEMPORARY']),
    inside: fc.option(
      fc.record({
        schemas: fc.constantFrom(['public', 'pg_catalog'], ['public', 'pg_catalog', 'ext']),
        publicSchema: fc.option(fc.subarray<'CREATE' | 'USAGE'>(['CREATE', 'USAGE'])),
        extensions: fc.constantFrom(new Map<string, string>(), new Map([['citext', 'public']])),
      }),
    ),
  });
  const actual = fc.record({
    user: fc.option(anyUser),
    memberships: fc
      .subarray(roleNames)
      .map((held) => held.map((name) => ({ role: name, grantor: 'x' }))),
    roles: fc.constant(new Map(roleNames.slice(0, 2).flatMap((name) => [...role(name)]))),
    database: fc.option(anyDatabase),
    available: fc.constant(nothing.available),
  });
  fc.assert(
    fc.property(actual, desired, fc.nat(20), (from, to, cut) => {
      const whole = steps(from, to);
      const halfway = whole.slice(0, cut).reduce(apply, from);
      const arrived = steps(halfway, to).reduce(apply, halfway);
      assert.deepEqual(steps(arrived, to), []);
      assert.deepEqual(arrived.user?.powers, to.admin ? ['LOGIN', 'SUPERUSER'] : ['LOGIN']);
      assert.deepEqual(
        new Set(arrived.memberships.map((membership) => membership.role)),
        new Set(to.roles),
      );
      assert.equal(arrived.database?.state, 'open');
      for (const { name } of to.extensions)
        assert.ok(arrived.database?.inside?.extensions.has(name));
    }),
    { numRuns: 300 },
  );
});
