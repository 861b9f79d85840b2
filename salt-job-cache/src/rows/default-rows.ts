// Rows as Salt's readers read them, better than its own module writes them: returns are real JSON, times have
// their zone, and whatever Python can hold is stored rather than refused, if there is any form for it.
//
// Bytes in JSON become {"__bytes__": base64}: unlike text with surrogates in the place of bytes, that can be
// printed, sent and cast to jsonb, and says that it was no text. A lone surrogate becomes its escape: in JSON
// Python reads it back as it was; in a column of plain text it stays the six characters `\ud800`.

import { JobCacheError } from '../errors.ts';
import { cleanJid, jidLength, jidToTimestamp } from '../jid.ts';
import type { JsonRules } from '../value/json-text.ts';
import { jsonText } from '../value/json-text.ts';
import type { PythonDict, PythonValue } from '../value/python-value.ts';
import { entriesOf, isDict, isList, valueAt } from '../value/python-value.ts';
import { pythonRepr, pythonStr } from '../value/repr.ts';
import { isTrue } from '../value/truth.ts';
import { adaptText, readBoolean } from './adapt.ts';
import type { FieldPlace } from './field-error.ts';
import { checkText, encodeField, fieldError } from './field-error.ts';
import type { EventRow, JobRow, ReturnRow } from './rows.ts';

const bytesKey = '__bytes__';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export const losslessRules: JsonRules = {
  bytes: (bytes) => new Map([[bytesKey, base64(bytes)]]),
  key: (key) => (key instanceof Uint8Array ? `${bytesKey}:${base64(key)}` : pythonRepr(key)),
};

/** Halves of characters that stand alone. */
const loneSurrogate = /\p{Surrogate}/gu;

