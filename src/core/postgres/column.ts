// Reads columns of rows the server returned. A column that is not what our statement makes it is a mistake of ours, so
// it throws.

import type { Lsn } from './lsn.ts';
import { parseLsn } from './lsn.ts';

export type Row = Readonly<Record<string, unknown>>;

function wrong(name: string, expected: string): TypeError {
  return new TypeError(`Cannot read column "${name}" of the server's answer: no ${expected}`);
}

export function optionalText(row: Row, name: string): string | null {
  const value = row[name] ?? null;
  if (value !== null && typeof value !== 'string') throw wrong(name, 'text');
  return value;
}

export function text(row: Row, name: string): string {
  const value = optionalText(row, name);
  if (value === null) throw wrong(name, 'text');
  return value;
}

export function optionalNumber(row: Row, name: string): number | null {
  const value = row[name] ?? null;
  if (value !== null && typeof value !== 'number') throw wrong(name, 'number');
  return value;
}

export function number(row: Row, name: string): number {
  const value = optionalNumber(row, name);
  if (value === null) throw wrong(name, 'number');
  return value;
}

/** A position printed as text. */
export function lsn(row: Row, name: string): Lsn | null {
  const value = optionalText(row, name);
  if (value === null) return null;
  const read = parseLsn(value);
  if (read === null) throw wrong(name, 'WAL position');
  return read;
}

/** An integer printed as text, as a number would lose its last digits. */
export function optionalInteger(row: Row, name: string): bigint | null {
  const value = optionalText(row, name);
  if (value === null) return null;
  if (!/^-?\d+$/u.test(value)) throw wrong(name, 'integer');
  return BigInt(value);
}

/** The rows of an aggregate as JSON, which is null where there are none. */
export function rows(row: Row, name: string): readonly Row[] {
  const value = optionalText(row, name);
  const read: unknown = value === null ? [] : JSON.parse(value);
  if (!Array.isArray(read)) throw wrong(name, 'array');
  return read.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw wrong(name, 'array of objects');
    return item as Row;
  });
}
