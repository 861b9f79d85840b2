// A database with Salt's tables as its documentation makes them, with every index it has.

import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import type { Database } from '#salt-job-cache/src/database/database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import type { JobCacheOptions } from '#salt-job-cache/src/postgres-local-cache.ts';
import { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { withJobCache } from '../program/with-job-cache.ts';

const texts = (names: string): string =>
  names
    .split(' ')
    .map((name) => `${name} text NOT NULL`)
    .join(', ');

const indexes = (table: string, columns: string): readonly string[] =>
  columns.split(' ').map((column) => `CREATE INDEX ON ${table} (${column})`);

const seedSchema = [
  `CREATE TABLE jids (jid varchar(20) PRIMARY KEY, started timestamptz DEFAULT now(), ${texts(
    'tgt_type cmd tgt kwargs ret username arg fun',
  )})`,
  `CREATE TABLE salt_returns (added timestamptz DEFAULT now(), fun text NOT NULL,
     jid varchar(20) NOT NULL, return text NOT NULL, id text NOT NULL, success boolean)`,
  ...indexes('salt_returns', 'added id jid fun'),
  `CREATE TABLE salt_events (id SERIAL, tag text NOT NULL, data text NOT NULL,
     alter_time timestamptz DEFAULT now(), master_id text NOT NULL)`,
  ...indexes('salt_events', 'tag data id master_id'),
];

export interface SeededCache extends AsyncDisposable {
  readonly database: Database;
  readonly conninfo: string;
  /** Name of the user and the database. */
  readonly user: string;
  cache(options?: Partial<JobCacheOptions>): PostgresLocalCache;
  /** As the user of the job cache. */
  rows(statement: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
}

/** Microseconds; one more each time. */
export function countingClock(startMicros = 1_704_164_645_678_901n): { nowMicros(): bigint } {
  let now = startMicros - 1n;
  return {
    nowMicros() {
      now += 1n;
      return now;
    },
  };
}

export async function seededCache(server: TestServer): Promise<SeededCache> {
  const place = await withJobCache(server);
  const conninfo = place.conninfo();
  const database = await openDatabase(targetOf(conninfo));
  for (const statement of seedSchema) await database.run({ text: statement });
  return {
    database,
    conninfo,
    user: place.user,
    cache: (options = {}) =>
      new PostgresLocalCache(database, {
        masterId: 'oracle_master',
        clock: countingClock(),
        keepJobsSeconds: 0,
        ...options,
      }),
    rows: async (text, values) => {
      const { rows } = await database.run({ text }, values);
      return rows.map((row) => Object.values(row));
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}
