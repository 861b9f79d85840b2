// What a relation's database needs: to be there, to be open to its user and to nobody by default, and to
// have the extensions asked for. The helpers' names are those charms have used since 2015.
//
// The database belongs to `postgres` and its user gets privileges, instead of being the owner: an owner
// can drop and rename it, and a database that two applications share (T59) would have one of them above
// the other. From PostgreSQL 15 on that takes a grant on schema `public` too (T26).

import type {
  AccessFacts,
  DatabasePrivilege,
  DesiredAccess,
  DesiredExtension,
  SchemaPrivilege,
} from './access-model.ts';
import { databaseNameProblem, extensionNameProblem } from './names.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { Problem } from './problem.ts';
import { problem } from './problem.ts';
import type { AccessStep } from './steps.ts';

const everyPrivilege: readonly DatabasePrivilege[] = ['CONNECT', 'CREATE', 'TEMPORARY'];
const privilegeNames: ReadonlyMap<string, readonly DatabasePrivilege[]> = new Map([
  ['ALL', everyPrivilege],
  ['ALL PRIVILEGES', everyPrivilege],
  ['CONNECT', ['CONNECT']],
  ['CREATE', ['CREATE']],
  ['TEMPORARY', ['TEMPORARY']],
  ['TEMP', ['TEMPORARY']],
]);

/**
 * Privileges on the database that a list of configured names means. CONNECT is always among them: PUBLIC
 * does not have it on a database of ours, and a user that can't connect is of no use to anybody.
 */
export function databasePrivileges(names: readonly string[]): readonly DatabasePrivilege[] {
  const named = names.flatMap((name) => privilegeNames.get(name.trim().toUpperCase()) ?? []);
  return everyPrivilege.filter((privilege) => privilege === 'CONNECT' || named.includes(privilege));
}

/** Who may create in the database may create in its public schema, as it was before PostgreSQL 15. */
export function schemaPrivileges(
  database: readonly DatabasePrivilege[],
): readonly SchemaPrivilege[] {
  return database.includes('CREATE') ? ['CREATE', 'USAGE'] : ['USAGE'];
}

/** Why this database can't be served to the relation, or null. */
export function databaseProblem(actual: AccessFacts, desired: DesiredAccess): Problem | null {
  const named = databaseNameProblem(desired.database);
  if (named !== null) return named;
  for (const name of desired.privileges) {
    if (!privilegeNames.has(name.trim().toUpperCase())) {
      return problem(
        'PRIVILEGE_UNKNOWN',
        `Cannot grant ${shown(name)} on a database: it is no privilege of a database`,
        'Use ALL, or any of CONNECT, CREATE, TEMPORARY',
      );
    }
  }
  if (actual.database?.state === 'closed') {
    return problem(
      'DATABASE_CLOSED',
      `Cannot serve database ${shown(desired.database)} to relation ${desired.relation}: it takes no connections`,
      'Allow connections to it in PostgreSQL, drop it if its removal was interrupted, or ask for another',
    );
  }
  return null;
}

/** Steps that are outside of any transaction, as CREATE DATABASE must be. */
export function ensureDatabase(actual: AccessFacts, desired: DesiredAccess): readonly AccessStep[] {
  const { database, relation } = desired;
  const state = actual.database?.state ?? 'absent';
  const steps: AccessStep[] = [];
  if (state === 'absent') {
    steps.push({ kind: 'create-database', database, why: `relation ${relation} asks for it` });
  }
  // It is made closed and opened in the transaction that takes it from PUBLIC, so that there is no moment
  // at which everybody may connect, and an interruption in between leaves a state that can be told (T31).
  if (state !== 'open') {
    steps.push({ kind: 'open-database', database, why: 'PUBLIC has no privilege on it any more' });
  }
  return steps;
}

/** Brings the user's own privileges on the database and its public schema to what is configured. */
export function grantDatabase(actual: AccessFacts, desired: DesiredAccess): readonly AccessStep[] {
  const { database, user } = desired;
  const wanted = databasePrivileges(desired.privileges);
  const held = actual.database?.userPrivileges ?? [];
  const missing = wanted.filter((privilege) => !held.includes(privilege));
  const excess = held.filter((privilege) => !wanted.includes(privilege));
  const why = `its privileges are to be ${wanted.join(', ')}`;
  const steps: AccessStep[] = [];
  if (missing.length > 0) {
    steps.push({ kind: 'grant-database', database, user, privileges: missing, why });
  }
  if (excess.length > 0) {
    steps.push({ kind: 'revoke-database', database, user, privileges: excess, why });
  }
  return [...steps, ...grantPublicSchema(actual, user, schemaPrivileges(wanted))];
}

