// How many rows retention would find to delete in tables it has not looked after yet. Counted only so far as a
// person wants to know, so that a year of history costs no more than a look.

import type { Queryable } from '../queryable.ts';
import type { Limits } from './limits.ts';

export type AgeLimits = Required<Omit<Limits, 'keepJobs'>>;

export interface OldRows {
  readonly jobs: number;
  readonly returns: number;
  readonly events: number;
}

/** A count that reaches it means so many or more. */
export const oldRowsMax = 1_000_000;

/** Where retention is at work already, by another unit, rows that have just expired are no history. */
const graceSeconds = 3600;

const older = (table: string, column: string, seconds: string): string =>
  `SELECT count(*)::int FROM (
     SELECT 1 FROM ${table} WHERE ${column} < to_timestamp(greatest(0, extract(epoch FROM clock_timestamp()) - ${seconds}::float8))
      LIMIT ${oldRowsMax}) AS old`;

/** @param limits 0 for no limit */
export async function countOldRows(client: Queryable, limits: AgeLimits): Promise<OldRows> {
  const count = async (table: string, column: string, keepSeconds: number): Promise<number> => {
    if (keepSeconds === 0) return 0;
    const { rows } = await client.query(older(table, column, '$1'), [keepSeconds + graceSeconds]);
    return Number(rows[0]?.['count'] ?? 0);
  };
  const { keepJobsSeconds, keepEventsSeconds } = limits;
  return {
    jobs: await count('jids', 'started', keepJobsSeconds),
    returns: await count('salt_returns', 'added', keepJobsSeconds),
    events: await count('salt_events', 'alter_time', keepEventsSeconds),
  };
}
