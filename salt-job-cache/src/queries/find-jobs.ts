// Finds the newest jobs that match. Matches that are frequent are among the newest jobs; what is rare is
// looked up by the index that promises the fewest rows. So both are quick, and so is finding nothing.

import type { Database, Session } from '../database/database.ts';
import { conditionsOf, jidRangeOf, Placeholders } from './job-filter.ts';
import type { JobFilter } from './job-filter.ts';
import type { JobSummary } from './job-rows.ts';
import { summariesQuery, summaryOf } from './job-rows.ts';
import { shortestWay, wayQuery, waysTo } from './job-ways.ts';
import { readOnly } from './read-only.ts';
import type { ReadOptions } from './read-only.ts';

export interface FindOptions extends ReadOptions {
  /**
   * So many of the newest jobs are looked through first; and so many more, before all of the rest at once,
   * where no index leads further. @default [5000, 45000]
   */
  readonly windows?: readonly [number, number];
}

const defaultWindows = [5000, 45_000] as const;

function rangeCondition(filter: JobFilter, placeholders: Placeholders): string {
  const { from, to } = jidRangeOf(filter);
  return `j.jid >= ${placeholders.add(from)} AND j.jid < ${placeholders.add(to)}`;
}

function windowQuery(
  filter: JobFilter,
  size: number,
  limit: number,
  placeholders: Placeholders,
): string {
  return `
    SELECT j.jid
      FROM (SELECT j.jid, j.fun, j.tgt, j.username FROM jids j
             WHERE ${rangeCondition(filter, placeholders)}
             ORDER BY j.jid DESC LIMIT ${size}) j
     WHERE ${conditionsOf(filter, placeholders)}
     ORDER BY j.jid DESC LIMIT ${placeholders.add(limit)}::int`;
}

/** All jobs against all returns at once. */
function restQuery(filter: JobFilter, limit: number, placeholders: Placeholders): string {
  return `
    SELECT j.jid FROM jids j
     WHERE ${rangeCondition(filter, placeholders)} AND ${conditionsOf(filter, placeholders, 'all')}
     ORDER BY j.jid DESC LIMIT ${placeholders.add(limit)}::int`;
}

async function summaries(
  session: Session,
  page: string,
  placeholders: Placeholders,
): Promise<readonly JobSummary[]> {
  const { rows } = await session.run({ text: summariesQuery(page) }, placeholders.values);
  return rows.map(summaryOf);
}

interface Looked {
  readonly jobs: readonly JobSummary[];
  /** What is still to be looked through; null where there are enough jobs, or no more. */
  readonly rest: JobFilter | null;
}

/** Looks through the newest `size` jobs of the range. */
async function lookThrough(
  session: Session,
  filter: JobFilter,
  size: number,
  limit: number,
): Promise<Looked> {
  const placeholders = new Placeholders();
  const page = windowQuery(filter, size, limit, placeholders);
  const jobs = await summaries(session, page, placeholders);
  if (jobs.length >= limit) return { jobs, rest: null };
  const range = new Placeholders();
  const { rows } = await session.run(
    {
      text: `SELECT j.jid FROM jids j WHERE ${rangeCondition(filter, range)}
              ORDER BY j.jid DESC OFFSET ${size - 1} LIMIT 1`,
    },
    range.values,
  );
  const lowest = rows[0]?.['jid'];
  return { jobs, rest: typeof lowest === 'string' ? { ...filter, toJid: lowest } : null };
}

/**
 * @param looked what the first window gave
 * @param size of the second
 */
async function walk(
  session: Session,
  looked: Looked & { readonly rest: JobFilter },
  size: number,
  limit: number,
): Promise<readonly JobSummary[]> {
  const { jobs, rest } = await lookThrough(session, looked.rest, size, limit - looked.jobs.length);
  const found = [...looked.jobs, ...jobs];
  if (rest === null) return found;
  const placeholders = new Placeholders();
  const page = restQuery(rest, limit - found.length, placeholders);
  return [...found, ...(await summaries(session, page, placeholders))];
}

async function find(
  session: Session,
  filter: JobFilter,
  limit: number,
  [first, second]: readonly [number, number],
): Promise<readonly JobSummary[]> {
  const { jobs, rest } = await lookThrough(session, filter, first, limit);
  if (rest === null) return jobs;
  const ways = await waysTo(session, filter);
  if (ways === null) return [];
  const way = await shortestWay(session, ways, filter);
  if (way.kind === 'walk') return walk(session, { jobs, rest }, second, limit);
  // In the order of its index a way ends as soon as there are enough; sorted afterwards it is gone all along.
  await session.run({ text: 'SET LOCAL enable_bitmapscan = off' });
  await session.run({ text: 'SET LOCAL enable_seqscan = off' });
  const placeholders = new Placeholders();
  return summaries(session, wayQuery(way, filter, limit, placeholders), placeholders);
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly JobSummary[];
  /** What `before` has to be for the next page; null at the end. */
  readonly before: string | null;
}

/**
 * One page of the jobs that match, newest first.
 *
 * @param limit most jobs of a page
 * @throws JobCacheError
 */
export async function findJobs(
  database: Database,
  filter: JobFilter,
  limit: number,
  options: FindOptions = {},
): Promise<JobPage> {
  // One more tells whether another page follows.
  const found = await readOnly(
    database,
    async (session) => find(session, filter, limit + 1, options.windows ?? defaultWindows),
    options,
  );
  const jobs = found.slice(0, limit);
  return { jobs, before: found.length > limit ? (jobs.at(-1)?.jid ?? null) : null };
}
