// Reads from PostgreSQL's catalogue what migrations are planned from.

import type { Queryable } from '../queryable.ts';
import type {
  Catalogue,
  ExistingColumn,
  ExistingIndex,
  ExistingTable,
  Sequence,
} from './catalogue.ts';
import { keepFirstJid } from './keep-first-jid.ts';
import { ownTables } from './own-tables.ts';
import { tables } from './tables.ts';

// Names are looked up where an unqualified name would be: on the connection's search path, which is how
// Salt names them. An index counts as keeping a column unique only if it is of this column alone, over
// all rows, and finished.
const tablesQuery = `
  SELECT wanted.name AS "table",
         c.relkind::text AS "relkind",
         n.nspname::text AS "schema",
         pg_has_role(c.relowner, 'USAGE') AS "isOurs",
         has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
           AND has_table_privilege(c.oid, 'DELETE') AS "isWritable",
         CASE WHEN c.relkind IN ('r', 'm') THEN pg_table_size(c.oid) ELSE 0 END::text AS "bytes",
         (SELECT coalesce(json_agg(json_build_array(
                   ic.relname, substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$'), i.indisvalid,
                   EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = c.oid),
                   CASE WHEN i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND i.indisvalid
                        THEN (SELECT a.attname FROM pg_attribute a
                               WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]) END)
                 ORDER BY ic.relname), '[]')::text
            FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
           WHERE i.indrelid = c.oid) AS "indexes",
         (SELECT coalesce(json_agg(json_build_array(
                   a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   a.atthasdef OR a.attidentity <> '') ORDER BY a.attnum), '[]')::text
            FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS "columns",
         (SELECT coalesce(json_agg(t.tgname), '[]')::text
            FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) AS "triggers"
    FROM unnest($1::text[]) AS wanted(name)
    JOIN pg_class c ON c.oid = to_regclass(quote_ident(wanted.name))
    JOIN pg_namespace n ON n.oid = c.relnamespace`;

// The sequence is found through its dependency, as it need not bear the name PostgreSQL would give it.
const sequenceQuery = `
  SELECT s.schemaname::text AS "schema", s.sequencename::text AS "name",
         coalesce(s.last_value, 0)::text AS "lastValue", s.cycle AS "isCycling",
         s.data_type = 'bigint'::regtype AS "isBigint"
    FROM pg_attribute a
    JOIN pg_depend d ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
     AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_sequences s ON s.schemaname = n.nspname AND s.sequencename = c.relname
   WHERE a.attrelid = to_regclass('salt_events') AND a.attname = 'id'`;

const placeQuery = `
  SELECT coalesce(current_schema(), 'public')::text AS "schema", current_database()::text AS "database",
         current_user::text AS "user",
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text AS "nowMicros",
         (SELECT substring(setting FROM '=(.*)$')
            FROM pg_db_role_setting r
            JOIN pg_database d ON d.oid = r.setdatabase AND d.datname = current_database()
            JOIN pg_roles u ON u.oid = r.setrole AND u.rolname = current_user,
                 unnest(r.setconfig) AS setting
           WHERE setting ILIKE 'timezone=%') AS "timeZone",
         ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY($1::text[]) ORDER BY 1) AS "readers"`;

const functionQuery = `
  SELECT p.prosrc AS "source" FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE p.proname = $1 AND n.nspname = $2 AND p.pronargs = 0`;

type Row = Readonly<Record<string, unknown>>;

const kinds: ReadonlyMap<unknown, ExistingTable['kind']> = new Map([
  ['r', 'plain'],
  ['p', 'partitioned'],
]);

function listIn(row: Row, key: string): readonly (readonly unknown[])[] {
  return JSON.parse(String(row[key])) as readonly (readonly unknown[])[];
}

function tableOf(row: Row, sequence: Sequence | null): ExistingTable {
  const indexes = listIn(row, 'indexes');
  return {
    kind: kinds.get(row['relkind']) ?? 'other',
    schema: String(row['schema']),
    isOurs: row['isOurs'] === true,
    isWritable: row['isWritable'] === true,
    bytes: Number(row['bytes']),
    columns: new Map(
      listIn(row, 'columns').map(
        ([name, type, isNotNull, hasDefault]): [string, ExistingColumn] => [
          String(name),
          { type: String(type), isNotNull: isNotNull === true, hasDefault: hasDefault === true },
        ],
      ),
    ),
    unique: new Set(indexes.flatMap((facts) => (typeof facts[4] === 'string' ? [facts[4]] : []))),
    indexes: indexes.map(([name, definition, isValid, isConstraint]): ExistingIndex => ({
      name: String(name),
      definition: String(definition),
      isValid: isValid === true,
      isConstraint: isConstraint === true,
    })),
    triggers: new Set(JSON.parse(String(row['triggers'])) as readonly string[]),
    sequence: row['table'] === 'salt_events' ? sequence : null,
  };
}

async function readSequence(client: Queryable): Promise<Sequence | null> {
  const row = (await client.query(sequenceQuery)).rows[0];
  if (row === undefined) return null;
  return {
    schema: String(row['schema']),
    name: String(row['name']),
    lastValue: BigInt(String(row['lastValue'])),
    isCycling: row['isCycling'] === true,
    isBigint: row['isBigint'] === true,
  };
}

/** @param readers roles that are to read; the catalogue says which of them there are */
export async function readCatalogue(
  client: Queryable,
  readers: readonly string[],
): Promise<Catalogue> {
  const place = (await client.query(placeQuery, [readers])).rows[0] ?? {};
  const sequence = await readSequence(client);
  const names = [...tables, ...ownTables].map(({ name }) => name);
  const { rows } = await client.query(tablesQuery, [names]);
  const found = new Map(rows.map((row) => [String(row['table']), tableOf(row, sequence)]));
  const schema = String(place['schema']);
  const functions = await client.query(functionQuery, [
    keepFirstJid,
    found.get('jids')?.schema ?? schema,
  ]);
  const source = functions.rows[0]?.['source'];
  return {
    schema,
    database: String(place['database']),
    user: String(place['user']),
    timeZone: typeof place['timeZone'] === 'string' ? place['timeZone'] : null,
    nowMicros: BigInt(String(place['nowMicros'])),
    tables: found,
    functionSource: typeof source === 'string' ? source : null,
    readers: Array.isArray(place['readers']) ? place['readers'].map(String) : [],
  };
}
