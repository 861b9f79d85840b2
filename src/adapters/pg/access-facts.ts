// Reads what the server has of the things one relation asks for. One statement per function; nothing is
// decided here.

import type {
  AccessFacts,
  DatabaseFacts,
  DatabasePrivilege,
  DesiredAccess,
  GrantableFacts,
  InsideFacts,
  MembershipFacts,
  Power,
  RoleFacts,
  SchemaPrivilege,
  UserFacts,
} from '#core/access/access-model.ts';
import type { RevokeFacts } from '#core/access/plan-revoke.ts';
import {
  booleanColumn,
  numberColumn,
  optionalTextColumn,
  optionalTextsColumn,
  textColumn,
} from './columns.ts';
import { verifierMatches } from './scram-verifier.ts';
import type { SqlSession } from './session.ts';

type Row = Readonly<Record<string, unknown>>;

const roleColumns = `r.rolname::text AS name, r.rolcanlogin AS login, r.rolsuper AS superuser,
  r.rolcreatedb AS createdb, r.rolcreaterole AS createrole, r.rolreplication AS replication,
  r.rolbypassrls AS bypassrls, shobj_description(r.oid, 'pg_authid') AS comment`;

const powerColumns: readonly (readonly [string, Power])[] = [
  ['login', 'LOGIN'],
  ['superuser', 'SUPERUSER'],
  ['createdb', 'CREATEDB'],
  ['createrole', 'CREATEROLE'],
  ['replication', 'REPLICATION'],
  ['bypassrls', 'BYPASSRLS'],
];

function readRole(row: Row): RoleFacts {
  return {
    name: textColumn(row, 'name'),
    powers: powerColumns.filter(([column]) => booleanColumn(row, column)).map(([, power]) => power),
    comment: optionalTextColumn(row, 'comment'),
  };
}

/** The user and its verifier; the verifier goes no further than the comparison with the password. */
async function readUserRow(session: SqlSession, user: string): Promise<Row | null> {
  const rows = await session.query(
    `SELECT ${roleColumns}, r.rolinherit AS inherits, r.rolpassword AS verifier,
            coalesce(r.rolvaliduntil <> 'infinity', false) AS expires,
            (SELECT count(*)::int FROM pg_stat_activity a WHERE a.usesysid = r.oid) AS sessions
       FROM pg_authid r WHERE r.rolname = $1`,
    [user],
  );
  return rows[0] ?? null;
}

function readUser(row: Row, password: string): UserFacts {
  const matches = verifierMatches(optionalTextColumn(row, 'verifier'), password);
  return {
    ...readRole(row),
    inherits: booleanColumn(row, 'inherits'),
    password: !matches ? 'differs' : booleanColumn(row, 'expires') ? 'expires' : 'matches',
  };
}

async function readMemberships(
  session: SqlSession,
  user: string,
): Promise<readonly MembershipFacts[]> {
  const rows = await session.query(
    `SELECT g.rolname::text AS role, b.rolname::text AS grantor
       FROM pg_auth_members m
       JOIN pg_roles u ON u.oid = m.member
       JOIN pg_roles g ON g.oid = m.roleid
       JOIN pg_roles b ON b.oid = m.grantor
      WHERE u.rolname = $1 ORDER BY 1, 2`,
    [user],
  );
  return rows.map((row) => ({
    role: textColumn(row, 'role'),
    grantor: textColumn(row, 'grantor'),
  }));
}

/** The roles of these names, and all they are members of, however far away. */
async function readGrantable(
  session: SqlSession,
  names: readonly string[],
): Promise<ReadonlyMap<string, GrantableFacts>> {
  const rows = await session.query(
    `WITH RECURSIVE reached(start, role) AS (
       SELECT r.rolname::text, r.oid FROM pg_roles r WHERE r.rolname = ANY($1)
       UNION
       SELECT f.start, m.roleid FROM reached f JOIN pg_auth_members m ON m.member = f.role)
     SELECT f.start, ${roleColumns} FROM reached f JOIN pg_roles r ON r.oid = f.role ORDER BY 1, 2`,
    [names],
  );
  const found = new Map<string, GrantableFacts>();
  for (const name of names) {
    const reached = rows.filter((row) => textColumn(row, 'start') === name).map(readRole);
    const own = reached.find((role) => role.name === name);
    if (own !== undefined) {
      found.set(name, { ...own, through: reached.filter((role) => role.name !== name) });
    }
  }
  return found;
}

