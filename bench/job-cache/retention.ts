// What taking away a million expired jobs does to a writer that goes on meanwhile.

import { cleanOldJobs } from '#salt-job-cache/src/retention/clean-old-jobs.ts';
import { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import { summarise, type Summary } from '../measure/statistics.ts';
import type { JobCacheServer } from './job-cache-server.ts';
import { minionReturn, publishLoad } from '../../test/salt-job-cache/salt-values.ts';

export interface Retention {
  readonly seconds: number;
  readonly jobsLeft: number;
  /** What storing a job with one return took meanwhile, in milliseconds. */
  readonly writer: Summary;
  readonly writerMaxMs: number;
}

/** Jobs older than an hour go; all that the writer stores stay. */
export async function measureRetention(cache: JobCacheServer): Promise<Retention> {
  await using cleaning = await cache.open(2);
  await using writing = await cache.open(1);
  const clock = { nowMicros: () => BigInt(Date.now()) * 1000n };
  const library = new PostgresLocalCache(writing, { masterId: 'bench_master', clock });
  const took: number[] = [];
  const cleaned = new AbortController();
  const write = async (): Promise<void> => {
    let micros = clock.nowMicros();
    while (!cleaned.signal.aborted) {
      micros += 1n;
      const jid = jidOf(micros);
      const begin = performance.now();
      await library.saveLoad(jid, publishLoad(jid));
      await library.returner(minionReturn(jid, 'minion1'));
      took.push(performance.now() - begin);
    }
  };
  const writer = write();
  const begin = performance.now();
  await cleanOldJobs(cleaning, { keepJobsSeconds: 3600, keepJobs: 0 }, { clock }).finally(() => {
    cleaned.abort();
  });
  const seconds = (performance.now() - begin) / 1000;
  await writer;
  const [left] = await cache.sql('SELECT count(*) AS jobs FROM public.jids');
  return {
    seconds,
    jobsLeft: Number(left?.['jobs']) - took.length,
    writer: summarise(took),
    writerMaxMs: Math.max(...took),
  };
}
