// A database of a test's own on a real server, and the job cache's own connections to it.

import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import type { Database } from '#salt-job-cache/src/database/database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import type { TestServer } from '../adapters/pg/with-postgres.ts';
import type { JobCache } from './program/with-job-cache.ts';
import { withJobCache } from './program/with-job-cache.ts';

export interface CacheDatabase extends AsyncDisposable {
  readonly cache: JobCache;
  readonly database: Database;
  /** As the superuser; the first row. */
  one(statement: string): Promise<Readonly<Record<string, unknown>>>;
}

export async function withDatabase(server: TestServer): Promise<CacheDatabase> {
  const cache = await withJobCache(server);
  const database = await openDatabase(targetOf(cache.conninfo()));
  return {
    cache,
    database,
    async one(statement) {
      return (await cache.sql(statement))[0] ?? {};
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}

/** The tables of the returner's own documentation, as a person would have made them. */
export const saltsOwnSchema: readonly string[] = [
  `CREATE TABLE public.jids (jid varchar(20) PRIMARY KEY, started TIMESTAMP WITH TIME ZONE DEFAULT now(),
     tgt_type text NOT NULL, cmd text NOT NULL, tgt text NOT NULL, kwargs text NOT NULL,
     ret text NOT NULL, username text NOT NULL, arg text NOT NULL, fun text NOT NULL)`,
  `CREATE TABLE public.salt_returns (added TIMESTAMP WITH TIME ZONE DEFAULT now(), fun text NOT NULL,
     jid varchar(20) NOT NULL, return text NOT NULL, id text NOT NULL, success boolean)`,
  'CREATE INDEX ON public.salt_returns (added)',
  'CREATE INDEX ON public.salt_returns (id)',
  'CREATE INDEX ON public.salt_returns (jid)',
  'CREATE INDEX ON public.salt_returns (fun)',
  `CREATE TABLE public.salt_events (id SERIAL, tag text NOT NULL, data text NOT NULL,
     alter_time TIMESTAMP WITH TIME ZONE DEFAULT now(), master_id text NOT NULL)`,
  'CREATE INDEX ON public.salt_events (tag)',
  'CREATE INDEX ON public.salt_events (data)',
  'CREATE INDEX ON public.salt_events (id)',
  'CREATE INDEX ON public.salt_events (master_id)',
];

/** Salt's own tables, owned by the user of the job cache. */
export async function makeSaltsOwnSchema(cache: JobCache): Promise<void> {
  for (const statement of saltsOwnSchema) await cache.sql(statement);
  for (const table of ['jids', 'salt_returns', 'salt_events']) {
    await cache.sql(`ALTER TABLE public.${table} OWNER TO ${cache.user}`);
  }
}
