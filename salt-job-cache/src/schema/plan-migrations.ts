// What is left to do to have the tables as the job cache wants them, given what the catalogue says. No row
// and no table is ever dropped here; indexes that refuse rows are.

import type { Catalogue, ExistingTable } from './catalogue.ts';
import { findConflicts } from './conflicts.ts';
import {
  createFunction,
  createTrigger,
  keepFirstJid,
  keepFirstJidSource,
} from './keep-first-jid.ts';
import { ownTables } from './own-tables.ts';
import { qualify, quoteName } from './quote.ts';
import type { MigrationPlan, Step } from './steps.ts';
import { createIndex, createIndexes, createTable } from './table-statements.ts';
import type { Table } from './tables.ts';
import { indexesOf, refusingIndexes, tables } from './tables.ts';
import { defaultPartition } from '../partitions/partition.ts';
import { planEventIds } from './plan-event-ids.ts';

export interface MigrationWishes {
  /** Whether tables that are made now are to be partitioned by time, and those that are there divided. */
  readonly isPartitioned: boolean;
}

function transaction(statements: readonly string[], sentences: readonly string[]): Step {
  return { mode: 'transaction', statements, sentences, bytes: 0 };
}

/** All that is missing in one transaction: a failure leaves nothing half made. */
function planMissing(catalogue: Catalogue, wishes: MigrationWishes): readonly Step[] {
  const { schema } = catalogue;
  const missing = tables.filter(({ name }) => !catalogue.tables.has(name));
  const missingOwn = ownTables.filter(({ name }) => !catalogue.tables.has(name));
  const names = [...missing, ...missingOwn].map(({ name }) => name);
  if (names.length === 0) return [];
  const { isPartitioned } = wishes;
  return [
    transaction(
      [
        ...missing.flatMap((table) => [
          createTable(schema, table, isPartitioned),
          ...createIndexes(schema, table, isPartitioned),
          ...(isPartitioned ? [defaultPartition(schema, table.name)] : []),
        ]),
        ...missingOwn.map(
          ({ name, columns }) => `CREATE TABLE ${qualify(schema, name)} (${columns})`,
        ),
      ],
      names.map((name) => `created table ${name}`),
    ),
  ];
}

function planTrigger(catalogue: Catalogue): Step | null {
  const jids = catalogue.tables.get('jids');
  if (jids !== undefined && !jids.isOurs) return null;
  const schema = jids?.schema ?? catalogue.schema;
  const isCurrent = catalogue.functionSource === keepFirstJidSource(schema);
  const hasTrigger = jids?.triggers.has(keepFirstJid) ?? false;
  if (isCurrent && hasTrigger) return null;
  return transaction(
    [...(isCurrent ? [] : createFunction(schema)), ...(hasTrigger ? [] : [createTrigger(schema)])],
    ['let a second row of a job do no harm, and jids.started tell the time of the job id'],
  );
}

/** An index that was to be made and is not finished holds up writers and helps nobody. */
function planUnfinished(table: Table, found: ExistingTable): readonly Step[] {
  const wanted = new Set(table.indexes.map(({ name }) => name));
  return found.indexes
    .filter(({ name, isValid }) => !isValid && wanted.has(name))
    .map(({ name }) => ({
      mode: 'alone',
      statements: [`DROP INDEX CONCURRENTLY ${qualify(found.schema, name)}`],
      sentences: [`took away index ${name}, which an interrupted run had left unfinished`],
      bytes: 0,
    }));
}

function planRefusing(table: Table, found: ExistingTable): readonly Step[] {
  const refusing = refusingIndexes.get(table.name) ?? [];
  const how = found.kind === 'plain' ? 'CONCURRENTLY ' : '';
  return found.indexes
    .filter(({ definition, isConstraint }) => !isConstraint && refusing.includes(definition))
    .map(({ name }) => ({
      mode: 'alone',
      statements: [`DROP INDEX ${how}${qualify(found.schema, name)}`],
      sentences: [`dropped index ${name}, which refused long values`],
      bytes: 0,
    }));
}

