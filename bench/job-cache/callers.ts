// How many jobs with one return each so many callers store in a second, every one of them acknowledged.

import { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import { Pool } from 'pg';
import type { JobCacheServer } from './job-cache-server.ts';
import { minionReturn, publishLoad } from '../../test/salt-job-cache/salt-values.ts';

/** A first while in which statements are prepared and code is compiled does not count. */
const warmUpMs = 1000;

type StoreJob = (jid: string) => Promise<void>;

/** Job ids a microsecond apart, each given once in this process. */
function jids(): () => string {
  let last = BigInt(Date.now()) * 1000n;
  return () => {
    last += 1n;
    return jidOf(last);
  };
}

async function jobsPerSecond(callers: number, seconds: number, store: StoreJob): Promise<number> {
  const next = jids();
  const begin = performance.now() + warmUpMs;
  const end = begin + seconds * 1000;
  let stored = 0;
  const call = async (): Promise<void> => {
    for (let now = performance.now(); now < end; now = performance.now()) {
      await store(next());
      if (now >= begin) stored += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return stored / seconds;
}

/** Through the library: the load, then the return, as a master does. */
export async function libraryRate(
  cache: JobCacheServer,
  callers: number,
  seconds: number,
): Promise<number> {
  await using database = await cache.open();
  const clock = { nowMicros: () => BigInt(Date.now()) * 1000n };
  const library = new PostgresLocalCache(database, { masterId: 'bench_master', clock });
  // Awaited here: the database is closed when this function is left.
  return await jobsPerSecond(callers, seconds, async (jid) => {
    await library.saveLoad(jid, publishLoad(jid));
    await library.returner(minionReturn(jid, 'minion1'));
  });
}

/** The floor: two prepared single-row inserts on a kept connection for each caller, and nothing else. */
export async function floorRate(
  cache: JobCacheServer,
  callers: number,
  seconds: number,
): Promise<number> {
  const { host, port } = cache.server;
  const pool = new Pool({ host, port, ...cache.login, max: callers });
  try {
    return await jobsPerSecond(callers, seconds, async (jid) => {
      await pool.query({
        name: 'job',
        text: `INSERT INTO jids (jid, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
               VALUES ($1, 'glob', 'publish', 'minion1', '{}', '', 'root', '[]', 'test.ping')`,
        values: [jid],
      });
      await pool.query({
        name: 'return',
        text: `INSERT INTO salt_returns (fun, jid, return, id, success)
               VALUES ('test.ping', $1, '{"return": true, "retcode": 0, "success": true}', 'minion1', true)`,
        values: [jid],
      });
    });
  } finally {
    await pool.end();
  }
}
