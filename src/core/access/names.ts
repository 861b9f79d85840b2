// Which names a related application may ask for. PostgreSQL would take many of the refused ones, but
// cut them short, give them a meaning of their own, or hand over more than was meant.

import { shown } from '#interfaces/pgsql/shown.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';
import type { Problem, ProblemCode } from './problem.ts';
import { problem } from './problem.ts';

/** PostgreSQL keeps 63 bytes of a name and drops the rest without an error. */
export const nameBytesMax = 63;

const ownDatabases: ReadonlySet<string> = new Set(['postgres', 'template0', 'template1']);
const ownRoles: ReadonlySet<string> = new Set(['postgres', 'public', 'none']);

/** Why no object at all may bear this name, or null where one may. */
function fault(name: string): string | null {
  if (name === '') return 'it is empty';
  if (/[\u0000-\u001f\u007f]/u.test(name)) return 'it holds a control character';
  if (!name.isWellFormed()) return 'it holds half a surrogate pair, which has no UTF-8 form';
  const length = utf8Length(name);
  if (length > nameBytesMax) {
    return `it is ${length} bytes long where PostgreSQL keeps ${nameBytesMax}`;
  }
  // From PostgreSQL 16 on a name in pg_hba.conf that begins with a slash is a regular expression,
  // even in quotes: "/.*" would open every database.
  if (name.startsWith('/')) return 'it begins with "/", which pg_hba.conf takes for a pattern';
  return null;
}

function refusal(code: ProblemCode, what: string, name: string, why: string): Problem {
  return problem(
    code,
    `Cannot use ${shown(name)} as the name of a ${what}: ${why}`,
    `Ask for another ${what} name from the related application`,
  );
}

/** T3: what is wrong with the name of a database to create and serve, or null. */
export function databaseNameProblem(name: string): Problem | null {
  const why = fault(name) ?? (ownDatabases.has(name) ? 'it is one of the server itself' : null);
  return why === null ? null : refusal('DATABASE_NAME_INVALID', 'database', name, why);
}

function roleFault(name: string): string | null {
  if (ownRoles.has(name)) return 'it is reserved';
  if (name.startsWith('pg_')) return 'names that begin with "pg_" are PostgreSQL\'s own';
  return fault(name);
}

/** What is wrong with the name of a user to create, or null. */
export function userNameProblem(name: string): Problem | null {
  const why = roleFault(name);
  return why === null ? null : refusal('USER_NAME_INVALID', 'user', name, why);
}

/** T6: what is wrong with the name of a role that `user` asks to be a member of, or null. */
export function roleNameProblem(name: string, user: string): Problem | null {
  const why = name === user ? 'it is the user that asks for it' : roleFault(name);
  return why === null ? null : refusal('ROLE_NAME_INVALID', 'role', name, why);
}

/** T7: what is wrong with an extension's name or the schema it is to go to, or null. */
export function extensionNameProblem(name: string, schema: string): Problem | null {
  // The name becomes a file name in PostgreSQL's share directory, hence its narrow alphabet.
  const nameFault = fault(name) ?? (/^\w(?:[\w-]*\w)?$/u.test(name) ? null : 'it is no extension');
  if (nameFault !== null) return refusal('EXTENSION_NAME_INVALID', 'extension', name, nameFault);
  const schemaFault =
    fault(schema) ??
    (schema.startsWith('pg_') || schema === 'information_schema'
      ? 'it is a schema of PostgreSQL itself'
      : /^\w+$/u.test(schema)
        ? null
        : 'it may hold letters, digits and "_" only');
  return schemaFault === null
    ? null
    : refusal('EXTENSION_NAME_INVALID', 'schema for an extension', schema, schemaFault);
}