function planIndexes(table: Table, found: ExistingTable, wishes: MigrationWishes): readonly Step[] {
  const isPartitioned = found.kind === 'partitioned';
  const valid = found.indexes.filter(({ isValid }) => isValid);
  // A table that is about to be divided has its indexes from both worlds: made afterwards, those of partitions
  // would hold up writers.
  const wanted = new Set([
    ...indexesOf(table, isPartitioned),
    ...(wishes.isPartitioned ? indexesOf(table, true) : []),
  ]);
  return [...wanted]
    .filter(
      ({ name, definition }) =>
        !valid.some((there) => there.name === name || there.definition === definition),
    )
    .map((index) => ({
      // PostgreSQL makes no index of a partitioned table CONCURRENTLY.
      mode: isPartitioned ? 'transaction' : 'alone',
      statements: [createIndex(found.schema, table.name, index, !isPartitioned)],
      sentences: [`created index ${index.name}`],
      bytes: found.bytes,
      ifLeft: `left index ${index.name} for later`,
    }));
}

/** Before the indexes are made: changing a column's type makes them anew. */
function planTable(table: Table, found: ExistingTable, wishes: MigrationWishes): readonly Step[] {
  if (!found.isOurs) return [];
  return [
    ...planUnfinished(table, found),
    ...planRefusing(table, found),
    ...planEventIds(found),
    ...planIndexes(table, found, wishes),
  ];
}

function planTimeZone({ timeZone, user, database }: Catalogue): readonly Step[] {
  if (timeZone?.toUpperCase() === 'UTC') return [];
  const role = `role ${user} in database ${database}`;
  return [
    {
      ...transaction(
        [`ALTER ROLE ${quoteName(user)} IN DATABASE ${quoteName(database)} SET timezone = 'UTC'`],
        [`set the time zone of ${role} to UTC`],
      ),
      ifRefused: `left the time zone of ${role} as it is, as PostgreSQL does not let it set its own`,
    },
  ];
}

function planGrants(catalogue: Catalogue): readonly Step[] {
  if (catalogue.readers.length === 0) return [];
  const grantees = catalogue.readers.map((reader) => quoteName(reader)).join(', ');
  const statements = tables
    .map(({ name }) => ({ name, found: catalogue.tables.get(name) }))
    .filter(({ found }) => found?.isOurs ?? true)
    .map(
      ({ name, found }) =>
        `GRANT SELECT ON ${qualify(found?.schema ?? catalogue.schema, name)} TO ${grantees}`,
    );
  return statements.length === 0 ? [] : [transaction(statements, [])];
}

/** What only the owner of a table may do. */
function notesOf(catalogue: Catalogue, wishes: MigrationWishes): readonly string[] {
  return tables.flatMap((table) => {
    const found = catalogue.tables.get(table.name);
    if (found === undefined || found.isOurs) return [];
    const { name } = table;
    const isComplete =
      planTable(table, { ...found, isOurs: true }, wishes).length === 0 &&
      (name !== 'jids' || found.triggers.has(keepFirstJid));
    return [
      ...(isComplete
        ? []
        : [
            `left table ${name} as it is, as it belongs to another user: ` +
              'make our user a member of its owner to have its indexes and repairs',
          ]),
      ...(catalogue.readers.length === 0
        ? []
        : [`left it to the owner of table ${name} who may read it`]),
    ];
  });
}

/** @param catalogue what there is */
export function planMigrations(catalogue: Catalogue, wishes: MigrationWishes): MigrationPlan {
  const conflicts = findConflicts(catalogue.tables);
  const missing = planMissing(catalogue, wishes);
  const trigger = planTrigger(catalogue);
  return {
    steps: [
      ...(trigger === null || missing.length === 0
        ? [...missing, ...(trigger === null ? [] : [trigger])]
        : [
            transaction(
              [...missing, trigger].flatMap(({ statements }) => statements),
              [...missing, trigger].flatMap(({ sentences }) => sentences),
            ),
          ]),
      ...tables.flatMap((table) => {
        const found = catalogue.tables.get(table.name);
        return found === undefined ? [] : planTable(table, found, wishes);
      }),
      ...planGrants(catalogue),
      ...planTimeZone(catalogue),
    ],
    notes: notesOf(catalogue, wishes),
    conflicts,
  };
}
