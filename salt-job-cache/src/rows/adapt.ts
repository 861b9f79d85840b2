// What PostgreSQL makes of a Python value that Salt hands to psycopg2 as it is: the text that ends up in a
// text column, or the error of psycopg2 or PostgreSQL.

import type { JobCacheError } from '../errors.ts';
import { floatText, isFloat } from '../value/numbers.ts';
import type { PythonList, PythonValue } from '../value/python-value.ts';
import { isList, PythonTuple } from '../value/python-value.ts';
import { pythonStr } from '../value/repr.ts';
import type { FieldPlace } from './field-error.ts';
import { checkText, fieldError } from './field-error.ts';

/** A float written as a number of SQL, and as PostgreSQL's numeric then writes it: never an exponent. */
function numericText(text: string): string {
  const match = /^(-?)(\d)(?:\.(\d+))?e([-+]\d+)$/u.exec(text);
  if (match === null) return text === '-0.0' ? '0.0' : text;
  const [, sign = '', whole = '', fraction = '', power = ''] = match;
  const digits = whole + fraction;
  const exponent = Number(power);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  // Sixteen digits or more, so that the fraction ends before the point unless there are as many of it.
  const padded = digits.padEnd(exponent + 1, '0');
  const rest = padded.slice(exponent + 1);
  return `${sign}${padded.slice(0, exponent + 1)}${rest === '' ? '' : `.${rest}`}`;
}

function cannotAdapt(place: FieldPlace, type: string): never {
  throw fieldError(place, { kind: 'ProgrammingError', problem: `can't adapt type '${type}'` });
}

/** Text of an encoding can't hold half a character. */
export function checkEncodable(place: FieldPlace, text: string): string {
  if (!text.isWellFormed()) {
    const problem = "it contains a lone surrogate, which UTF-8 can't encode";
    throw fieldError(place, { kind: 'UnicodeEncodeError', problem });
  }
  return checkText(place, text);
}

/** What a parameter becomes. */
export interface Adapted<T> {
  readonly value: T;
  /** PostgreSQL's: it comes only once psycopg2 has a form for every parameter of the statement. */
  readonly refusal: JobCacheError | null;
}

const fine = <T>(value: T): Adapted<T> => ({ value, refusal: null });

const needsQuotes = /^$|^null$|[{}",\\\s]/iu;

function elementText(text: string | null): string {
  if (text === null) return 'NULL';
  return needsQuotes.test(text) ? `"${text.replaceAll(/["\\]/gu, String.raw`\$&`)}"` : text;
}

function adaptElement(place: FieldPlace, item: PythonValue): Adapted<string> {
  if (typeof item === 'boolean') return fine(item ? 't' : 'f');
  const { value, refusal } = adaptText(place, item);
  return { value: isList(item) ? (value ?? '') : elementText(value), refusal };
}

function elementType(value: PythonValue): string {
  if (isFloat(value) || typeof value === 'bigint') return 'number';
  if (isList(value)) return 'list';
  return value instanceof Uint8Array ? 'bytes' : typeof value;
}

/** Elements of one type make an array; text takes on the type of the others, which it mostly can't. */
function mixRefusal(place: FieldPlace, items: PythonList): JobCacheError | null {
  const types = new Set(items.filter((item) => item !== null).map((item) => elementType(item)));
  if (types.size <= 1) return null;
  const problem = `a list of ${[...types].join(' and ')} is no array of PostgreSQL`;
  return types.has('string')
    ? fieldError(place, { kind: 'InvalidTextRepresentation', sqlstate: '22P02', problem })
    : fieldError(place, { kind: 'DatatypeMismatch', sqlstate: '42804', problem });
}

function adaptList(place: FieldPlace, items: PythonList): Adapted<string> {
  const elements = items.map((item) => adaptElement(place, item));
  const inner = elements.find(({ refusal }) => refusal !== null)?.refusal ?? null;
  return {
    value: `{${elements.map(({ value }) => value).join(',')}}`,
    refusal: inner ?? mixRefusal(place, items),
  };
}

/**
 * The text of a value in a text column; null for None. Lists are written as arrays
 * (`{test.ping,test.version}`).
 *
 * @throws {JobCacheError} what psycopg2 would raise
 */
export function adaptText(place: FieldPlace, value: PythonValue): Adapted<string | null> {
  if (value === null) return fine(null);
  if (typeof value === 'string') return fine(checkEncodable(place, value));
  if (typeof value === 'boolean') return fine(String(value));
  if (isFloat(value)) {
    return fine(numericText(floatText(value, { nan: 'NaN', infinity: 'Infinity' })));
  }
  if (typeof value === 'number' || typeof value === 'bigint') return fine(pythonStr(value));
  if (value instanceof Uint8Array) return fine(`\\x${Buffer.from(value).toString('hex')}`);
  if (isList(value)) return adaptList(place, value);
  return cannotAdapt(place, value instanceof PythonTuple ? 'tuple' : 'dict');
}

const spaces = ' \t\n\v\f\r';

/** Without the space around it; in one pass, however long it is. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && spaces.includes(text.charAt(from))) from += 1;
  while (to > from && spaces.includes(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** As PostgreSQL reads a boolean: any beginning of a word that names only one. Null where it names none. */
export function readBoolean(text: string): boolean | null {
  const word = trimmed(text).toLowerCase();
  if (word === '') return null;
  if (word === 'on' || word === '1') return true;
  if (word === 'off' || word === 'of' || word === '0') return false;
  if ('true'.startsWith(word) || 'yes'.startsWith(word)) return true;
  return 'false'.startsWith(word) || 'no'.startsWith(word) ? false : null;
}

function typeOfExpression(value: PythonValue): string {
  if (value instanceof Uint8Array) return 'bytea';
  return isList(value) ? 'an array' : 'a number';
}

/** Of an array that says nothing of its type, psycopg2 makes a text. */
function isTextOfArray(value: PythonValue): boolean {
  return isList(value) && value.every((item) => item === null || isTextOfArray(item));
}

/**
 * The value of a boolean column; null for None.
 *
 * @throws {JobCacheError} what psycopg2 would raise
 */
export function adaptBoolean(place: FieldPlace, value: PythonValue): Adapted<boolean | null> {
  if (value === null || typeof value === 'boolean') return fine(value);
  const adapted = adaptText(place, value);
  if (adapted.refusal !== null) return { value: null, refusal: adapted.refusal };
  if (typeof value === 'string' || isTextOfArray(value)) {
    const read = typeof value === 'string' ? readBoolean(value) : null;
    const problem = 'invalid input syntax for type boolean, as its text is neither true nor false';
    const facts = { kind: 'InvalidTextRepresentation', sqlstate: '22P02', problem };
    return { value: read, refusal: read === null ? fieldError(place, facts) : null };
  }
  const problem = `the column is of type boolean but the value is ${typeOfExpression(value)}`;
  const facts = { kind: 'DatatypeMismatch', sqlstate: '42804', problem };
  return { value: null, refusal: fieldError(place, facts) };
}
