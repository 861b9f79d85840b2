// Which names of databases and roles may be asked for. One set of rules for both sides: the client
// refuses to write what the server would refuse to serve (T3, T6). PostgreSQL itself would cut a long
// name short without an error and the echo would then differ for ever, so length is checked here.

import { utf8Length } from '../utf8-length.ts';

/** Longest name PostgreSQL keeps, in bytes of UTF-8 (NAMEDATALEN - 1). */
export const NAME_LIMIT_BYTES = 63;

/** Databases of the cluster itself: never handed to a client. */
const RESERVED_DATABASES: readonly string[] = ['template0', 'template1', 'postgres'];

/** Roles that stand for everybody or nobody, or own the cluster. */
const RESERVED_ROLES: readonly string[] = ['postgres', 'public', 'none'];

/** `pg_` are PostgreSQL's own roles; the others are users of other clients, or of replication. */
const RESERVED_ROLE_PREFIXES: readonly string[] = [
  'pg_',
  'juju_',
  'jujuadmin_',
  'jujurepl_',
  '_juju_',
];

const NOT_IN_A_NAME = /[\0\n\r]/;

function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'it is blank';
  if (NOT_IN_A_NAME.test(name)) return 'it contains a NUL or a line break';
  if (!name.isWellFormed()) return 'it is not valid Unicode';
  const length = utf8Length(name);
  if (length > NAME_LIMIT_BYTES) {
    return `it is ${length} bytes long, PostgreSQL keeps at most ${NAME_LIMIT_BYTES}`;
  }
  return null;
}

/**
 * Why this database can't be asked for, or null where it can. The empty name is allowed: with it the
 * server chooses. Capitals, quotes, blanks and any alphabet are legal (T2).
 */
export function databaseNameProblem(name: string): string | null {
  if (name === '') return null;
  if (RESERVED_DATABASES.includes(name)) return 'it is a database of the cluster itself';
  return nameProblem(name);
}

/**
 * Why this name can't travel as a role, or null where it can. Commas separate roles, and the other
 * side trims, so neither a comma nor a blank at an end could arrive as written.
 */
export function roleNameProblem(name: string): string | null {
  if (name.includes(',')) return 'it contains a comma, which separates roles';
  if (name !== name.trim()) return 'it begins or ends with a blank, which the server takes away';
  return nameProblem(name);
}

/**
 * Why a server must not grant this role, or null where nothing in the name forbids it. `ownUser` is
 * the user of the relation that asks. Whether an existing role can log in only the database can tell.
 */
export function grantProblem(name: string, ownUser: string): string | null {
  if (name === ownUser) return 'it is the user of the relation itself';
  if (RESERVED_ROLES.includes(name)) return 'it is a reserved role';
  const prefix = RESERVED_ROLE_PREFIXES.find((reserved) => name.startsWith(reserved));
  if (prefix !== undefined) return `names that begin with ${prefix} are reserved`;
  return roleNameProblem(name);
}
