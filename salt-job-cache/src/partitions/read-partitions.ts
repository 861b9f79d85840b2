// Reads which partitions there are and what time they hold.

import type { Queryable } from '../queryable.ts';
import type { Existing } from './plan-partitions.ts';
import { isByJid } from './partition.ts';
import { microsOfDigits } from './span.ts';

export interface Partitions {
  readonly schema: string;
  /** All but the default one. */
  readonly ranges: readonly Existing[];
  readonly hasDefault: boolean;
}

// The text of a bound is read back by the very session that wrote it, so its zone and style do not matter.
const query = `
  SELECT p.relname::text AS "name", bound.kind AS "isDefault", bound.low AS "low", bound.high AS "high",
         n.nspname::text AS "schema",
         CASE WHEN $2 THEN NULL ELSE (extract(epoch FROM bound.low::timestamptz) * 1000000)::bigint::text END AS "lowMicros",
         CASE WHEN $2 THEN NULL ELSE (extract(epoch FROM bound.high::timestamptz) * 1000000)::bigint::text END AS "highMicros"
    FROM pg_partitioned_table t
    JOIN pg_class c ON c.oid = t.partrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhparent = t.partrelid
    LEFT JOIN pg_class p ON p.oid = i.inhrelid
    LEFT JOIN LATERAL (
      SELECT pg_get_expr(p.relpartbound, p.oid) = 'DEFAULT' AS kind,
             substring(pg_get_expr(p.relpartbound, p.oid) FROM 'FROM \\(''([^'']*)''\\)') AS low,
             substring(pg_get_expr(p.relpartbound, p.oid) FROM 'TO \\(''([^'']*)''\\)') AS high
    ) bound ON true
   WHERE t.partrelid = to_regclass(quote_ident($1))
   ORDER BY p.relname`;

function microsIn(value: unknown): bigint | null {
  return typeof value === 'string' ? BigInt(value) : null;
}

/** Null where the table is not partitioned or not there. */
export async function readPartitions(client: Queryable, table: string): Promise<Partitions | null> {
  const byJid = isByJid(table);
  const { rows } = await client.query(query, [table, byJid]);
  const first = rows[0];
  if (first === undefined) return null;
  const there = rows.filter(({ name }) => typeof name === 'string');
  const boundIn = (row: (typeof rows)[number], digits: string, micros: string): bigint | null => {
    const text = row[digits];
    if (!byJid) return microsIn(row[micros]);
    return typeof text === 'string' ? microsOfDigits(text) : null;
  };
  return {
    schema: String(first['schema']),
    hasDefault: there.some(({ isDefault }) => isDefault === true),
    ranges: there
      .filter(({ isDefault }) => isDefault !== true)
      .map((row) => ({
        name: String(row['name']),
        start: boundIn(row, 'low', 'lowMicros'),
        end: boundIn(row, 'high', 'highMicros'),
      })),
  };
}
