// How much is in the job cache, since when, and how fast it comes. Asks the catalogue and the ends of
// indexes, so that a large cache answers as fast as a small one; counting every row is for who asks.

import type { Database, Session } from '../database/database.ts';
import { textAt } from './job-rows.ts';
import { readOnly } from './read-only.ts';
import type { ReadOptions } from './read-only.ts';
import { jidAt } from './when.ts';

/** Top functions are those of so many of the newest jobs. */
export const functionSample = 100_000;
const mostFunctions = 10;
/** Rows of the last hour are not counted beyond this. */
const mostRecent = 1_000_000;
/** Tables with fewer pages are counted: it is as fast as asking how many rows they had. */
const countedPages = 2000;

export interface TableStats {
  readonly name: string;
  readonly rows: number;
  /** False: as the last VACUUM or ANALYZE saw it, for the size of today. */
  readonly isExact: boolean;
  readonly tableBytes: number;
  readonly indexBytes: number;
  /** Rows recorded in the last hour. */
  readonly lastHour: number;
}

export interface IndexStats {
  readonly name: string;
  readonly table: string;
  readonly bytes: number;
}

export interface Stats {
  readonly tables: readonly TableStats[];
  /** Largest first. */
  readonly indexes: readonly IndexStats[];
  readonly oldestJid: string | null;
  readonly newestJid: string | null;
  /** Of a job, a return or an event; null while there is none. */
  readonly lastWrite: string | null;
  readonly functions: readonly { readonly fun: string; readonly jobs: number }[];
}

const tableNames = ['jids', 'salt_returns', 'salt_events'];

// A partitioned table has its size and rows in its partitions.
const sizesQuery = `
  SELECT wanted.name,
         sum(pg_table_size(c.oid))::bigint AS "tableBytes",
         sum(pg_indexes_size(c.oid))::bigint AS "indexBytes",
         sum(pg_relation_size(c.oid)) / current_setting('block_size')::int AS pages,
         bool_or(c.relkind = 'r' AND (c.reltuples < 0 OR (c.relpages = 0 AND pg_relation_size(c.oid) > 0)))
           AS "isUnknown",
         sum(CASE WHEN c.relpages > 0 AND c.reltuples > 0
                  THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int)
                  ELSE 0 END)::bigint AS estimate
    FROM unnest($1::text[]) AS wanted(name)
   CROSS JOIN LATERAL (SELECT wanted.name::regclass::oid AS relid
                        UNION SELECT relid FROM pg_partition_tree(wanted.name::regclass)) AS part
    JOIN pg_class c ON c.oid = part.relid
   GROUP BY wanted.name`;

const indexesQuery = `
  SELECT wanted.name AS "table", coalesce(root.relname, ic.relname) AS name,
         sum(pg_relation_size(ic.oid))::bigint AS bytes
    FROM unnest($1::text[]) AS wanted(name)
   CROSS JOIN LATERAL (SELECT wanted.name::regclass::oid AS relid
                        UNION SELECT relid FROM pg_partition_tree(wanted.name::regclass)) AS part
    JOIN pg_index i ON i.indrelid = part.relid
    JOIN pg_class ic ON ic.oid = i.indexrelid
    LEFT JOIN pg_class root ON root.oid = pg_partition_root(ic.oid)
   GROUP BY 1, 2 ORDER BY bytes DESC, name`;

/** Rows of the last hour; by job id, which is a time as well, where that has the index. */
const recentQueries: Readonly<Record<string, string>> = {
  jids: 'SELECT 1 FROM jids WHERE jid >= $1',
  salt_returns:
    "SELECT 1 FROM salt_returns WHERE added >= now() - interval '1 hour' AND $1::text <> ''",
  salt_events:
    "SELECT 1 FROM salt_events WHERE alter_time >= now() - interval '1 hour' AND $1::text <> ''",
};

async function countOf(
  session: Session,
  rows: string,
  values: readonly unknown[],
): Promise<number> {
  const counted = await session.run(
    { text: `SELECT count(*) AS rows FROM (${rows}) AS x` },
    values,
  );
  return Number(counted.rows[0]?.['rows'] ?? 0);
}

async function tableStats(
  session: Session,
  hourAgo: string,
  isExact: boolean,
): Promise<readonly TableStats[]> {
  const sizes = await session.run({ text: sizesQuery }, [tableNames]);
  const stats: TableStats[] = [];
  for (const name of tableNames) {
    const row = sizes.rows.find((candidate) => candidate['name'] === name) ?? {};
    const counts = isExact || row['isUnknown'] === true || Number(row['pages']) < countedPages;
    const recent = `${recentQueries[name]} LIMIT ${mostRecent}`;
    stats.push({
      name,
      rows: counts ? await countOf(session, `SELECT 1 FROM ${name}`, []) : Number(row['estimate']),
      isExact: counts,
      tableBytes: Number(row['tableBytes'] ?? 0),
      indexBytes: Number(row['indexBytes'] ?? 0),
      lastHour: await countOf(session, recent, [hourAgo]),
    });
  }
  return stats;
}

// Of returns those of the newest jobs: where the table is partitioned nothing orders them by time. Of
// events the newest by number.
const endsQuery = `
  SELECT (SELECT min(jid) FROM jids) AS oldest, (SELECT max(jid) FROM jids) AS newest,
         greatest(
           (SELECT max(started) FROM (SELECT started FROM jids ORDER BY jid DESC LIMIT 100) x),
           (SELECT max(added) FROM (SELECT added FROM salt_returns ORDER BY jid DESC LIMIT 10000) x),
           (SELECT max(alter_time) FROM (SELECT alter_time FROM salt_events ORDER BY id DESC LIMIT 100) x)
         )::text AS "lastWrite"`;

const functionsQuery = `
  SELECT fun, count(*) AS jobs
    FROM (SELECT fun FROM jids ORDER BY jid DESC LIMIT ${functionSample}) x
   GROUP BY fun ORDER BY jobs DESC, fun LIMIT ${mostFunctions}`;

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/**
 * @param isExact counts every row; else tables that are large are estimated
 * @throws JobCacheError
 */
export async function readStats(
  database: Database,
  nowMicros: bigint,
  isExact: boolean,
  options: ReadOptions = {},
): Promise<Stats> {
  const hourAgo = jidAt(nowMicros - 3_600_000_000n);
  return readOnly(
    database,
    async (session) => {
      const tables = await tableStats(session, hourAgo, isExact);
      const indexes = await session.run({ text: indexesQuery }, [tableNames]);
      const ends = await session.run({ text: endsQuery });
      const functions = await session.run({ text: functionsQuery });
      const [end = {}] = ends.rows;
      return {
        tables,
        indexes: indexes.rows.map((row) => ({
          name: textAt(row, 'name'),
          table: textAt(row, 'table'),
          bytes: Number(row['bytes']),
        })),
        oldestJid: textOrNull(end['oldest']),
        newestJid: textOrNull(end['newest']),
        lastWrite: textOrNull(end['lastWrite']),
        functions: functions.rows.map((row) => ({
          fun: textAt(row, 'fun'),
          jobs: Number(row['jobs']),
        })),
      };
    },
    options,
  );
}
