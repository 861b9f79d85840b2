// Keeps partitions made ahead of time, and drops those of which every row has expired. To be called now and
// then; nothing happens where the tables are not partitioned.

import type { Database } from '../database/database.ts';
import type { Queryable } from '../queryable.ts';
import { inShortTransaction, sqlstateOf, untilUnlocked } from '../schema/perform.ts';
import { qualify } from '../schema/quote.ts';
import { tables } from '../schema/tables.ts';
import { createPartition, defaultPartition } from './partition.ts';
import { expiredPartitions, missingSpans } from './plan-partitions.ts';
import { readPartitions } from './read-partitions.ts';
import type { ClosedSpan } from './span.ts';
import { daySeconds, timestampOf } from './span.ts';

export interface PartitionOptions {
  /** How much time a partition holds; a day by default. */
  readonly spanSeconds?: number;
  /** How many partitions there are to be beyond that of now; 3 by default. */
  readonly ahead?: number;
}

async function serverMicros(client: Queryable): Promise<bigint> {
  const { rows } = await client.query(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text AS "now"',
  );
  return BigInt(String(rows[0]?.['now']));
}

/** False where the default partition holds rows of this span already: they and what follows stay there. */
async function addPartition(
  client: Queryable,
  schema: string,
  table: string,
  span: ClosedSpan,
): Promise<boolean> {
  try {
    await untilUnlocked(`a partition of ${table}`, async () =>
      inShortTransaction(client, async () => {
        for (const statement of createPartition(schema, table, span)) await client.query(statement);
      }),
    );
    return true;
  } catch (error) {
    const code = sqlstateOf(error);
    // 23514: rows in the way. 42P07, 42P17: another unit was quicker.
    if (code === '23514') return false;
    if (code === '42P07' || code === '42P17') return true;
    throw error;
  }
}

async function extend(
  client: Queryable,
  table: string,
  options: PartitionOptions,
): Promise<readonly string[]> {
  const { spanSeconds = daySeconds, ahead = 3 } = options;
  const found = await readPartitions(client, table);
  if (found === null) return [];
  const { schema } = found;
  if (!found.hasDefault) {
    await untilUnlocked(`the default partition of ${table}`, async () =>
      inShortTransaction(client, async () => client.query(defaultPartition(schema, table))),
    );
  }
  const did: string[] = [];
  for (const span of missingSpans(found.ranges, await serverMicros(client), spanSeconds, ahead)) {
    const what = `${table} from ${timestampOf(span.start)} to ${timestampOf(span.end)}`;
    const isMade = await addPartition(client, schema, table, span);
    did.push(
      isMade
        ? `made a partition of ${what}`
        : `left rows of ${what} in the default partition, as some are there already`,
    );
  }
  return did;
}

/** @see maintainPartitions */
export async function maintainPartitionsOver(
  client: Queryable,
  options: PartitionOptions = {},
): Promise<readonly string[]> {
  const did: string[] = [];
  for (const { name } of tables) did.push(...(await extend(client, name, options)));
  return did;
}

/**
 * Makes the partitions that are to be there ahead of time, by the server's clock.
 * @returns what was done, a sentence each
 */
export async function maintainPartitions(
  database: Database,
  options: PartitionOptions = {},
): Promise<readonly string[]> {
  return database.session(async (session) => maintainPartitionsOver(session.queryable, options));
}

/** One table's partitions, or those of two that hold the same time, in one transaction. */
async function drop(client: Queryable, schema: string, names: readonly string[]): Promise<void> {
  const list = names.map((name) => qualify(schema, name)).join(', ');
  await untilUnlocked(`dropping ${names.join(' and ')}`, async () =>
    inShortTransaction(client, async () => client.query(`DROP TABLE ${list}`)),
  );
}

async function dropJobs(client: Queryable, cutoffMicros: bigint): Promise<readonly string[]> {
  const jids = await readPartitions(client, 'jids');
  const returns = await readPartitions(client, 'salt_returns');
  const dropped: string[] = [];
  const partners = expiredPartitions(returns?.ranges ?? [], cutoffMicros);
  const isSame = (one: (typeof partners)[number], other: (typeof partners)[number]): boolean =>
    one.start === other.start && one.end === other.end;
  for (const one of jids === null ? [] : expiredPartitions(jids.ranges, cutoffMicros)) {
    const names = [one, ...partners.filter((other) => isSame(one, other))].map(({ name }) => name);
    await drop(client, jids?.schema ?? '', names);
    dropped.push(...names);
  }
  for (const { name } of partners.filter((one) => !dropped.includes(one.name))) {
    await drop(client, returns?.schema ?? '', [name]);
    dropped.push(name);
  }
  return dropped;
}

async function dropEvents(client: Queryable, cutoffMicros: bigint): Promise<readonly string[]> {
  const events = await readPartitions(client, 'salt_events');
  if (events === null) return [];
  const names = expiredPartitions(events.ranges, cutoffMicros).map(({ name }) => name);
  for (const name of names) await drop(client, events.schema, [name]);
  return names;
}

/**
 * Drops whole partitions that hold nothing of the cut-off or later, jobs and their returns together.
 *
 * @param cutoffs microseconds since the epoch; null: keep all
 * @returns the names of the tables that are gone
 */
export async function dropExpiredPartitions(
  database: Database,
  cutoffs: { readonly jobs: bigint | null; readonly events: bigint | null },
): Promise<readonly string[]> {
  return database.session(async ({ queryable }) => [
    ...(cutoffs.jobs === null ? [] : await dropJobs(queryable, cutoffs.jobs)),
    ...(cutoffs.events === null ? [] : await dropEvents(queryable, cutoffs.events)),
  ]);
}
