// Reads booleans and whole numbers from configuration as Patroni does, which takes the words of
// PostgreSQL and its units: `on`, `30min`, `1MB`.

import { readQuantity } from '../quantity.ts';
import type { JsonValue } from '#core/dcs/cluster.ts';

const trueWords: ReadonlySet<string> = new Set(['on', 'true', 'yes', '1']);
const falseWords: ReadonlySet<string> = new Set(['off', 'false', 'no', '0']);

/** Null for anything that is not one of the words, in any case, and not 0 or 1. */
export function readBoolean(value: JsonValue | undefined): boolean | null {
  if (value === null || value === undefined || typeof value === 'object') return null;
  const word = String(value).toLowerCase();
  if (trueWords.has(word)) return true;
  return falseWords.has(word) ? false : null;
}

/** Halves go to the even neighbour, as in PostgreSQL. */
function roundToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The whole number, counted in `unit` (`s`, `ms`, `B`, `MB`, ...; null: a bare number), or null where it
 * is none. A number without a unit is one of `unit`.
 */
export function readInteger(
  value: JsonValue | undefined,
  unit: string | null = null,
): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? roundToEven(value) : null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return null;
  const quantity = readQuantity(value, unit);
  if (quantity.kind === 'fault' || !Number.isFinite(quantity.value)) return null;
  return roundToEven(quantity.value);
}

/**
 * The value of a PostgreSQL parameter as text; null where it has none. YAML takes `on` for a boolean, which
 * PostgreSQL gets back as the word it was.
 */
export function parameterText(value: JsonValue | undefined): string | null {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return null;
}
