// A job cache with known jobs on a real server, and the ways tests look at it.

import type { Database } from '#salt-job-cache/src/database/database.ts';
import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { withJobCache } from '../program/with-job-cache.ts';

export interface TestJobs extends AsyncDisposable {
  readonly cache: JobCache;
  readonly database: Database;
  sql(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** A migrated job cache without jobs. */
export async function withJobs(
  server: TestServer,
  options: { readonly isMigrated?: boolean; readonly partitions?: boolean } = {},
): Promise<TestJobs> {
  const { isMigrated = true, partitions = false } = options;
  const cache = await withJobCache(server);
  const database = await openDatabase(targetOf(cache.conninfo()));
  await cache.sql('SET search_path = public');
  if (isMigrated) await migrate(database, { readers: [], partitions });
  return {
    cache,
    database,
    sql: async (statement) => cache.sql(statement),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}

export interface TestJob {
  readonly jid: string;
  readonly fun: string;
  readonly target: string;
  readonly targetType: string;
  readonly user: string;
  readonly returns: readonly { readonly minion: string; readonly success: boolean | null }[];
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Jobs as Salt's own module writes them. */
export async function storeJobs(jobs: TestJobs, stored: readonly TestJob[]): Promise<void> {
  const rows = stored.map(
    ({ jid, fun, target, targetType, user }) =>
      `(${[jid, targetType, 'publish', target, "{'show_jid': False}", '', user, '["a", {"__kwarg__": true}]', fun].map(literal).join(', ')}, now())`,
  );
  await jobs.sql(
    `INSERT INTO jids (jid, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun, started) VALUES ${rows.join(', ')}`,
  );
  const returns = stored.flatMap(({ jid, fun, returns: all }) =>
    all.map(
      ({ minion, success }) =>
        `(${[fun, jid, '{"return": "True", "retcode": 0}', minion].map(literal).join(', ')}, ${success})`,
    ),
  );
  if (returns.length === 0) return;
  await jobs.sql(
    `INSERT INTO salt_returns (fun, jid, return, id, success) VALUES ${returns.join(', ')}`,
  );
}

/** The `index`-th job id of a day. */
export function jidNumber(index: number): string {
  return `20261127${String(index).padStart(12, '0')}`;
}
