// Brings the tables to what the job cache wants, whatever is there: reads the catalogue, plans, performs.
// May be interrupted anywhere and run by several units at once.

import type { Database } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { dropLeftBounds, partitionTables } from '../partitions/convert.ts';
import type { Queryable } from '../queryable.ts';
import { asOnlyMigration, performStep, sqlstateOf } from './perform.ts';
import { planMigrations } from './plan-migrations.ts';
import { readCatalogue } from './read-catalogue.ts';
import type { Step } from './steps.ts';

export interface MigrateOptions {
  /** Roles whose members may read the tables. */
  readonly readers: readonly string[];
  /** Divide the tables by time, also those that are there. False, the default, leaves what there is. */
  readonly partitions?: boolean;
  /** Leave what reads or rewrites a table of more bytes for later; by default nothing is left. */
  readonly limitBytes?: number;
  /** Each sentence of the answer, once it is done. */
  readonly onProgress?: (sentence: string) => void;
}

export class SchemaConflict extends JobCacheError {
  override readonly name: string = 'SchemaConflict';

  constructor(conflicts: readonly string[]) {
    super(
      `Cannot keep the job cache in tables that are already there: ${conflicts.join('; ')}. ` +
        'Mend or rename them, or ask for another database',
      { kind: 'SchemaConflict' },
    );
  }
}

/** What was done or left. */
async function performOrLeave(client: Queryable, step: Step): Promise<readonly string[]> {
  try {
    await performStep(client, step);
    return step.sentences;
  } catch (error) {
    if (step.ifRefused === undefined || sqlstateOf(error) !== '42501') throw error;
    return [step.ifRefused];
  }
}

/**
 * Over one connection that nothing else uses meanwhile. Errors of PostgreSQL come out as the client throws them.
 * @returns what was done and what was left, a sentence each; nothing where all was there
 * @throws SchemaConflict before anything is done
 * @throws MigrationBusy where another unit or a long transaction was in the way for half a minute
 */
export async function migrateOver(
  client: Queryable,
  options: MigrateOptions,
): Promise<readonly string[]> {
  const { readers, partitions = false, limitBytes = Infinity, onProgress } = options;
  const did: string[] = [];
  const say = (sentence: string): void => {
    did.push(sentence);
    onProgress?.(sentence);
  };
  return asOnlyMigration(client, async () => {
    const catalogue = await readCatalogue(client, readers);
    const plan = planMigrations(catalogue, { isPartitioned: partitions });
    if (plan.conflicts.length > 0) throw new SchemaConflict(plan.conflicts);
    await dropLeftBounds(client);
    for (const step of plan.steps) {
      if (step.ifLeft !== undefined && step.bytes > limitBytes) {
        say(step.ifLeft);
        continue;
      }
      (await performOrLeave(client, step)).forEach(say);
    }
    if (partitions)
      await partitionTables(client, await readCatalogue(client, readers), limitBytes, say);
    plan.notes.forEach(say);
    for (const role of readers.filter((reader) => !catalogue.readers.includes(reader))) {
      say(`did not let role ${role} read: PostgreSQL does not have it`);
    }
    return did;
  });
}

/** @see migrateOver */
export async function migrate(
  database: Database,
  options: MigrateOptions,
): Promise<readonly string[]> {
  return database.session(async (session) => migrateOver(session.queryable, options));
}
