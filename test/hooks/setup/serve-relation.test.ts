// What a relation gets in a real server, and what it does not get.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { queryAs, withPostgres } from '../../adapters/pg/with-postgres.ts';
import type { OpenSession } from '#adapters/pg/session.ts';
import type { RelationAnswer } from '#hooks/setup/answer.ts';
import type { DesiredRelation } from '#hooks/setup/desired.ts';
import { revokeUser, serveRelation } from '#hooks/setup/serve-relation.ts';

let server: TestServer;
let session: OpenSession;
before(async () => {
  server = await withPostgres();
  session = await server.session();
});
after(async () => {
  await session[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

let number = 0;

/** A wish of a relation of its own, so that no test is in another's way. */
function wish(change: Partial<DesiredRelation> = {}): DesiredRelation {
  number += 1;
  return {
    relation: `db:${number}`,
    owner: `app${number}`,
    database: `app ${number}`,
    user: `db_${number}_app`,
    password: 'correct horse',
    admin: false,
    roles: [],
    extensions: [],
    privileges: ['ALL'],
    ...change,
  };
}

async function serve(desired: DesiredRelation): Promise<RelationAnswer> {
  const connect = async (database: string): Promise<OpenSession> => server.session(database);
  const progress = (): void => undefined;
  return serveRelation({ connect, serverVersionNumber: 150_000, progress }, desired);
}

async function served(desired: DesiredRelation): Promise<void> {
  assert.deepEqual((await serve(desired)).problem, null);
}

async function run(
  desired: DesiredRelation,
  statement: string,
  database = desired.database,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { user, password } = desired;
  return queryAs({ host: server.host, port: server.port, user, password, database }, statement);
}

async function code(answer: Promise<RelationAnswer>): Promise<string> {
  return (await answer).problem?.code ?? 'none';
}

test('T26: a served user logs in and makes tables, in schemas public and of its own', async () => {
  const desired = wish();
  await served(desired);
  await run(desired, 'CREATE TABLE t (x int); CREATE SCHEMA own; CREATE TEMPORARY TABLE u (x int)');
  assert.deepEqual(await run(desired, 'SELECT count(*)::int AS n FROM t'), [{ n: 0 }]);
});

test('T48: serving again does nothing', async () => {
  const desired = wish({ roles: ['again'], extensions: [{ name: 'citext', schema: 'ext' }] });
  assert.notDeepEqual((await serve(desired)).did, []);
  assert.deepEqual(await serve(desired), {
    relation: desired.relation,
    ok: true,
    did: [],
    problem: null,
  });
});

test('the verifier of a password that matches is left alone', async () => {
  const desired = wish();
  const verifier = async (): Promise<unknown> =>
    (
      await session.query('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [desired.user])
    )[0];
  await served(desired);
  const first = await verifier();
  await served(desired);
  assert.deepEqual(await verifier(), first);
  const changed = { ...desired, password: 'another' };
  await served(changed);
  assert.notDeepEqual(await verifier(), first);
  await assert.rejects(run(desired, 'SELECT 1'), { code: '28P01' });
  await run(changed, 'SELECT 1');
});

test('T27: an MD5 password becomes a SCRAM verifier', async () => {
  const desired = wish();
  await served(desired);
  await session.query(`SET password_encryption = 'md5'`);
  await session.query(
    `ALTER ROLE ${desired.user} PASSWORD 'correct horse' VALID UNTIL '2000-01-01'`,
  );
  await session.query('RESET password_encryption');
  await served(desired);
  await run(desired, 'SELECT 1');
});

test("a user connects to its own database and to no other relation's", async () => {
  const [one, two] = [wish(), wish()];
  await served(one);
  await served(two);
  await assert.rejects(run(one, 'SELECT 1', two.database), { code: '42501' });
});

test('an ordinary user has no power, an administrator is a superuser', async () => {
  const [plain, admin] = [wish(), wish({ admin: true })];
  await served(plain);
  await served(admin);
  const isSuper = `SELECT rolsuper AS yes FROM pg_roles WHERE rolname = current_user`;
  assert.deepEqual(await run(plain, isSuper), [{ yes: false }]);
  assert.deepEqual(await run(admin, isSuper), [{ yes: true }]);
  await assert.rejects(run(plain, 'CREATE ROLE mine'), { code: '42501' });
  await assert.rejects(run(plain, `DROP DATABASE "${plain.database}"`), /owner|open database/u);
});

test('T59: two applications share a database, each with its own user', async () => {
  const one = wish({ roles: ['shared'] });
  const two = wish({ database: one.database, roles: ['shared'] });
  await served(one);
  await served(two);
  await run(one, 'CREATE TABLE shared_table (x int); GRANT SELECT ON shared_table TO shared');
  assert.deepEqual(await run(two, 'SELECT * FROM shared_table'), []);
  await assert.rejects(run(two, 'DROP TABLE shared_table'), { code: '42501' });
});

test('T58: a role that is no longer asked for is revoked, and stays', async () => {
  const desired = wish({ roles: ['kept', 'left'] });
  await served(desired);
  assert.match((await serve({ ...desired, roles: ['kept'] })).did.join(), /Revoked role "left"/u);
  const held = `SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
    JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = '${desired.user}'`;
  assert.deepEqual(await session.query(held), [{ rolname: 'kept' }]);
  assert.equal((await session.query("SELECT 1 FROM pg_roles WHERE rolname = 'left'")).length, 1);
});

test('T6: a role with power, or that leads to power or to a user, is refused and nothing is done', async () => {
  await session.query('CREATE ROLE danger_login LOGIN');
  await session.query('CREATE ROLE danger_super SUPERUSER');
  await session.query('CREATE ROLE danger_far');
  await session.query('CREATE ROLE danger_between IN ROLE pg_execute_server_program');
  await session.query('GRANT danger_between TO danger_far');
  const other = wish();
  await served(other);
  for (const role of ['danger_login', 'danger_super', 'danger_far', other.user]) {
    const desired = wish({ roles: [role] });
    assert.equal(await code(serve(desired)), 'ROLE_NOT_GRANTABLE', role);
    const made = await session.query('SELECT 1 FROM pg_database WHERE datname = $1', [
      desired.database,
    ]);
    assert.deepEqual(made, []);
  }
});

test("T30: a user that is another relation's, or was there before, is not taken over", async () => {
  const first = wish();
  await served(first);
  assert.equal(await code(serve(wish({ user: first.user }))), 'USER_OWNED_BY_ANOTHER');
  await session.query('CREATE ROLE "by hand" LOGIN');
  assert.equal(await code(serve(wish({ user: 'by hand' }))), 'USER_OWNED_BY_ANOTHER');
});

test('T2: names with quotes, capitals and letters of any script are served as they are', async () => {
  const desired = wish({
    database: `Ä"b'c; --`,
    user: `u"x'Ü`,
    roles: [`r"1'`],
    password: `p'"\\ ü`,
  });
  await served(desired);
  assert.deepEqual(await run(desired, 'SELECT current_database() AS d, current_user AS u'), [
    { d: desired.database, u: desired.user },
  ]);
  assert.deepEqual((await serve(desired)).did, []);
});

test('T31: a database that was created and not opened is opened, and is closed to all until then', async () => {
  const desired = wish();
  await session.query(
    `CREATE DATABASE "${desired.database}" ALLOW_CONNECTIONS false CONNECTION LIMIT 0`,
  );
  const { did } = await serve(desired);
  assert.match(did[0] ?? '', /^Opened database/u);
  await run(desired, 'SELECT 1');
});

test('a database somebody closed stays closed', async () => {
  const desired = wish();
  await session.query(`CREATE DATABASE "${desired.database}" ALLOW_CONNECTIONS false`);
  assert.equal(await code(serve(desired)), 'DATABASE_CLOSED');
});

test('a database that was there keeps what PUBLIC may do', async () => {
  const desired = wish();
  await session.query(`CREATE DATABASE "${desired.database}"`);
  await served(desired);
  const other = wish();
  await served(other);
  await run(other, 'SELECT 1', desired.database);
});

test('T7: extensions come with their schemas and with what they build on', async () => {
  const desired = wish({
    extensions: [
      { name: 'earthdistance', schema: 'geo' },
      { name: 'uuid-ossp', schema: 'public' },
      { name: 'plpgsql', schema: 'public' },
    ],
  });
  await served(desired);
  const found = await run(
    desired,
    `SELECT extname AS e, nspname AS s FROM pg_extension x
       JOIN pg_namespace n ON n.oid = x.extnamespace ORDER BY 1`,
  );
  assert.deepEqual(
    found.map((row) => `${String(row['e'])} in ${String(row['s'])}`),
    ['cube in geo', 'earthdistance in geo', 'plpgsql in pg_catalog', 'uuid-ossp in public'],
  );
  await run(desired, 'SELECT geo.earth(), public.uuid_generate_v4()');
});

test('T8: an extension that is not there refuses its relation alone, before anything is done', async () => {
  const desired = wish({ roles: ['unborn'], extensions: [{ name: 'no_such', schema: 'public' }] });
  assert.equal(await code(serve(desired)), 'EXTENSION_NOT_AVAILABLE');
  assert.deepEqual(await session.query("SELECT 1 FROM pg_roles WHERE rolname = 'unborn'"), []);
});

test('T8: an extension in another schema is not moved', async () => {
  const desired = wish({ extensions: [{ name: 'citext', schema: 'one' }] });
  await served(desired);
  const moved = { ...desired, extensions: [{ name: 'citext', schema: 'two' }] };
  assert.equal(await code(serve(moved)), 'EXTENSION_IN_OTHER_SCHEMA');
});

test('what PostgreSQL refuses half way leaves no half, and is told without a secret', async () => {
  const desired = wish({ roles: ['half_role'] });
  await served(desired);
  // A table in the way of an object of the extension makes CREATE EXTENSION fail, after the role was made.
  await run(desired, 'CREATE DOMAIN public.citext AS text');
  const more = {
    ...desired,
    roles: ['half_role', 'never'],
    extensions: [{ name: 'citext', schema: 'public' }],
  };
  const answer = await serve(more);
  assert.equal(answer.problem?.code, 'SQL_FAILED');
  assert.doesNotMatch(JSON.stringify(answer), /correct horse|SCRAM/u);
  assert.deepEqual(await session.query("SELECT 1 FROM pg_roles WHERE rolname = 'never'"), []);
});

test('narrower privileges are taken away, and a relation with CONNECT alone makes nothing', async () => {
  const desired = wish();
  await served(desired);
  const narrow = { ...desired, privileges: ['CONNECT'] };
  await served(narrow);
  await assert.rejects(run(desired, 'CREATE TABLE t (x int)'), { code: '42501' });
  await assert.rejects(run(desired, 'CREATE SCHEMA s'), { code: '42501' });
  await assert.rejects(run(desired, 'CREATE TEMPORARY TABLE t (x int)'), { code: '42501' });
  assert.deepEqual((await serve(narrow)).did, []);
});

test('a user that lost its attributes or gained some gets the right ones back', async () => {
  const desired = wish();
  await served(desired);
  await session.query(`ALTER ROLE "${desired.user}" NOLOGIN CREATEROLE NOINHERIT`);
  assert.match(
    (await serve(desired)).did.join(),
    /its attributes were CREATEROLE without INHERIT/u,
  );
  assert.deepEqual((await serve(desired)).did, []);
});

async function revoke(desired: DesiredRelation, owner = desired.owner): Promise<string[]> {
  const connect = async (database: string): Promise<OpenSession> => server.session(database);
  const context = {
    connect,
    session,
    serverVersionNumber: 150_000,
    progress: (): void => undefined,
  };
  const answer = await revokeUser(context, {
    relation: desired.relation,
    owner,
    user: desired.user,
  });
  return answer.ok ? [...answer.did] : [answer.problem?.code ?? ''];
}

test('a user whose relation is gone is shut out at once, its tables stay, and it can be served again', async () => {
  const desired = wish({ roles: ['gone_role'], admin: true });
  await served(desired);
  await run(desired, 'CREATE TABLE mine (x int)');
  const waiting = run(desired, 'SELECT pg_sleep(600)');
  const ended = assert.rejects(waiting, /terminat/u);
  // The session has to be there before it can be ended.
  for (let rows: readonly unknown[] = []; rows.length === 0;) {
    rows = await session.query('SELECT 1 FROM pg_stat_activity WHERE usename = $1', [desired.user]);
  }

  assert.equal((await revoke(desired)).length, 4);
  await ended;
  await assert.rejects(run(desired, 'SELECT 1'), { code: '28P01' });
  assert.deepEqual(await revoke(desired), []);

  await served(desired);
  assert.deepEqual(await run(desired, 'SELECT * FROM mine'), []);
});

test('T30: a user of another relation is not shut out', async () => {
  const desired = wish();
  await served(desired);
  assert.deepEqual(await revoke(desired, 'db:9999'), ['USER_OWNED_BY_ANOTHER']);
  assert.deepEqual(await revoke({ ...desired, user: 'nobody there' }), []);
  await run(desired, 'SELECT 1');
});

test("rule 7: a server that can not be reached is the relation's problem, a mistake of ours is nobody's", async () => {
  const desired = wish();
  const failing = (error: Error): Parameters<typeof serveRelation>[0] => ({
    connect: async () => {
      throw error;
    },
    serverVersionNumber: 150_000,
    progress: () => undefined,
  });
  const lost = failing(new Error('Connection terminated unexpectedly'));
  assert.equal((await serveRelation(lost, desired)).problem?.code, 'SERVER_UNREACHABLE');
  assert.equal((await revokeUser(lost, desired)).problem?.code, 'SERVER_UNREACHABLE');
  const mistake = failing(new TypeError('x is not a function'));
  await assert.rejects(serveRelation(mistake, desired), TypeError);
  await assert.rejects(revokeUser(mistake, desired), TypeError);
});
