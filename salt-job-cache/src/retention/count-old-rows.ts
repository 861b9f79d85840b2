// How many rows retention would find to delete in tables it has not looked after yet. Counted by
// indexes that Salt's own schema has and only so far as a person wants to know: a year of history costs a look.

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

/** Not of `clock_timestamp()`, which changes within a statement, so that no index helps. */
const cutoff = 'to_timestamp(greatest(0, extract(epoch FROM now()) - $1::float8))';

/** By the job's id, which is its time in UTC: Salt's own schema has no index on `started`. */
const byJid = (table: string): string =>
  `SELECT count(*)::int FROM (
     SELECT 1 FROM ${table}
      WHERE jid < to_char(${cutoff} AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') LIMIT ${oldRowsMax}) AS old`;

/** The first by number are the oldest; an index on their time may still be missing, and the table be any size. */
const oldEvents = `
  SELECT count(*)::int FROM (SELECT alter_time FROM salt_events ORDER BY id LIMIT ${oldRowsMax}) AS first
   WHERE alter_time < ${cutoff}`;

/** @param limits 0 for no limit */
export async function countOldRows(client: Queryable, limits: AgeLimits): Promise<OldRows> {
  const count = async (query: string, keepSeconds: number): Promise<number> => {
    if (keepSeconds === 0) return 0;
    const { rows } = await client.query(query, [keepSeconds + graceSeconds]);
    return Number(rows[0]?.['count'] ?? 0);
  };
  const { keepJobsSeconds, keepEventsSeconds } = limits;
  return {
    jobs: await count(byJid('jids'), keepJobsSeconds),
    returns: await count(byJid('salt_returns'), keepJobsSeconds),
    events: await count(oldEvents, keepEventsSeconds),
  };
}
