// Reads from the catalogue what stands under the names of Salt's tables.

import type { Queryable } from './queryable.ts';
import type { ExistingColumn, ExistingTable, ExistingTables } from './schema.ts';
import { tables } from './schema.ts';

// Names are looked up where an unqualified name would be: on the connection's search path, which is how
// Salt names them. An index counts as keeping a column unique only if it is of this column alone, over
// all rows, and finished.
const query = `
  SELECT wanted.name AS "table",
         c.relkind IN ('r', 'p') AS "isTable",
         pg_has_role(c.relowner, 'USAGE') AS "isOurs",
         has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
           AND has_table_privilege(c.oid, 'DELETE') AS "isWritable",
         ARRAY(SELECT a.attname::text
                 FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1
                  AND i.indpred IS NULL AND i.indisvalid) AS "unique",
         ARRAY(SELECT a.attname::text
                 FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                ORDER BY a.attnum) AS "names",
         ARRAY(SELECT json_build_array(format_type(a.atttypid, a.atttypmod), a.attnotnull,
                                       a.atthasdef OR a.attidentity <> '')::text
                 FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                ORDER BY a.attnum) AS "facts"
    FROM unnest($1::text[]) AS wanted(name)
    JOIN pg_class c ON c.oid = to_regclass(quote_ident(wanted.name))`;

type Row = Readonly<Record<string, unknown>>;

/** A column of type text[]; the driver gives it as a list of texts. */
function textsIn(row: Row, key: string): readonly string[] {
  const value = row[key];
  return Array.isArray(value) ? value.map(String) : [];
}

function columnOf(facts: string): ExistingColumn {
  const [type, isNotNull, hasDefault] = JSON.parse(facts) as readonly unknown[];
  return { type: String(type), isNotNull: isNotNull === true, hasDefault: hasDefault === true };
}

function tableOf(row: Row): ExistingTable {
  const facts = textsIn(row, 'facts');
  return {
    isTable: row['isTable'] === true,
    isOurs: row['isOurs'] === true,
    isWritable: row['isWritable'] === true,
    columns: new Map(
      textsIn(row, 'names').map((name, index) => [name, columnOf(facts[index] ?? '[]')]),
    ),
    unique: new Set(textsIn(row, 'unique')),
  };
}

/** Tables that are not there are not in the answer. */
export async function existingTables(client: Queryable): Promise<ExistingTables> {
  const { rows } = await client.query(query, [tables.map((table) => table.name)]);
  return new Map(rows.map((row) => [String(row['table']), tableOf(row)]));
}

/** Those of the roles that there are: a server of the oldest protocol does not say which it made. */
export async function existingRoles(
  client: Queryable,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const { rows } = await client.query(
    'SELECT rolname::text AS name FROM pg_roles WHERE rolname = ANY($1::text[]) ORDER BY 1',
    [names],
  );
  return rows.map((row) => String(row['name']));
}
