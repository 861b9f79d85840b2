// Statements that make, attach and drop partitions of Salt's tables.

import { qualify, quoteText } from '../schema/quote.ts';
import { tables } from '../schema/tables.ts';
import type { ClosedSpan } from './span.ts';
import { digitsOf, timestampOf } from './span.ts';

/** Tables whose rows belong together are divided at the same times. */
export function isByJid(table: string): boolean {
  return tables.find(({ name }) => name === table)?.partitionColumn === 'jid';
}

/** A bound as the partition column writes it, quoted. */
export function boundOf(table: string, micros: bigint): string {
  return quoteText(isByJid(table) ? digitsOf(micros) : timestampOf(micros));
}

/** Job ids that are no time, rows without one, and times nobody made a partition for. */
export function defaultPartition(schema: string, table: string): string {
  return `CREATE TABLE ${qualify(schema, `${table}_default`)} PARTITION OF ${qualify(schema, table)} DEFAULT`;
}

/** `jids_20261127t000000`. */
export function partitionName(table: string, { start }: ClosedSpan): string {
  const digits = digitsOf(start);
  return `${table}_${digits.slice(0, 8)}t${digits.slice(8)}`;
}

/** Attached rather than made in place: that would stop all writers of the table. */
export function createPartition(
  schema: string,
  table: string,
  span: ClosedSpan,
): readonly string[] {
  const parent = qualify(schema, table);
  const name = qualify(schema, partitionName(table, span));
  return [
    `CREATE TABLE ${name} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING STORAGE)`,
    `ALTER TABLE ${parent} ATTACH PARTITION ${name}
       FOR VALUES FROM (${boundOf(table, span.start)}) TO (${boundOf(table, span.end)})`,
  ];
}
