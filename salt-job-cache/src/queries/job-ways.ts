// The ways to the jobs that match: by values of an indexed column, by returns that failed, or one job after
// another. Which way is taken is decided by how many rows it leads past.

import type { Session } from '../database/database.ts';
import type { IndexedColumn } from './distinct-values.ts';
import { matchingValues } from './distinct-values.ts';
import { parseGlob } from '../glob.ts';
import type { Glob } from '../glob.ts';
import { keyOf, queryIndexes } from './indexes.ts';
import { conditionsOf, jidRangeOf, Placeholders } from './job-filter.ts';
import type { JobFilter } from './job-filter.ts';

/** Ways are compared by counting their rows up to the first of these; where none is shorter, up to the next. */
const countLimits = [2000, 40_000] as const;

/** `walk`: from the newest job on. */
export type Way =
  | { readonly kind: 'values'; readonly column: IndexedColumn; readonly values: readonly string[] }
  | { readonly kind: 'failed' }
  | { readonly kind: 'walk' };

const columns: readonly (readonly [keyof JobFilter, IndexedColumn])[] = [
  [
    'minion',
    { index: 'salt_returns_id_jid_idx', table: 'salt_returns', column: 'id', mayBeList: false },
  ],
  ['function', { index: 'jids_fun_jid_idx', table: 'jids', column: 'fun', mayBeList: false }],
  ['user', { index: 'jids_username_jid_idx', table: 'jids', column: 'username', mayBeList: false }],
  ['target', { index: 'jids_tgt_jid_idx', table: 'jids', column: 'tgt', mayBeList: true }],
];

function globOf(filter: JobFilter, key: keyof JobFilter): Glob | null {
  const value = filter[key];
  if (value === null) return null;
  // A user is no glob: Salt writes names such as `sudo_[x]`.
  return typeof value === 'string' ? { ...parseGlob(''), text: value, prefix: value } : value;
}

/** Without its index each leap through a column would read the whole table. */
async function presentIndexes(session: Session): Promise<ReadonlySet<string>> {
  const { rows } = await session.run(
    {
      text: `SELECT wanted.name
               FROM unnest($1::text[]) AS wanted(name)
               JOIN pg_index i ON i.indexrelid = to_regclass(quote_ident(wanted.name)) AND i.indisvalid`,
    },
    [queryIndexes.map(({ name }) => name)],
  );
  return new Set(rows.map((row) => String(row['name'])));
}

/** For each value the rows of it from the newest on. Comparing pairs leaves the planner only the index. */
function rowsOfValue(column: IndexedColumn, filter: JobFilter, placeholders: Placeholders): string {
  const { from, to } = jidRangeOf(filter);
  const pair = `(${keyOf(`t.${column.column}`)}, t.jid)`;
  return (
    `${pair} >= (v.value, ${placeholders.add(from)}::varchar) ` +
    `AND ${pair} < (v.value, ${placeholders.add(to)}::varchar)`
  );
}

/** The job of a return, where it matches. With a LIMIT it is looked up, not joined with all jobs. */
function jobOf(conditions: string): string {
  return `CROSS JOIN LATERAL (SELECT FROM jids j WHERE j.jid = t.jid AND ${conditions} LIMIT 1) job`;
}

function valuesQuery(
  way: Extract<Way, { kind: 'values' }>,
  filter: JobFilter,
  limit: number,
  placeholders: Placeholders,
): string {
  const { table, column } = way.column;
  const key = keyOf(`t.${column}`);
  const values = placeholders.add(way.values);
  const rows = rowsOfValue(way.column, filter, placeholders);
  const conditions = conditionsOf(filter, placeholders);
  const most = `LIMIT ${placeholders.add(limit)}::int`;
  const found =
    table === 'jids'
      ? `SELECT t.jid FROM jids t JOIN LATERAL (SELECT t.jid, t.fun, t.tgt, t.username) j ON true
          WHERE ${rows} AND ${conditions} ORDER BY ${key} DESC, t.jid DESC ${most}`
      : `SELECT DISTINCT ${key}, t.jid FROM salt_returns t ${jobOf(conditions)}
          WHERE ${rows} ORDER BY ${key} DESC, t.jid DESC ${most}`;
  return `
    SELECT DISTINCT x.jid FROM unnest(${values}::text[]) AS v(value) CROSS JOIN LATERAL (${found}) x
     ORDER BY x.jid DESC ${most}`;
}

