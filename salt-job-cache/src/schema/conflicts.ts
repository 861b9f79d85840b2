// Why a table that is already there can't serve as one of Salt's.

import type { ExistingTable, ExistingTables } from './catalogue.ts';
import type { Column, Table } from './tables.ts';
import { tables } from './tables.ts';

/** Whether a column holds whatever Salt writes into one of the declared type. */
function typeFits(declared: string, found: string): boolean {
  if (declared === found || found === 'text' || found === 'character varying') {
    return declared === found || declared === 'text' || declared.startsWith('character varying');
  }
  if (declared.startsWith('character varying')) {
    return Number(/^character varying\((\d+)\)$/u.exec(found)?.[1] ?? 0) >= 20;
  }
  return declared === 'timestamp with time zone' && found === 'timestamp without time zone';
}

function columnConflict(table: string, column: Column, found: ExistingTable): string | null {
  const place = `"${table}"."${column.name}"`;
  const there = found.columns.get(column.name);
  if (!column.isWritten) return null;
  if (there === undefined) {
    return `Table "${table}" has no column "${column.name}", which Salt writes`;
  }
  if (!typeFits(column.type, there.type)) {
    return `Column ${place} is ${there.type}, but Salt needs ${column.type}`;
  }
  return column.isNullable && there.isNotNull
    ? `Column ${place} takes no null, which Salt writes`
    : null;
}

/** Columns that Salt does not write, and that PostgreSQL would not let it leave out. */
function unfilledColumns(table: Table, found: ExistingTable): readonly string[] {
  const written = new Set(
    table.columns.filter(({ isWritten }) => isWritten).map(({ name }) => name),
  );
  return [...found.columns]
    .filter(([name, { isNotNull, hasDefault }]) => !written.has(name) && isNotNull && !hasDefault)
    .map(
      ([name]) => `Column "${table.name}"."${name}" has to be given, but Salt does not write it`,
    );
}

function conflictsOf(table: Table, found: ExistingTable): readonly string[] {
  const { name, primaryKey } = table;
  if (found.kind === 'other') return [`"${name}" is there already and is no table`];
  return [
    ...table.columns.flatMap((column) => columnConflict(name, column, found) ?? []),
    ...unfilledColumns(table, found),
    ...(primaryKey !== undefined && !found.unique.has(primaryKey)
      ? [`Table "${name}" does not keep "${primaryKey}" unique, which Salt relies on`]
      : []),
    ...(found.isWritable
      ? []
      : [
          `Table "${name}" belongs to another user, who has to grant SELECT, INSERT and DELETE on it`,
        ]),
  ];
}

/** A sentence for each reason; empty where all tables can serve, or are not there yet. */
export function findConflicts(existing: ExistingTables): readonly string[] {
  return tables.flatMap((table) => {
    const found = existing.get(table.name);
    return found === undefined ? [] : conflictsOf(table, found);
  });
}
