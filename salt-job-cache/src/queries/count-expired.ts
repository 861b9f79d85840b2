// How many rows `clean` would delete: the same rows its statements choose, counted.

import type { Clock } from '../clock.ts';
import type { Database, Session } from '../database/database.ts';
import { digitsOf, timestampOf } from '../partitions/span.ts';
import { cutoffsOf } from '../retention/limits.ts';
import type { Limits } from '../retention/limits.ts';
import { boundary } from '../retention/statements.ts';
import { readOnly } from './read-only.ts';
import type { ReadOptions } from './read-only.ts';

export interface ExpiredRows {
  readonly jobs: number;
  /** With those that have no job. */
  readonly returns: number;
  readonly events: number;
}

/** Counting a large cache takes its time. */
const countTimeoutMs = 600_000;

const isTime = (column: string): string => `${column} ~ '^[12][0-9]{19}$'`;

// $1, $2: the age's cutoff as a time and as digits; $3, $4: the newest job that is one too many.
const expiredJob = `(
  j.started < $1::timestamptz OR (j.started IS NULL AND j.jid < $2::varchar AND ${isTime('j.jid')})
  OR (j.started, j.jid) <= ($3::timestamptz, $4::varchar))`;

const jobsQuery = `SELECT count(*) AS rows FROM jids j WHERE ${expiredJob}`;

const returnsQuery = `
  SELECT count(*) AS rows FROM salt_returns r LEFT JOIN jids j ON j.jid = r.jid
   WHERE ${expiredJob}
      OR (j.jid IS NULL AND CASE WHEN ${isTime('r.jid')} THEN r.jid < $2::varchar
                                 ELSE r.added < $1::timestamptz END)`;

async function count(session: Session, text: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await session.run({ text }, values);
  return Number(rows[0]?.['rows'] ?? 0);
}

async function boundaryOf(session: Session, keepJobs: number): Promise<readonly unknown[]> {
  if (keepJobs === 0) return [null, null];
  const { rows } = await session.run({ text: boundary }, [keepJobs]);
  return [rows[0]?.['started'] ?? null, rows[0]?.['jid'] ?? null];
}

/** @throws JobCacheError */
export async function countExpired(
  database: Database,
  limits: Limits,
  clock: Clock,
  options: ReadOptions = {},
): Promise<ExpiredRows> {
  return readOnly(
    database,
    async (session) => {
      const { rows } = await session.run({
        text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text AS "now"',
      });
      const cutoffs = cutoffsOf(limits, [clock.nowMicros(), BigInt(String(rows[0]?.['now']))]);
      const { jobs, events } = cutoffs;
      const age = jobs === null ? [null, null] : [timestampOf(jobs), digitsOf(jobs)];
      const values = [...age, ...(await boundaryOf(session, limits.keepJobs))];
      return {
        jobs: await count(session, jobsQuery, values),
        returns: await count(session, returnsQuery, values),
        events:
          events === null
            ? 0
            : await count(
                session,
                'SELECT count(*) AS rows FROM salt_events WHERE alter_time < $1::timestamptz',
                [timestampOf(events)],
              ),
      };
    },
    { statementTimeoutMs: countTimeoutMs, isRepeatable: true, ...options },
  );
}
