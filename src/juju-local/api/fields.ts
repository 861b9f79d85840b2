// Reads the input of a call field by field. What comes over the socket is data of unknown shape until it went
// through here; a wrong shape is answered with a sentence that names the field.

import { UserError } from '../user-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw wrong('input', 'an object', body);
}

export function text(fields: Fields, name: string): string {
  const value = get(fields, name);
  if (typeof value === 'string') return value;
  throw wrong(name, 'a string', value);
}

export function optionalText(fields: Fields, name: string): string | null {
  return isAbsent(fields, name) ? null : text(fields, name);
}

export function number(fields: Fields, name: string): number {
  const value = get(fields, name);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(name, 'a number', value);
}

export function optionalNumber(fields: Fields, name: string): number | null {
  return isAbsent(fields, name) ? null : number(fields, name);
}

/** Absent counts as false. */
export function flag(fields: Fields, name: string): boolean {
  const value = get(fields, name) ?? false;
  if (typeof value === 'boolean') return value;
  throw wrong(name, 'true or false', value);
}

/** Absent counts as empty. */
export function texts(fields: Fields, name: string): readonly string[] {
  const value = get(fields, name) ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrong(name, 'a list of strings', value);
}

/** A dictionary of anything; absent counts as empty. Its keys are the caller's, `__proto__` included. */
export function dictionary(fields: Fields, name: string): Readonly<Record<string, unknown>> {
  const value = get(fields, name) ?? {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw wrong(name, 'an object', value);
}

export function textDictionary(fields: Fields, name: string): Readonly<Record<string, string>> {
  const value = dictionary(fields, name);
  const isText = (entry: [string, unknown]): entry is [string, string] =>
    typeof entry[1] === 'string';
  const entries = Object.entries(value);
  if (entries.every(isText)) return Object.fromEntries(entries);
  throw wrong(name, 'an object of strings', value);
}

export function oneOf<const Choice extends string>(
  fields: Fields,
  name: string,
  choices: readonly Choice[],
): Choice {
  const value = get(fields, name);
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw wrong(name, `one of ${choices.join(', ')}`, value);
}

function get(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function isAbsent(fields: Fields, name: string): boolean {
  return (get(fields, name) ?? null) === null;
}

function wrong(name: string, wanted: string, found: unknown): UserError {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'a list' : typeof found;
  return new UserError(
    `cannot read "${name}" of the request: found ${kind}, need ${wanted}`,
    'the program that asked and the controller may be of different versions: restart the controller',
  );
}