async function readDatabase(
  session: SqlSession,
  database: string,
  user: string,
): Promise<DatabaseFacts | null> {
  const rows = await session.query(
    `SELECT d.datallowconn AS allowed, d.datconnlimit AS connections,
            ARRAY(SELECT DISTINCT a.privilege_type
                    FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                    JOIN pg_roles r ON r.oid = a.grantee
                   WHERE r.rolname = $2 ORDER BY 1) AS privileges
       FROM pg_database d WHERE d.datname = $1`,
    [database, user],
  );
  const row = rows[0];
  if (row === undefined) return null;
  // Closed and limited to no connection is how we create one, and no one else does; an interrupted
  // DROP DATABASE shows as a limit of -2.
  const connections = numberColumn(row, 'connections');
  const isOpen = booleanColumn(row, 'allowed') && connections !== -2;
  const privileges: readonly DatabasePrivilege[] = ['CONNECT', 'CREATE', 'TEMPORARY'];
  const held = optionalTextsColumn(row, 'privileges') ?? [];
  return {
    state: isOpen ? 'open' : connections === 0 ? 'unfinished' : 'closed',
    userPrivileges: privileges.filter((privilege) => held.includes(privilege)),
    inside: null,
  };
}

async function readAvailable(session: SqlSession): Promise<AccessFacts['available']> {
  const rows = await session.query(
    `SELECT e.name::text AS name, min(v.schema)::text AS schema
       FROM pg_available_extensions e
       LEFT JOIN pg_available_extension_versions v
         ON v.name = e.name AND v.version = e.default_version
      GROUP BY e.name`,
  );
  return new Map(
    rows.map((row) => [textColumn(row, 'name'), { schema: optionalTextColumn(row, 'schema') }]),
  );
}

/** What can only be seen by a session with the relation's own database. */
export async function readInside(session: SqlSession, user: string): Promise<InsideFacts> {
  const schemas = await session.query('SELECT nspname::text AS name FROM pg_namespace ORDER BY 1');
  const extensions = await session.query(
    `SELECT e.extname::text AS name, n.nspname::text AS schema
       FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`,
  );
  const grants = await session.query(
    `SELECT ARRAY(SELECT DISTINCT a.privilege_type
                    FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
                    JOIN pg_roles r ON r.oid = a.grantee
                   WHERE r.rolname = $1 ORDER BY 1) AS privileges
       FROM pg_namespace n WHERE n.nspname = 'public'`,
    [user],
  );
  const held = grants[0] === undefined ? null : optionalTextsColumn(grants[0], 'privileges');
  const privileges: readonly SchemaPrivilege[] = ['CREATE', 'USAGE'];
  return {
    schemas: schemas.map((row) => textColumn(row, 'name')),
    publicSchema: held && privileges.filter((privilege) => held.includes(privilege)),
    extensions: new Map(
      extensions.map((row) => [textColumn(row, 'name'), textColumn(row, 'schema')]),
    ),
  };
}

/** The facts for one relation, from any database of the server; the inside of its own is left out. */
export async function readAccessFacts(
  session: SqlSession,
  desired: DesiredAccess,
  password: string,
): Promise<AccessFacts> {
  const row = await readUserRow(session, desired.user);
  return {
    user: row && readUser(row, password),
    memberships: await readMemberships(session, desired.user),
    roles: await readGrantable(session, desired.roles),
    database: await readDatabase(session, desired.database, desired.user),
    // Reads every control file, so it is asked for only where it matters.
    available: desired.extensions.length === 0 ? new Map() : await readAvailable(session),
  };
}

/** What there is of a user whose relation is gone. */
export async function readRevokeFacts(session: SqlSession, user: string): Promise<RevokeFacts> {
  const row = await readUserRow(session, user);
  return {
    user: row && {
      ...readUser(row, ''),
      hasPassword: optionalTextColumn(row, 'verifier') !== null,
      sessions: numberColumn(row, 'sessions'),
    },
    memberships: await readMemberships(session, user),
  };
}
