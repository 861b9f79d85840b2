// Makes Salt's tables where they are missing, in one transaction, one unit at a time.

import { existingRoles, existingTables } from '../src/existing-tables.ts';
import type { Queryable } from '../src/queryable.ts';
import { planSchema } from '../src/schema.ts';

/** Any number, the same for all units: an advisory lock that keeps two of them from racing. */
const schemaLock = 7_325_841;

export class SchemaConflict extends Error {
  override readonly name: string = 'SchemaConflict';

  constructor(conflicts: readonly string[]) {
    super(
      `Cannot keep the job cache in tables that are already there: ${conflicts.join('; ')}. ` +
        'Mend or rename them, or ask for another database',
    );
  }
}

async function inTransaction<Result>(
  client: Queryable,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query('BEGIN');
  try {
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
 * What was done, a sentence each; nothing where all was there.
 * @throws SchemaConflict before anything is done
 */
export async function migrate(
  client: Queryable,
  readers: readonly string[],
): Promise<readonly string[]> {
  return inTransaction(client, async () => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [schemaLock]);
    const known = await existingRoles(client, readers);
    const plan = planSchema(await existingTables(client), known);
    if (plan.conflicts.length > 0) throw new SchemaConflict(plan.conflicts);
    for (const statement of plan.statements) await client.query(statement);
    const unknown = readers.filter((reader) => !known.includes(reader));
    return [
      ...plan.notes,
      ...unknown.map((role) => `did not let role ${role} read: PostgreSQL does not have it`),
    ];
  });
}
