// Divides tables by time that are there already: what a table holds becomes its oldest partition, as it
// stands, without a row being moved.

import type { Queryable } from '../queryable.ts';
import type { Catalogue, ExistingTable } from '../schema/catalogue.ts';
import { createTrigger, keepFirstJid } from '../schema/keep-first-jid.ts';
import { inShortTransaction, untilUnlocked } from '../schema/perform.ts';
import { qualify, quoteName } from '../schema/quote.ts';
import { createIndex } from '../schema/table-statements.ts';
import type { Table } from '../schema/tables.ts';
import { indexesOf, tables } from '../schema/tables.ts';
import { maintainPartitionsOver } from './maintain.ts';
import { boundOf, createPartition, defaultPartition } from './partition.ts';
import { daySeconds, floorTo, microsPerSecond, timestampOf } from './span.ts';

/** Proves to PostgreSQL that the old table holds nothing later than its bound, so that it need not look. */
const boundConstraint = 'salt_job_cache_bound';

/** Until the tables are swapped the bound holds for new rows too: it has to be far enough away. */
const boundDays = 2;

interface OldTable {
  readonly table: Table;
  readonly found: ExistingTable;
  readonly owner: string;
  /** GRANT statements' privileges, by grantee. */
  readonly grants: readonly (readonly [privilege: string, grantee: string | null])[];
}

const facts = `
  SELECT pg_get_userbyid(c.relowner)::text AS "owner",
         (SELECT coalesce(json_agg(json_build_array(a.privilege_type, r.rolname)), '[]')::text
            FROM aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
           WHERE a.grantee <> c.relowner) AS "grants",
         EXISTS (SELECT FROM pg_depend d WHERE d.refobjid = c.oid AND d.classid = 'pg_rewrite'::regclass) AS "isViewed",
         EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid) AS "isReferenced",
         EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid) AS "isInherited"
    FROM pg_class c WHERE c.oid = to_regclass(quote_ident($1))`;

/** Why a table can't be divided as it stands; null where it can. */
async function obstacleOf(
  client: Queryable,
  { name, partitionColumn }: Table,
  found: ExistingTable,
  bound: bigint,
): Promise<string | null> {
  const row = (await client.query(facts, [name])).rows[0] ?? {};
  if (!found.isOurs) return 'it belongs to another user';
  if (row['isViewed'] === true)
    return 'views stand on it, which would go on to show only its old rows';
  if (row['isReferenced'] === true) return 'foreign keys refer to it';
  if (row['isInherited'] === true) return 'it takes part in inheritance';
  const column = quoteName(partitionColumn);
  const beyond = await client.query(
    `SELECT ${column}::text AS "value" FROM ${qualify(found.schema, name)}
      WHERE ${column} >= ${boundOf(name, bound)} OR ${column} IS NULL LIMIT 1`,
  );
  if (beyond.rows[0] !== undefined) {
    const value = beyond.rows[0]['value'];
    return (
      `a row's ${partitionColumn} (${typeof value === 'string' ? `'${value}'` : 'null'}) is no time before ` +
      `${timestampOf(bound)}: delete such rows, or export them and import them afterwards`
    );
  }
  const valid = found.indexes.filter(({ isValid }) => isValid);
  const missing = indexesOf(
    { ...{ name, partitionColumn, columns: [] }, indexes: indexesFor(name) },
    true,
  ).filter(
    (index) =>
      !valid.some((there) => there.name === index.name || there.definition === index.definition),
  );
  return missing.length === 0 ? null : `its index ${missing[0]?.name} is not made yet`;
}

function indexesFor(name: string): Table['indexes'] {
  return tables.find((table) => table.name === name)?.indexes ?? [];
}

async function oldTable(client: Queryable, table: Table, found: ExistingTable): Promise<OldTable> {
  const row = (await client.query(facts, [table.name])).rows[0] ?? {};
  return {
    table,
    found,
    owner: String(row['owner']),
    grants: JSON.parse(String(row['grants'])) as OldTable['grants'],
  };
}

/** PostgreSQL's names are unique within a schema, and cut to 63 bytes. */
function oldName(name: string): string {
  return `${name}_before`.slice(0, 63);
}

