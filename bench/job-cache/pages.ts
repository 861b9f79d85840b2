// How long a page of jobs takes to find among a million: by every filter, frequent, rare and absent matches.

import { findJobs } from '#salt-job-cache/src/queries/find-jobs.ts';
import { parseGlob } from '#salt-job-cache/src/glob.ts';
import { everyJob, type JobFilter } from '#salt-job-cache/src/queries/job-filter.ts';
import { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import { summarise, type Summary } from '../measure/statistics.ts';
import type { JobCacheServer } from './job-cache-server.ts';

export interface PageTime {
  readonly what: string;
  /** Jobs on the page. */
  readonly found: number;
  readonly ms: Summary;
}

const pageSize = 50;

const filters: readonly (readonly [string, Partial<JobFilter>])[] = [
  ['list', {}],
  ['find: frequent function', { function: parseGlob('module.function1') }],
  ['find: rare function', { function: parseGlob('rare.*') }],
  ['find: absent function', { function: parseGlob('no.such') }],
  ['find: target', { target: parseGlob('minion17') }],
  ['find: targets by glob', { target: parseGlob('*n177') }],
  ['find: minion', { minion: parseGlob('minion99') }],
  ['find: user', { user: 'sudo_anna' }],
  ['find: failed', { outcome: 'failed' }],
  ['find: rare function that failed', { function: parseGlob('rare.*'), outcome: 'failed' }],
];

async function timed(runs: number, work: () => Promise<number>): Promise<Omit<PageTime, 'what'>> {
  const ms: number[] = [];
  let found = 0;
  for (let run = 0; run < runs; run += 1) {
    const begin = performance.now();
    found = await work();
    ms.push(performance.now() - begin);
  }
  return { found, ms: summarise(ms) };
}

export async function pageTimes(cache: JobCacheServer, runs: number): Promise<readonly PageTime[]> {
  await using database = await cache.open(1);
  const times: PageTime[] = [];
  for (const [what, change] of filters) {
    const filter = { ...everyJob, ...change };
    const page = async (): Promise<number> => {
      const { jobs } = await findJobs(database, filter, pageSize);
      return jobs.length;
    };
    times.push({ what, ...(await timed(runs, page)) });
  }
  const clock = { nowMicros: () => BigInt(Date.now()) * 1000n };
  const library = new PostgresLocalCache(database, {
    masterId: 'bench_master',
    clock,
    keepJobsSeconds: 0,
  });
  const page = async (): Promise<number> => (await library.getJids({ limit: pageSize })).size;
  times.push({ what: 'getJids, newest page', ...(await timed(runs, page)) });
  return times;
}