function grantPublicSchema(
  actual: AccessFacts,
  user: string,
  wanted: readonly SchemaPrivilege[],
): readonly AccessStep[] {
  const inside = actual.database?.inside ?? null;
  // A database nobody has looked into yet is taken for a new one, which has the schema.
  const held = inside === null ? [] : inside.publicSchema;
  if (held === null) return [];
  const missing = wanted.filter((privilege) => !held.includes(privilege));
  const excess = held.filter((privilege) => !wanted.includes(privilege));
  const why = `its privileges there are to be ${wanted.join(', ')}`;
  const steps: AccessStep[] = [];
  if (missing.length > 0) steps.push({ kind: 'grant-schema', user, privileges: missing, why });
  if (excess.length > 0) steps.push({ kind: 'revoke-schema', user, privileges: excess, why });
  return steps;
}

/** The schema an extension has to go to: the one its files insist on, else the one asked for. */
function targetSchema(actual: AccessFacts, extension: DesiredExtension): string {
  return actual.available.get(extension.name)?.schema ?? extension.schema;
}

function extensionProblem(actual: AccessFacts, extension: DesiredExtension): Problem | null {
  const { name, schema } = extension;
  // The schema an extension's files insist on needs no check: it may well be `pg_catalog`.
  const insisted = actual.available.get(name)?.schema === schema;
  const named = extensionNameProblem(name, insisted ? 'public' : schema);
  if (named !== null) return named;
  const installed = actual.database?.inside?.extensions.get(name);
  const target = targetSchema(actual, extension);
  if (installed === undefined && !actual.available.has(name)) {
    return problem(
      'EXTENSION_NOT_AVAILABLE',
      `Cannot create extension ${shown(name)}: this server has no files for it`,
      packageHint(name),
    );
  }
  // `public` is what a request without a schema means, so it never contradicts the extension's own.
  if (target !== schema && schema !== 'public') {
    return problem(
      'EXTENSION_IN_OTHER_SCHEMA',
      `Cannot create extension ${shown(name)} in schema ${shown(schema)}: it can be in ${shown(target)} only`,
      `Ask for ${shown(name)} without a schema`,
    );
  }
  if (installed !== undefined && installed !== target) {
    return problem(
      'EXTENSION_IN_OTHER_SCHEMA',
      `Cannot have extension ${shown(name)} in schema ${shown(target)}: this database has it in ${shown(installed)}`,
      `Ask for it in schema ${shown(installed)}, or move it in PostgreSQL`,
    );
  }
  return null;
}

/** Extensions whose package is not called after them. */
const packages: ReadonlyMap<string, string> = new Map([
  ['postgis', 'postgresql-VERSION-postgis-3'],
  ['postgis_topology', 'postgresql-VERSION-postgis-3'],
  ['postgis_raster', 'postgresql-VERSION-postgis-3'],
  ['vector', 'postgresql-VERSION-pgvector'],
  ['plpython3u', 'postgresql-plpython3-VERSION'],
  ['plperl', 'postgresql-plperl-VERSION'],
  ['plperlu', 'postgresql-plperl-VERSION'],
  ['pltcl', 'postgresql-pltcl-VERSION'],
]);

function packageHint(name: string): string {
  const likely =
    packages.get(name) ?? `postgresql-VERSION-${name.replaceAll('_', '-').toLowerCase()}`;
  return `Install the package that has it on every unit of the server, likely ${likely} (VERSION is the server's major version)`;
}

/** T8: why the extensions asked for can't be had, or null. */
export function extensionsProblem(actual: AccessFacts, desired: DesiredAccess): Problem | null {
  const schemas = new Map<string, string>();
  for (const extension of desired.extensions) {
    const other = schemas.get(extension.name);
    if (other !== undefined && other !== extension.schema) {
      return problem(
        'EXTENSION_IN_OTHER_SCHEMA',
        `Cannot have extension ${shown(extension.name)} in schemas ${shown(other)} and ${shown(extension.schema)} at once`,
        'Ask for it in one schema',
      );
    }
    schemas.set(extension.name, extension.schema);
    const refused = extensionProblem(actual, extension);
    if (refused !== null) return refused;
  }
  return null;
}

/** Creates the extensions that are missing, and the schemas they go to. None is ever dropped. */
export function ensureExtensions(
  actual: AccessFacts,
  desired: DesiredAccess,
): readonly AccessStep[] {
  const inside = actual.database?.inside ?? null;
  const schemas = new Set(inside?.schemas ?? ['public', 'pg_catalog']);
  const done = new Set(inside?.extensions.keys());
  const steps: AccessStep[] = [];
  for (const extension of desired.extensions) {
    if (done.has(extension.name)) continue;
    done.add(extension.name);
    const schema = targetSchema(actual, extension);
    const why = `relation ${desired.relation} asks for extension ${shown(extension.name)}`;
    // An extension that insists on a schema makes it by itself.
    if (!schemas.has(schema) && actual.available.get(extension.name)?.schema !== schema) {
      steps.push({ kind: 'create-schema', schema, why });
    }
    schemas.add(schema);
    steps.push({ kind: 'create-extension', extension: extension.name, schema, why });
  }
  return steps;
}
