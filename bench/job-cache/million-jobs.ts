// A job cache with a million jobs of one return each, spread evenly over the last hours.

import type { JobCacheServer } from './job-cache-server.ts';

export const jobs = 1_000_000;

/** 40 functions, of which one in a thousand jobs ran `rare.function`; 2,000 minions; one return in 200 failed. */
export async function fillJobs(cache: JobCacheServer, ageHours: number): Promise<void> {
  const started = `now() - interval '${ageHours} hours' + n * interval '100 microseconds'`;
  const fun = "CASE WHEN n % 1000 = 7 THEN 'rare.function' ELSE 'module.function' || n % 40 END";
  await cache.sql(`
    INSERT INTO public.jids (jid, started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun)
    SELECT to_char(t AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), t, 'glob', 'publish', 'minion' || n % 2000,
           '{}', '', CASE WHEN n % 5000 = 3 THEN 'sudo_anna' ELSE 'root' END, '[]', ${fun}
      FROM generate_series(1, ${jobs}) n, LATERAL (SELECT ${started} AS t) AS time`);
  await cache.sql(`
    INSERT INTO public.salt_returns (added, fun, jid, return, id, success)
    SELECT started, fun, jid, '{"return": true, "retcode": 0, "success": true}', tgt,
           abs(hashtext(jid)) % 200 <> 0
      FROM public.jids`);
  await cache.sql('VACUUM ANALYZE public.jids');
  await cache.sql('VACUUM ANALYZE public.salt_returns');
}
