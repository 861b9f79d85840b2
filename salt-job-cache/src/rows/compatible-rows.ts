// Rows byte for byte as Salt's own module writes them, and its errors, under the names Python gives them.

import { JobCacheError } from '../errors.ts';
import { cleanJid, jidToTime } from '../jid.ts';
import { jsonText } from '../value/json-text.ts';
import type { PythonDict, PythonValue } from '../value/python-value.ts';
import { isDict, valueAt } from '../value/python-value.ts';
import { pythonStr } from '../value/repr.ts';
import type { Adapted } from './adapt.ts';
import { adaptBoolean, adaptText, checkEncodable } from './adapt.ts';
import type { FieldPlace } from './field-error.ts';
import { encodeField, fieldError } from './field-error.ts';
import type { EventRow, JobRow, ReturnRow } from './rows.ts';

/** An escape of a lone surrogate; no other character from U+0080 on is ever written as an escape. */
const surrogateEscape = /(?<!\\)(?:\\\\)*\\ud[89a-f]/u;

function dumps(place: FieldPlace, value: PythonValue): string {
  return encodeField(place, () => jsonText(value));
}

/** What psycopg2 refuses of a text of JSON, when its turn comes among the parameters. */
function checkJson(place: FieldPlace, text: string): string {
  if (surrogateEscape.test(text)) {
    const problem = "it contains a lone surrogate, which UTF-8 can't encode";
    throw fieldError(place, { kind: 'UnicodeEncodeError', problem });
  }
  return checkEncodable(place, text);
}

function notADict(holder: string, jid: string | null, kind: string, value: PythonValue): never {
  throw new JobCacheError(
    `Cannot store ${holder}: it is ${value === null ? 'None' : 'no dict'}, but has to be a dict`,
    { kind, ...(jid === null ? {} : { jid }) },
  );
}

function given(place: FieldPlace, dict: PythonDict): PythonValue {
  const value = valueAt(dict, place.field);
  if (value !== undefined) return value;
  throw fieldError(place, { kind: 'KeyError', problem: 'it is missing' });
}

function notNull(place: FieldPlace, text: string | null): string {
  if (text !== null) return text;
  const problem = 'it is None, but the column takes no null';
  throw fieldError(place, { kind: 'NotNullViolation', sqlstate: '23502', problem });
}

const loadFields = ['tgt_type', 'cmd', 'tgt', 'kwargs', 'ret', 'user', 'fun'] as const;

/** PostgreSQL's refusals, in its order: what has no form, then the nulls. */
function refuse(adapted: readonly Adapted<unknown>[]): void {
  const refused = adapted.find(({ refusal }) => refusal !== null);
  if (refused?.refusal) throw refused.refusal;
}

/**
 * @param load what was published
 * @throws {JobCacheError} `IndexError` for a jid of month 13, `AttributeError` where the load is no dict,
 *   `TypeError` for an `arg` without JSON, `ValueError` for U+0000, `UnicodeEncodeError` for a lone surrogate
 */
export function compatibleJobRow(jid: PythonValue, load: PythonValue): JobRow {
  const cleaned = cleanJid(jid);
  const started = jidToTime(cleaned);
  if (!isDict(load)) return notADict('the load', cleaned, 'AttributeError', load);
  const place = (field: string): FieldPlace => ({ holder: 'the load', jid: cleaned, field });
  const texts = loadFields.map((field) =>
    encodeField(place(field), () => pythonStr(valueAt(load, field) ?? null)),
  );
  const arg = dumps(place('arg'), valueAt(load, 'arg') ?? null);
  // As psycopg2 does: every value is text before the first one is looked at.
  const text = (field: (typeof loadFields)[number]): string =>
    checkEncodable(place(field), texts[loadFields.indexOf(field)] ?? '');
  return {
    jid: checkEncodable(place('jid'), cleaned),
    started,
    tgtType: text('tgt_type'),
    cmd: text('cmd'),
    tgt: text('tgt'),
    kwargs: text('kwargs'),
    ret: text('ret'),
    username: text('user'),
    arg: checkJson(place('arg'), arg),
    fun: text('fun'),
  };
}

/**
 * @param load what a minion returned
 * @throws {JobCacheError} `KeyError` for a missing field, else what psycopg2 or PostgreSQL would raise
 */
export function compatibleReturnRow(load: PythonValue): ReturnRow {
  if (!isDict(load)) return notADict('the return', null, 'TypeError', load);
  const jid = encodeField({ holder: 'the return', jid: null, field: 'jid' }, () =>
    pythonStr(valueAt(load, 'jid') ?? null),
  );
  const place = (field: string): FieldPlace => ({ holder: 'the return', jid, field });
  const value = given(place('return'), load);
  const stored = new Map<PythonValue, PythonValue>([
    ['return', encodeField(place('return'), () => pythonStr(value))],
  ]);
  for (const key of ['retcode', 'success']) {
    const found = valueAt(load, key);
    if (found !== undefined) stored.set(key, found);
  }
  const raw = (field: string): PythonValue => given(place(field), load);
  const [rawFun, rawJid, json, rawId] = [
    raw('fun'),
    raw('jid'),
    dumps(place('return'), stored),
    raw('id'),
  ];
  const fun = adaptText(place('fun'), rawFun);
  const jidText = adaptText(place('jid'), rawJid);
  const checked = checkJson(place('return'), json);
  const id = adaptText(place('id'), rawId);
  const success = adaptBoolean(place('success'), valueAt(load, 'success') ?? null);
  refuse([fun, jidText, id, success]);
  return {
    fun: notNull(place('fun'), fun.value),
    jid: notNull(place('jid'), jidText.value),
    return: checked,
    id: notNull(place('id'), id.value),
    success: success.value,
  };
}

/**
 * @param masterId the `id` of the master, as `host_master`
 * @throws {JobCacheError} `TypeError` for data without JSON, `NotNullViolation` for a tag that is None
 */
export function compatibleEventRow(event: PythonValue, masterId: string): EventRow {
  if (!isDict(event)) return notADict('the event', null, 'AttributeError', event);
  const place = (field: string): FieldPlace => ({ holder: 'the event', jid: null, field });
  const field = (name: string): PythonValue => {
    const value = valueAt(event, name);
    return value === undefined ? '' : value;
  };
  const json = dumps(place('data'), field('data'));
  const tag = adaptText(place('tag'), field('tag'));
  const data = checkJson(place('data'), json);
  refuse([tag]);
  return { tag: notNull(place('tag'), tag.value), data, masterId };
}
