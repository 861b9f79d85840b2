// Lists jobs: all that Salt would list, or a page of the newest.

import type { Clock } from '../clock.ts';
import type { Database, Row } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { jidOf, jidToTime } from '../jid.ts';
import type { PythonValue } from '../value/python-value.ts';
import type { ReadRules } from './get-jid.ts';
import { parseColumn } from './get-jid.ts';
import { jobFields, loadOf } from './get-load.ts';

export interface JobPage {
  /** At most so many jobs. */
  readonly limit?: number;
  /** Only jobs with a lower jid: the last one of the page before. */
  readonly before?: string;
}

export interface ListRules extends ReadRules {
  readonly clock: Clock;
  /** Older jobs are not listed; 0: all are. */
  readonly keepJobsSeconds: number;
}

export type JobListing = ReadonlyMap<string, PythonValue>;

function startTime(jid: string, rules: ReadRules): string {
  try {
    return jidToTime(jid);
  } catch (error) {
    if (rules.isCompatible || !(error instanceof JobCacheError)) throw error;
    rules.onProblem(error);
    return '';
  }
}

function jobOf(row: Row, rules: ReadRules): readonly [string, PythonValue] {
  const load = loadOf(row);
  const jid = load.get('jid') ?? 'None';
  const argument = { jid, field: 'arg', row: `the load of job "${jid}"` };
  return [
    jid,
    new Map<PythonValue, PythonValue>([
      ['Function', load.get('fun') ?? null],
      ['Arguments', parseColumn(load.get('arg') ?? null, argument, rules)],
      ['Target', load.get('tgt') ?? null],
      ['Target-type', load.get('tgt_type') ?? null],
      ['User', load.get('user') ?? null],
      ['StartTime', startTime(jid, rules)],
    ]),
  ];
}

/** The clock that made the jids and the server's may differ; what is older by its jid is not kept anyway. */
const slackSeconds = 3600;

const secondsAgo = 'started > now() - make_interval(secs => $1)';

/** As Salt's module: every job that is kept, in no order. */
async function allJobs(database: Database, rules: ListRules): Promise<JobListing> {
  const keep = Math.trunc(rules.keepJobsSeconds);
  const text = `SELECT ${jobFields} FROM jids`;
  const { rows } = await (keep === 0
    ? database.run({ name: 'get_jids', text })
    : database.run({ name: 'get_jids_since', text: `${text} WHERE ${secondsAgo}` }, [keep]));
  return new Map(rows.map((row) => jobOf(row, rules)));
}

interface Condition {
  readonly text: (parameter: number) => string;
  readonly value: unknown;
}

/** The lower bound of the jid says nothing new, but ends the walk down the primary key. */
function conditionsOf(page: JobPage, rules: ListRules): readonly Condition[] {
  const keep = Math.trunc(rules.keepJobsSeconds);
  const oldest = rules.clock.nowMicros() - BigInt(keep + slackSeconds) * 1_000_000n;
  const kept: Condition = { text: () => secondsAgo, value: keep };
  const bounded: Condition = {
    text: (n) => `jid > $${n}`,
    value: oldest > 0n ? jidOf(oldest) : '',
  };
  const { before } = page;
  return [
    ...(keep === 0 ? [] : [kept, bounded]),
    ...(before === undefined ? [] : [{ text: (n: number) => `jid < $${n}`, value: before }]),
  ];
}

async function newestJobs(
  database: Database,
  page: JobPage,
  rules: ListRules,
): Promise<JobListing> {
  const conditions = conditionsOf(page, rules);
  const where = conditions.map(({ text }, index) => text(index + 1)).join(' AND ');
  const limit = page.limit === undefined ? '' : ` LIMIT $${conditions.length + 1}`;
  const text =
    `SELECT ${jobFields} FROM jids${where === '' ? '' : ` WHERE ${where}`}` +
    ` ORDER BY jid DESC${limit}`;
  const values = [
    ...conditions.map(({ value }) => value),
    ...(page.limit === undefined ? [] : [page.limit]),
  ];
  const jobs = new Map<string, PythonValue>();
  await database.transaction(async (session) => {
    if (page.limit !== undefined) {
      const { rows } = await session.run({ text }, values);
      for (const row of rows) jobs.set(...jobOf(row, rules));
      return;
    }
    // In portions, so that the driver does not hold a second copy of a long listing.
    for await (const row of session.stream({ text }, values)) jobs.set(...jobOf(row, rules));
  });
  return jobs;
}

function checkPage({ limit }: JobPage): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) return;
  throw new JobCacheError(
    `Cannot list jobs: limit is ${limit}, but has to be a whole number from 1 on`,
    { kind: 'ValueError', field: 'limit' },
  );
}

/**
 * @returns by jid: Function, Arguments, Target, Target-type, User, StartTime. Newest first, but in compatible
 *   mode, where the order is the database's
 */
export async function getJids(
  database: Database,
  page: JobPage | undefined,
  rules: ListRules,
): Promise<JobListing> {
  if (!rules.isCompatible) {
    checkPage(page ?? {});
    return newestJobs(database, page ?? {}, rules);
  }
  if (page === undefined) return allJobs(database, rules);
  throw new JobCacheError(
    'Cannot list a page of jobs: in compatible mode get_jids takes no arguments',
    { kind: 'TypeError' },
  );
}
