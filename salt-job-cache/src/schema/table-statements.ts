// Statements that make a table and its indexes from nothing.

import { qualify, quoteName } from './quote.ts';
import type { Index, Table } from './tables.ts';
import { indexesOf } from './tables.ts';

/** Under the name PostgreSQL itself would give it, so that Salt's own look like Salt's own. */
export function createIndex(
  schema: string,
  table: string,
  index: Index,
  isConcurrent: boolean,
): string {
  const how = isConcurrent ? 'CONCURRENTLY ' : '';
  return `CREATE INDEX ${how}${quoteName(index.name)} ON ${qualify(schema, table)} USING ${index.definition}`;
}

export function createTable(schema: string, table: Table, isPartitioned: boolean): string {
  const columns = table.columns.map((column) =>
    [
      quoteName(column.name),
      column.type,
      ...(column.isNullable ? [] : ['NOT NULL']),
      ...(column.default === undefined ? [] : [`DEFAULT ${column.default}`]),
    ].join(' '),
  );
  const key =
    table.primaryKey === undefined ? [] : [`PRIMARY KEY (${quoteName(table.primaryKey)})`];
  const by = isPartitioned ? ` PARTITION BY RANGE (${quoteName(table.partitionColumn)})` : '';
  return `CREATE TABLE ${qualify(schema, table.name)} (${[...columns, ...key].join(', ')})${by}`;
}

export function createIndexes(
  schema: string,
  table: Table,
  isPartitioned: boolean,
): readonly string[] {
  return indexesOf(table, isPartitioned).map((index) =>
    createIndex(schema, table.name, index, false),
  );
}