function failedQuery(filter: JobFilter, limit: number, placeholders: Placeholders): string {
  const { from, to } = jidRangeOf(filter);
  return `
    SELECT DISTINCT t.jid
      FROM salt_returns t ${jobOf(conditionsOf({ ...filter, outcome: null }, placeholders))}
     WHERE NOT t.success AND t.jid >= ${placeholders.add(from)} AND t.jid < ${placeholders.add(to)}
     ORDER BY t.jid DESC LIMIT ${placeholders.add(limit)}::int`;
}

/** @returns the jobs of a way, newest first */
export function wayQuery(
  way: Exclude<Way, { kind: 'walk' }>,
  filter: JobFilter,
  limit: number,
  placeholders: Placeholders,
): string {
  return way.kind === 'values'
    ? valuesQuery(way, filter, limit, placeholders)
    : failedQuery(filter, limit, placeholders);
}

/** How many rows a way leads past; not more than `most`. */
async function lengthOf(
  session: Session,
  way: Way,
  filter: JobFilter,
  most: number,
): Promise<number> {
  if (way.kind === 'walk') return most;
  const placeholders = new Placeholders();
  const { from, to } = jidRangeOf(filter);
  // In the order of the index, so that the planner does not think of reading the table instead.
  const rows =
    way.kind === 'failed'
      ? `SELECT 1 FROM salt_returns t WHERE NOT t.success
            AND t.jid >= ${placeholders.add(from)} AND t.jid < ${placeholders.add(to)}
          ORDER BY t.jid DESC`
      : `SELECT 1 FROM unnest(${placeholders.add(way.values)}::text[]) AS v(value)
          CROSS JOIN LATERAL (SELECT 1 FROM ${way.column.table} t
                               WHERE ${rowsOfValue(way.column, filter, placeholders)}
                               ORDER BY ${keyOf(`t.${way.column.column}`)} DESC, t.jid DESC
                               LIMIT ${most}) x`;
  const counted = await session.run(
    { text: `SELECT count(*) AS rows FROM (${rows} LIMIT ${most}) x` },
    placeholders.values,
  );
  return Number(counted.rows[0]?.['rows'] ?? 0);
}

/** All ways there are; null where one of them shows that nothing matches. */
export async function waysTo(session: Session, filter: JobFilter): Promise<readonly Way[] | null> {
  const present = await presentIndexes(session);
  const ways: Way[] = [];
  for (const [key, column] of columns) {
    const glob = globOf(filter, key);
    if (glob === null || !present.has(column.index)) continue;
    const values = await matchingValues(session, column, glob);
    if (values?.length === 0) return null;
    if (values !== null) ways.push({ kind: 'values', column, values });
  }
  if (filter.outcome === 'failed' && present.has('salt_returns_failed_idx')) {
    ways.push({ kind: 'failed' });
  }
  return ways;
}

/** Each job's returns have to be looked at, and mostly in vain. */
function looksAtReturns({ outcome }: JobFilter): boolean {
  return outcome === 'missing' || outcome === 'success';
}

/** @param ways all there are */
export async function shortestWay(
  session: Session,
  ways: readonly Way[],
  filter: JobFilter,
): Promise<Way> {
  const [first] = ways;
  if (first === undefined) return { kind: 'walk' };
  if (ways.length === 1 && !looksAtReturns(filter)) return first;
  for (const most of countLimits) {
    let best: { readonly way: Way; readonly length: number } = { way: first, length: most };
    for (const way of ways) {
      const length = await lengthOf(session, way, filter, best.length);
      if (length < best.length) best = { way, length };
    }
    if (best.length < most) return best.way;
  }
  // Among so many, all returns at once are looked through sooner than those of each job.
  return looksAtReturns(filter) ? { kind: 'walk' } : first;
}