function escapeSurrogates(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replaceAll(
    loneSurrogate,
    (half) => String.raw`\u` + half.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}

function textField(place: FieldPlace, value: PythonValue): string {
  return checkText(
    place,
    encodeField(place, () => escapeSurrogates(pythonStr(value))),
  );
}

function jsonField(place: FieldPlace, value: PythonValue): string {
  return checkText(
    place,
    encodeField(place, () => jsonText(value, losslessRules)),
  );
}

/**
 * Salt's runner takes keyword arguments whose text contains the word `metadata` for a dict, and crashes.
 * Inside a string of Python the letter may as well be its escape, which means the same.
 */
function kwargsText(place: FieldPlace, value: PythonValue): string {
  const text = textField(place, value);
  return isDict(value) ? text.replaceAll('metadata', String.raw`m\x65tadata`) : text;
}

function dictOf(holder: string, value: PythonValue, jid: string | null): PythonDict {
  if (isDict(value)) return value;
  throw new JobCacheError(
    `Cannot store ${holder}: it is ${value === null ? 'None' : 'no dict'}, but has to be a dict`,
    { kind: 'TypeError', ...(jid === null ? {} : { jid }) },
  );
}

/**
 * The jid as it stands in the tables.
 *
 * @param holder what holds the jid, for the error: `the load`
 */
export function storedJid(holder: string, jid: PythonValue): string {
  const place = { holder, jid: null, field: 'jid' };
  return checkText(
    place,
    encodeField(place, () => escapeSurrogates(cleanJid(jid))),
  );
}

function jidField(holder: string, jid: PythonValue): string {
  const text = storedJid(holder, jid);
  if (Array.from(text.slice(0, 2 * jidLength + 1)).length <= jidLength) return text;
  const problem = `it has ${text.length} characters, but the column takes ${jidLength}. Salt's option unique_jid makes such jids and has to be off`;
  throw fieldError(
    { holder, jid: text, field: 'jid' },
    { kind: 'StringDataRightTruncation', sqlstate: '22001', problem },
  );
}

/**
 * A field the load does not have becomes the text `None`, as Salt's readers expect. A job whose jid is no
 * time started when it is stored.
 *
 * @param load what was published
 * @throws {JobCacheError} with jid and field: `ValueError` for U+0000 in a field of plain text,
 *   `RecursionError` for what nests too deep, `MemoryError` for more than can be sent,
 *   `StringDataRightTruncation` for a jid of more than 20 characters, `TypeError` for a load that is no dict
 */
export function defaultJobRow(jid: PythonValue, load: PythonValue): JobRow {
  const cleaned = jidField('the load', jid);
  const dict = dictOf('the load', load, cleaned);
  const place = (field: string): FieldPlace => ({ holder: 'the load', jid: cleaned, field });
  const value = (field: string): PythonValue => valueAt(dict, field) ?? null;
  const text = (field: string): string => textField(place(field), value(field));
  return {
    jid: cleaned,
    started: jidToTimestamp(cleaned) ?? 'now',
    tgtType: text('tgt_type'),
    cmd: text('cmd'),
    tgt: text('tgt'),
    kwargs: kwargsText(place('kwargs'), value('kwargs')),
    ret: text('ret'),
    username: text('user'),
    arg: jsonField(place('arg'), value('arg')),
    fun: text('fun'),
  };
}

/** One answer where each function of a job gave its own: whether all were successful. */
function successOf(value: PythonValue | undefined): boolean | null {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? null;
  if (typeof value === 'string') return readBoolean(value);
  if (isDict(value)) return entriesOf(value).every(([, each]) => isTrue(each));
  if (isList(value)) return value.every((each) => isTrue(each));
  return typeof value === 'number' || typeof value === 'bigint' ? isTrue(value) : null;
}

/** A list of functions is written as Salt's module writes it: as an array of PostgreSQL. */
function funField(place: FieldPlace, value: PythonValue): string {
  const isTexts = isList(value) && value.every((item) => typeof item === 'string');
  const texts = isTexts ? value.map((item) => escapeSurrogates(item)) : null;
  return texts === null ? textField(place, value) : (adaptText(place, texts).value ?? '');
}

function required(place: FieldPlace, dict: PythonDict): PythonValue {
  const value = valueAt(dict, place.field);
  if (value !== undefined && (value !== null || place.field === 'return')) return value;
  const problem = value === null ? 'it is None' : 'it is missing';
  const kind = value === null ? 'NotNullViolation' : 'KeyError';
  throw fieldError(place, { kind, problem });
}

/**
 * `return` holds an object with the keys `return`, `retcode`, `success` and `out`, as far as they were given.
 *
 * @param load what a minion returned
 * @throws {JobCacheError} with jid and field: `KeyError` for a missing jid, id or return, else as `defaultJobRow`
 */
export function defaultReturnRow(load: PythonValue): ReturnRow {
  const dict = dictOf('the return', load, null);
  const jid = jidField(
    'the return',
    required({ holder: 'the return', jid: null, field: 'jid' }, dict),
  );
  const place = (field: string): FieldPlace => ({ holder: 'the return', jid, field });
  const stored = new Map<PythonValue, PythonValue>([['return', required(place('return'), dict)]]);
  for (const key of ['retcode', 'success', 'out']) {
    const found = valueAt(dict, key);
    if (found !== undefined) stored.set(key, found);
  }
  return {
    fun: funField(place('fun'), valueAt(dict, 'fun') ?? null),
    jid,
    return: jsonField(place('return'), stored),
    id: textField(place('id'), required(place('id'), dict)),
    success: successOf(valueAt(dict, 'success')),
  };
}

/**
 * A missing tag is empty, as Salt's module has it.
 *
 * @param masterId the `id` of the master, as `host_master`
 * @throws {JobCacheError} with the field: as `defaultJobRow`
 */
export function defaultEventRow(event: PythonValue, masterId: string): EventRow {
  const dict = dictOf('the event', event, null);
  const value = (field: string): PythonValue => {
    const found = valueAt(dict, field);
    return found === undefined ? '' : found;
  };
  const data = value('data');
  const jid = isDict(data) ? valueAt(data, 'jid') : undefined;
  const place = (field: string): FieldPlace => ({
    holder: 'the event',
    jid: typeof jid === 'string' ? jid : null,
    field,
  });
  return {
    tag: textField(place('tag'), value('tag')),
    data: jsonField(place('data'), data),
    masterId,
  };
}
