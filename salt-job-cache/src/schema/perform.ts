// Performs the steps of a migration, one unit at a time, so that no writer waits behind one for long.

import { delay } from '#adapters/system/clock.ts';
import { JobCacheError } from '../errors.ts';
import type { Queryable } from '../queryable.ts';
import type { Step } from './steps.ts';

/** Any number, the same for all units: an advisory lock that keeps two of them from racing. */
const schemaLock = 7_325_841;

/** How long a statement may wait for a table: writers queue up behind it for so long. */
export const lockWaitMs = 80;
const pauseMs = 150;
/** Together about half a minute, of which writers are let through two thirds. */
const attempts = 130;

/** Another unit migrates, or somebody holds a table. Passes by itself. */
export class MigrationBusy extends JobCacheError {
  override readonly name: string = 'MigrationBusy';
  readonly code: string = '55P03';

  constructor(message: string, options?: ErrorOptions) {
    super(message, { kind: 'MigrationBusy', sqlstate: '55P03', isTransient: true }, options);
  }
}

/** The SQLSTATE of what a driver or the job cache threw. */
export function sqlstateOf(error: unknown): string {
  if (error instanceof JobCacheError) return error.sqlstate ?? '';
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** BEGIN, the statements with a bounded wait for locks, COMMIT; ROLLBACK and the error where one fails. */
export async function inShortTransaction<Result>(
  client: Queryable,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${lockWaitMs}`);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // Fails only where the connection is gone, and then the transaction is as well.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/**
 * Tries until nobody is in the way: a long read of the table holds it up, and not the writers behind it.
 * @throws MigrationBusy
 */
export async function untilUnlocked<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isLocked = ['55P03', '40P01'].includes(sqlstateOf(error));
      if (!isLocked) throw error;
      if (attempt === attempts) {
        throw new MigrationBusy(
          `Cannot change the tables (${what}) as other sessions hold them: tried ${attempts} times. ` +
            'Look in pg_stat_activity for transactions that stay open, and try again',
          { cause: error },
        );
      }
    }
    await delay(pauseMs);
  }
}

export async function performStep(client: Queryable, step: Step): Promise<void> {
  if (step.mode === 'alone') {
    for (const statement of step.statements) await client.query(statement);
    return;
  }
  await untilUnlocked(step.sentences[0] ?? 'grants', async () =>
    inShortTransaction(client, async () => {
      for (const statement of step.statements) await client.query(statement);
    }),
  );
}

/**
 * Not with a lock that waits: a statement that waits holds a snapshot, and CREATE INDEX CONCURRENTLY of the
 * unit that has the lock would wait for that in turn.
 */
async function takeLock(client: Queryable): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS "isTaken"', [
      schemaLock,
    ]);
    if (rows[0]?.['isTaken'] === true) return;
    if (attempt === attempts) {
      throw new MigrationBusy(
        'Cannot migrate the job cache as another unit is migrating it: it may be making an index of a big ' +
          'table. Try again later',
      );
    }
    await delay(pauseMs);
  }
}

/** Holds the lock of migrations, without limits of time but one for locks, and leaves the session as it was. */
export async function asOnlyMigration<Result>(
  client: Queryable,
  work: () => Promise<Result>,
): Promise<Result> {
  await takeLock(client);
  try {
    await client.query('SET statement_timeout = 0');
    await client.query('SET lock_timeout = 0');
    return await work();
  } finally {
    // Each fails only where the connection is gone, and the lock and the settings with it.
    for (const statement of [
      'RESET lock_timeout',
      'RESET statement_timeout',
      `SELECT pg_advisory_unlock(${schemaLock})`,
    ]) {
      await client.query(statement).catch(() => undefined);
    }
  }
}
