// The lines an export is made of, and what a line of an import has to be. Each is one row, its columns as
// PostgreSQL writes them, so that no value is read as anything else on its way.

import { JobCacheError } from '../errors.ts';

export type LineKind = 'job' | 'return' | 'event';

export interface LineColumn {
  readonly name: string;
  readonly type: 'text' | 'time' | 'boolean' | 'number';
  /** Whether it may be null or left out. */
  readonly isOptional: boolean;
}

const text = (name: string): LineColumn => ({ name, type: 'text', isOptional: false });

export const lineColumns: Readonly<Record<LineKind, readonly LineColumn[]>> = {
  job: [
    text('jid'),
    { name: 'started', type: 'time', isOptional: true },
    ...['tgt_type', 'cmd', 'tgt', 'kwargs', 'ret', 'username', 'arg', 'fun'].map(text),
  ],
  return: [
    { name: 'added', type: 'time', isOptional: true },
    ...['fun', 'jid', 'return', 'id'].map(text),
    { name: 'success', type: 'boolean', isOptional: true },
  ],
  event: [
    { name: 'id', type: 'number', isOptional: true },
    ...['tag', 'data'].map(text),
    { name: 'alter_time', type: 'time', isOptional: true },
    text('master_id'),
  ],
};

const kinds = ['job', 'return', 'event'] as const;

/** A row that may be stored; its values as COPY takes them. */
export interface ImportedLine {
  readonly kind: LineKind;
  /** In the order of `lineColumns`. */
  readonly values: readonly (string | null)[];
  readonly jid: string | null;
}

const longestJid = 20;
const time =
  /^(?:-?infinity|\d{4,6}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?[+-]\d{2}(?::\d{2}){0,2}(?: BC)?)$/u;
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:?\d{2})$/u;

function bad(field: string, problem: string): never {
  throw new JobCacheError(`${field}: ${problem}`, { kind: 'ValueError', field });
}

function textValue(name: string, value: unknown): string {
  if (typeof value !== 'string') return bad(name, 'it has to be a text');
  if (value.includes('\0'))
    return bad(name, 'it has a NUL character, which PostgreSQL does not store');
  if (!value.isWellFormed())
    return bad(name, 'it has half a surrogate pair, which is no character');
  if (name === 'jid' && Array.from(value).length > longestJid) {
    return bad(name, `it has more than ${longestJid} characters`);
  }
  return value;
}

function valueOf({ name, type, isOptional }: LineColumn, value: unknown): string | null {
  if (value === null || value === undefined) {
    return isOptional ? null : bad(name, value === null ? 'it is null' : 'it is missing');
  }
  switch (type) {
    case 'text':
      return textValue(name, value);
    case 'time':
      return typeof value === 'string' && (time.test(value) || isoTime.test(value))
        ? value
        : bad(name, 'it has to be a time with its zone, such as 2026-11-27 14:30:00.123456+00');
    case 'boolean':
      return typeof value === 'boolean'
        ? String(value)
        : bad(name, 'it has to be true, false or null');
    case 'number':
      return typeof value === 'number' && Number.isSafeInteger(value)
        ? String(value)
        : bad(name, 'it has to be a whole number');
    default:
      return type satisfies never;
  }
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return bad('line', `it is no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad('line', 'it has to be a JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}

/** @throws JobCacheError whose message begins with the field */
export function parseLine(line: string): ImportedLine {
  const object = objectOf(line);
  const kind = kinds.find((candidate) => candidate === object['type']);
  if (kind === undefined) return bad('type', `it has to be one of ${kinds.join(', ')}`);
  const columns = lineColumns[kind];
  const known = new Set(['type', ...columns.map(({ name }) => name)]);
  const unknown = Object.keys(object).find((name) => !known.has(name));
  if (unknown !== undefined) return bad(JSON.stringify(unknown), `no ${kind} has this field`);
  const values = columns.map((column) => valueOf(column, object[column.name]));
  const jid = object['jid'];
  return { kind, values, jid: typeof jid === 'string' ? jid : null };
}

/** One line, without its end. */
export function lineText(kind: LineKind, row: Readonly<Record<string, unknown>>): string {
  const values = lineColumns[kind].map(({ name, type }): [string, unknown] => {
    const value = row[name];
    return [name, type === 'number' && value !== null ? Number(value) : value];
  });
  return JSON.stringify({ type: kind, ...Object.fromEntries(values) });
}
