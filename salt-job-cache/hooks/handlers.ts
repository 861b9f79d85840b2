// What the charm does: ask for a database, make Salt's tables in it, notice when it is another one.

import type { CharmContext } from '#charm/charm.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import { reactive } from '#charm/reactive/reactive.ts';
import { PgsqlError } from '#interfaces/pgsql/errors.ts';
import { checkDatabaseName, encodeRoles } from '#interfaces/pgsql/request.ts';
import type { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import { splitList } from '#interfaces/pgsql/settings.ts';
import { noteDatabaseProblem, rememberRequestProblem } from './facts.ts';
import type { Flag } from './flags.ts';
import { placeOf } from './place.ts';
import type { Services } from './services.ts';

export interface Endpoints {
  readonly db: PostgreSQLClient;
}

export type Context = CharmContext<Flag, Services, Endpoints>;

const { handler, hook, when, whenNot } = reactive<Flag, Services, Endpoints>();

/** An option of type string, or "" where it is not set. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** The roles the configuration names, in its order. */
function rolesOf(context: Context): readonly string[] {
  return splitList(textOf(context.config['roles']));
}

/** Both are checked before either is asked for: half a request would be another one. */
function checkRequest(database: string, roles: readonly string[]): string | null {
  try {
    checkDatabaseName(database);
    encodeRoles(roles);
    return null;
  } catch (error) {
    if (error instanceof PgsqlError) return error.message;
    throw error;
  }
}

/** While the request can't be made the last one stands, and the database stays as it is. */
const requestDatabase = handler(
  'request-database',
  [hook('{requires:pgsql}-relation-{created,joined}', 'config-changed', 'upgrade-charm')],
  (context) => {
    const database = textOf(context.config['database']);
    const roles = rolesOf(context);
    const problem = checkRequest(database, roles);
    rememberRequestProblem(context.data, problem);
    if (problem !== null) return;
    const { db } = context.endpoints;
    db.changeDatabaseName(database);
    db.requestRoles(roles);
    // Once PostgreSQL has the new roles they are to be let in too, though the database is the same.
    if (context.flags.isSet('config.changed.roles')) context.flags.clear('job-cache.ready');
  },
);

/** Another revision of the charm may know more of Salt's tables. */
const upgraded = handler('upgraded', [hook('upgrade-charm')], (context) => {
  context.flags.clear('job-cache.ready');
});

/** Another server, another database or another password: whatever was found out is out of date. */
const databaseChanged = handler('database-changed', [when('db.database.changed')], (context) => {
  context.flags.clear('job-cache.ready');
  context.flags.clear('db.database.changed');
  context.flags.clear('db.master.changed');
  context.flags.clear('db.standbys.changed');
});

/** No server, or one that is still to carry out what was asked last. */
const databaseGone = handler('database-gone', [whenNot('db.database.available')], (context) => {
  context.flags.clear('job-cache.ready');
  context.flags.clear('db.departed');
  noteDatabaseProblem(context.data, null, context.now());
});

/** Tried again in every hook until it works, so a server that starts or fails over is no trouble. */
const makeTables = handler(
  'make-tables',
  [when('db.database.available'), whenNot('job-cache.ready', 'db.database.changed')],
  (context) => {
    const place = placeOf(context.endpoints.db);
    // What was asked in this very hook is not carried out yet.
    if (place === null) return;
    const { connection } = place;
    const readers = rolesOf(context);
    const answer = context.services.jobCache({ command: 'migrate', connection, readers });
    for (const sentence of answer.did) context.log.info(`Job cache: ${sentence}`);
    noteDatabaseProblem(context.data, answer.problem, context.now());
    context.flags.toggle('job-cache.ready', answer.ok);
  },
);

export const handlers: readonly Handler<Context>[] = [
  requestDatabase,
  upgraded,
  databaseChanged,
  databaseGone,
  makeTables,
];
