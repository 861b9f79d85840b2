// Which values of an indexed column match a glob. The index is leapt through from value to value, so it
// costs as much as there are different values, not as there are rows.

import type { Session } from '../database/database.ts';
import type { Glob } from '../glob.ts';
import { indexedLength, keyOf } from './indexes.ts';
import { globCondition, Placeholders, targetCondition } from './job-filter.ts';

/** More different values than this are not gone through. */
const mostValues = 5000;

export interface IndexedColumn {
  readonly index: string;
  readonly table: 'jids' | 'salt_returns';
  readonly column: string;
  /** Whether its value may be a list of which each element counts. */
  readonly mayBeList: boolean;
}

interface ValueRange {
  readonly from: string;
  readonly to: string;
}

const lastCharacter = '\u{10FFFF}';

function startingWith(prefix: string): ValueRange {
  return { from: prefix, to: prefix + lastCharacter };
}

/** The ranges matches can be in: those of the glob's own prefix, and lists. */
export function rangesOf(glob: Glob, mayBeList: boolean): readonly ValueRange[] {
  // What the index has of a text is cut; cut alike, the prefix still leads to it.
  const prefix = Array.from(glob.prefix).slice(0, indexedLength).join('');
  const own = startingWith(prefix);
  if (glob.isLiteral)
    return [{ from: prefix, to: `${prefix}\u0001` }, ...(mayBeList ? [startingWith('[')] : [])];
  return mayBeList && prefix !== '' && !prefix.startsWith('[') ? [own, startingWith('[')] : [own];
}

/** Null where there are too many different values in the range. */
async function valuesIn(
  session: Session,
  column: IndexedColumn,
  glob: Glob,
  range: ValueRange,
): Promise<readonly string[] | null> {
  const placeholders = new Placeholders();
  const from = placeholders.add(range.from);
  const to = placeholders.add(range.to);
  const most = placeholders.add(mostValues);
  const key = keyOf(column.column);
  const condition = column.mayBeList
    ? targetCondition('d.value', glob, placeholders)
    : globCondition('d.value', glob, placeholders);
  const { rows } = await session.run(
    {
      text: `
        WITH RECURSIVE d(value, number) AS (
          (SELECT ${key}, 1 FROM ${column.table}
            WHERE ${key} >= ${from} AND ${key} < ${to} ORDER BY ${key} LIMIT 1)
          UNION ALL
          SELECT (SELECT ${key} FROM ${column.table}
                   WHERE ${key} > d.value AND ${key} < ${to} ORDER BY ${key} LIMIT 1), d.number + 1
            FROM d WHERE d.value IS NOT NULL AND d.number <= ${most}::int)
        SELECT d.value, (SELECT max(number) FROM d) > ${most}::int AS "isTooMany"
          FROM d WHERE d.value IS NOT NULL AND (length(d.value) >= ${indexedLength} OR ${condition})
        UNION ALL
        SELECT NULL, (SELECT max(number) FROM d) > ${most}::int`,
    },
    placeholders.values,
  );
  if (rows.some((row) => row['isTooMany'] === true)) return null;
  return rows.flatMap((row) => (typeof row['value'] === 'string' ? [row['value']] : []));
}

/**
 * @returns indexed parts of all values that match, and of some that may; null where there are too many
 *   different values to look through
 */
export async function matchingValues(
  session: Session,
  column: IndexedColumn,
  glob: Glob,
): Promise<readonly string[] | null> {
  const found: string[] = [];
  for (const range of rangesOf(glob, column.mayBeList)) {
    const values = await valuesIn(session, column, glob, range);
    if (values === null) return null;
    found.push(...values);
  }
  return [...new Set(found)];
}