/** Everything between the old table standing alone and being the oldest partition of the new one. */
function swap({ table, found, owner, grants }: OldTable, bound: bigint): readonly string[] {
  const { schema } = found;
  const { name, primaryKey, partitionColumn } = table;
  const parent = qualify(schema, name);
  const old = qualify(schema, oldName(name));
  const length = BigInt(daySeconds) * microsPerSecond;
  return [
    `LOCK TABLE ${parent} IN ACCESS EXCLUSIVE MODE`,
    `ALTER TABLE ${parent} RENAME TO ${quoteName(oldName(name))}`,
    ...found.indexes.map(
      (index) =>
        `ALTER INDEX ${qualify(schema, index.name)} RENAME TO ${quoteName(oldName(index.name))}`,
    ),
    ...(found.triggers.has(keepFirstJid) ? [`DROP TRIGGER ${keepFirstJid} ON ${old}`] : []),
    `CREATE TABLE ${parent} (LIKE ${old} INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMMENTS)
       PARTITION BY RANGE (${quoteName(partitionColumn)})`,
    ...(primaryKey === undefined
      ? []
      : [`ALTER TABLE ${parent} ADD PRIMARY KEY (${quoteName(primaryKey)})`]),
    ...(found.sequence === null
      ? []
      : [
          `ALTER SEQUENCE ${qualify(found.sequence.schema, found.sequence.name)} OWNED BY ${parent}.id`,
        ]),
    ...indexesOf(table, true).map((index) => createIndex(schema, name, index, false)),
    `ALTER TABLE ${parent} ATTACH PARTITION ${old} FOR VALUES FROM (MINVALUE) TO (${boundOf(name, bound)})`,
    `ALTER TABLE ${old} DROP CONSTRAINT ${boundConstraint}`,
    defaultPartition(schema, name),
    ...createPartition(schema, name, { start: bound, end: bound + length }),
    ...(found.triggers.has(keepFirstJid) ? [createTrigger(schema)] : []),
    ...grants.map(
      ([privilege, grantee]) =>
        `GRANT ${privilege} ON ${parent} TO ${grantee === null ? 'PUBLIC' : quoteName(grantee)}`,
    ),
    `ALTER TABLE ${parent} OWNER TO ${quoteName(owner)}`,
  ];
}

async function short(
  client: Queryable,
  what: string,
  statements: readonly string[],
): Promise<void> {
  await untilUnlocked(what, async () =>
    inShortTransaction(client, async () => {
      for (const statement of statements) await client.query(statement);
    }),
  );
}

function dropBound(parent: string): string {
  return `ALTER TABLE ${parent} DROP CONSTRAINT IF EXISTS ${boundConstraint}`;
}

async function convert(client: Queryable, old: OldTable, bound: bigint): Promise<void> {
  const { name, partitionColumn } = old.table;
  const parent = qualify(old.found.schema, name);
  const column = quoteName(partitionColumn);
  await short(client, `a bound of ${name}`, [
    dropBound(parent),
    `ALTER TABLE ${parent} ADD CONSTRAINT ${boundConstraint}
       CHECK (${column} IS NOT NULL AND ${column} < ${boundOf(name, bound)}) NOT VALID`,
  ]);
  try {
    // Reads the whole table, while writers go on.
    await client.query(`ALTER TABLE ${parent} VALIDATE CONSTRAINT ${boundConstraint}`);
    await short(client, `dividing ${name}`, swap(old, bound));
  } catch (error) {
    // From its bound on it would refuse rows, so it must not stay; where this fails too, the next run drops it.
    await short(client, `a bound of ${name}`, [dropBound(parent)]).catch(() => undefined);
    throw error;
  }
}

/** What a run that was cut off between its steps left behind would refuse rows one day. */
export async function dropLeftBounds(client: Queryable): Promise<void> {
  const { rows } = await client.query(
    `SELECT n.nspname::text AS "schema", c.relname::text AS "table" FROM pg_constraint k
       JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE k.conname = $1 AND k.conparentid = 0 AND pg_has_role(c.relowner, 'USAGE')`,
    [boundConstraint],
  );
  for (const row of rows) {
    const parent = qualify(String(row['schema']), String(row['table']));
    await short(client, 'a bound left behind', [dropBound(parent)]);
  }
}

/**
 * Divides what is not divided yet, and makes the partitions that are to be there ahead of time.
 *
 * @param limitBytes of the tables to divide: each is read whole once
 */
export async function partitionTables(
  client: Queryable,
  catalogue: Catalogue,
  limitBytes: number,
  say: (sentence: string) => void,
): Promise<void> {
  const bound =
    floorTo(catalogue.nowMicros, daySeconds) + BigInt(boundDays * daySeconds) * microsPerSecond;
  for (const table of tables) {
    const found = catalogue.tables.get(table.name);
    if (found?.kind !== 'plain') continue;
    if (found.bytes > limitBytes) {
      say(`left table ${table.name} in one piece for later`);
      continue;
    }
    const obstacle = await obstacleOf(client, table, found, bound);
    if (obstacle !== null) {
      say(`left table ${table.name} in one piece: ${obstacle}`);
      continue;
    }
    await convert(client, await oldTable(client, table, found), bound);
    say(`divided table ${table.name} by time; what it held is its oldest partition`);
  }
  for (const sentence of await maintainPartitionsOver(client)) say(sentence);
}
