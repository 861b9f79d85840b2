// Migrates over the connection of a hook, which has not the time to read big tables whole.

import type { Queryable } from '../src/queryable.ts';
import { migrateOver } from '../src/schema/migrate.ts';

export { SchemaConflict } from '../src/schema/migrate.ts';

/** What a hook can wait for; the rest is left to `salt-job-cache migrate`. */
const limitBytes = 268_435_456;

/**
 * What was done, a sentence each; nothing where all was there.
 * @throws SchemaConflict before anything is done
 * @throws MigrationBusy where another unit is at it, or somebody holds the tables
 */
export async function migrate(
  client: Queryable,
  readers: readonly string[],
  partitions: boolean = false,
): Promise<readonly string[]> {
  return migrateOver(client, { readers, limitBytes, partitions });
}
