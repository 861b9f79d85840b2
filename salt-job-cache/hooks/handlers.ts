// What the charm does: ask for a database, make Salt's tables in it, notice when it is another one, and keep the
// service and the Salt master's files on this machine.

import type { Handler } from '#charm/reactive/handler.ts';
import { PgsqlError } from '#interfaces/pgsql/errors.ts';
import { checkDatabaseName, encodeRoles } from '#interfaces/pgsql/request.ts';
import { splitList } from '#interfaces/pgsql/settings.ts';
import { readStats } from './cache-stats.ts';
import { type Context, words } from './context.ts';
import { noteDatabaseProblem, rememberRequestProblem } from './facts.ts';
import { applied, cacheStats } from './machine-facts.ts';
import { placeOf } from './place.ts';
import { keepMachine, leaveMachine } from './run-machine.ts';
import { ageLimitsOf, isBegun, retention, retentionOf } from './retention.ts';
import { readSettings } from './settings.ts';

const { handler, hook, when, whenNot } = words;

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
    if (context.flags.isSet('config.changed.partitions')) context.flags.clear('job-cache.ready');
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

/** Until retention has begun: a person may have cleaned by other means, or keep more now. */
const lookAtOldRows = handler(
  'look-at-old-rows',
  [hook('update-status', 'config-changed', 'start')],
  (context) => {
    const place = placeOf(context.endpoints.db);
    if (place === null || isBegun(retention.read(context.data), place.database)) return;
    context.flags.clear('job-cache.ready');
  },
);

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
    const partitions = context.config['partitions'] === true;
    const read = readSettings(context.config);
    const isLookedAt = isBegun(retention.read(context.data), place.database);
    const keep = isLookedAt || read.kind === 'problem' ? {} : { keep: ageLimitsOf(read.settings) };
    const request = { command: 'migrate', connection, readers, partitions, ...keep } as const;
    const answer = context.services.jobCache(request);
    if (answer.old !== undefined) {
      retention.write(context.data, retentionOf(place.database, answer.old));
    }
    for (const sentence of answer.did) context.log.info(`Job cache: ${sentence}`);
    noteDatabaseProblem(context.data, answer.problem, context.now());
    context.flags.toggle('job-cache.ready', answer.ok);
  },
);

/** Before the handlers that would start it again. */
const stop = handler('stop', [hook('stop')], (context) => {
  context.flags.set('job-cache.stopping');
  leaveMachine(context, context.config['restart-master'] === true);
});

const startAgain = handler('start-again', [hook('start')], (context) => {
  context.flags.clear('job-cache.stopping');
});

/** What was asked for last goes on until the options are right. */
function keep(context: Context, reach: 'all' | 'servers'): void {
  const read = readSettings(context.config);
  if (placeOf(context.endpoints.db) === null || read.kind === 'problem') return;
  keepMachine(context, read.settings, reach);
}

const runMachine = handler(
  'run-machine',
  [when('db.database.available', 'job-cache.ready'), whenNot('job-cache.stopping')],
  (context) => keep(context, 'all'),
);

/** Before the tables were looked at on the new primary: the service and the master were there before. */
const followPrimary = handler(
  'follow-primary',
  [when('db.database.available'), whenNot('job-cache.ready', 'job-cache.stopping')],
  (context) => keep(context, 'servers'),
);

/** A server that is away for a while is waited for; a relation that ended does not come back. */
const relationGone = handler('relation-gone', [whenNot('db.database.available')], (context) => {
  if (context.endpoints.db.views.length > 0) return;
  leaveMachine(context, context.config['restart-master'] === true);
  cacheStats.write(context.data, null);
  retention.write(context.data, null);
});

/** Asked now and then: what it costs the database must not be paid in every hook. */
const lookAtCache = handler(
  'look-at-cache',
  [hook('update-status', 'start', 'upgrade-charm'), when('job-cache.ready')],
  (context) => {
    if (applied.read(context.data) === null) return;
    const found = readStats(context);
    // A database that can't be asked now says nothing about what is in it.
    if (found.kind === 'stats') cacheStats.write(context.data, found.stats);
    else context.log.warning(`Cannot look into the job cache: ${found.message}`);
  },
);

export const handlers: readonly Handler<Context>[] = [
  stop,
  startAgain,
  requestDatabase,
  upgraded,
  databaseChanged,
  databaseGone,
  lookAtOldRows,
  makeTables,
  runMachine,
  followPrimary,
  relationGone,
  lookAtCache,
];
