// Checks the shapes of a charm's files. Errors read as Juju's schema checker words them: where, what was
// expected, what was found (F11).

import { ModelError } from './model-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** The refusal of a charm's file. `message` starts with the file and the place in it. */
export function invalidCharm(message: string, hint: string): ModelError {
  return new ModelError('invalid-charm', message, hint);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function expectFields(value: unknown, path: string): Fields {
  if (isFields(value)) return value;
  throw mismatch(path, 'map', value);
}

/** A map that may be left out. */
export function expectFieldsOrNothing(value: unknown, path: string): Fields {
  return value === undefined || value === null ? {} : expectFields(value, path);
}

export function expectString(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw mismatch(path, 'string', value);
}

/** A text that may be left out. */
export function expectStringOrNothing(value: unknown, path: string): string {
  return value === undefined || value === null ? '' : expectString(value, path);
}

/** A boolean that may be left out, false then. */
export function expectBooleanOrNothing(value: unknown, path: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw mismatch(path, 'bool', value);
}

export function expectInteger(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw mismatch(path, 'int', value);
}

/** A list that may be left out. */
export function expectListOrNothing(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw mismatch(path, 'list', value);
}

/** One of a few words. */
export function expectOneOf<Word extends string>(
  value: unknown,
  words: readonly Word[],
  path: string,
): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw invalidCharm(
    `${path}: unexpected value ${describe(value)}`,
    `Write one of ${words.join(', ')}.`,
  );
}

/** `string("x")`, `int(5)`, `nothing`: a value with its type, as Juju prints it. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return `string(${JSON.stringify(value)})`;
  if (typeof value === 'boolean') return `bool(${value})`;
  if (typeof value === 'number') {
    return Number.isInteger(value) ? `int(${value})` : `float64(${value})`;
  }
  return Array.isArray(value) ? 'list' : 'map';
}

function mismatch(path: string, wanted: string, found: unknown): ModelError {
  return invalidCharm(
    `${path}: expected ${wanted}, got ${describe(found)}`,
    'Mend the charm and pack it again.',
  );
}
