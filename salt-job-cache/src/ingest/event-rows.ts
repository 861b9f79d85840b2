// The rows an event becomes, by way of Python's values: what Salt itself would store of it in its master job
// cache. Every event can go this way; the usual return takes the short cut in return-row.ts.

import { JobCacheError } from '../errors.ts';
import {
  compatibleEventRow,
  compatibleJobRow,
  compatibleReturnRow,
} from '../rows/compatible-rows.ts';
import { defaultEventRow, defaultJobRow, defaultReturnRow } from '../rows/default-rows.ts';
import type { EventRow, JobRow, ReturnRow } from '../rows/rows.ts';
import type { RowMode } from '../service/service-config.ts';
import type { PythonDict, PythonValue } from '../value/python-value.ts';
import { entriesOf, isDict, valueAt } from '../value/python-value.ts';
import type { CopyBuffer } from './copy-buffer.ts';
import { lineFeed, tab } from './copy-buffer.ts';

export interface RowMaker {
  job(jid: PythonValue, load: PythonValue): JobRow;
  return(load: PythonValue): ReturnRow;
  event(tag: string, data: PythonValue): EventRow;
}

export function rowMaker(mode: RowMode, masterId: string): RowMaker {
  const event = (tag: string, data: PythonValue): PythonValue =>
    new Map<PythonValue, PythonValue>([
      ['tag', tag],
      ['data', data],
    ]);
  if (mode === 'compatible') {
    return {
      job: compatibleJobRow,
      return: compatibleReturnRow,
      event: (tag, data) => compatibleEventRow(event(tag, data), masterId),
    };
  }
  return {
    job: defaultJobRow,
    return: defaultReturnRow,
    event: (tag, data) => defaultEventRow(event(tag, data), masterId),
  };
}

function dictOf(data: PythonValue): PythonDict {
  if (isDict(data)) return data;
  throw new JobCacheError('Cannot store the event: its data is no dict', { kind: 'TypeError' });
}

function withValues(
  dict: PythonDict,
  more: readonly (readonly [string, PythonValue])[],
): PythonDict {
  return new Map<PythonValue, PythonValue>([...entriesOf(dict), ...more]);
}

/**
 * The load of a publication, from its event. The event lacks `kwargs` and `ret`: they stay the text `None`.
 * The command is told, as nothing else than a publication announces a job.
 */
export function loadOfJob(data: PythonValue): PythonDict {
  return withValues(dictOf(data), [['cmd', 'publish']]);
}

/** The load of a return: a return that names its function only inside is read as Salt reads it. */
export function loadOfReturn(data: PythonValue): PythonDict {
  const load = dictOf(data);
  const returned = valueAt(load, 'return');
  if (valueAt(load, 'fun') !== undefined || returned === undefined || !isDict(returned))
    return load;
  const inner = (['fun', 'user'] as const).flatMap((key) => {
    const value = valueAt(returned, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return withValues(load, inner);
}

/** The load the master stores for a runner: its whole event is the return, and the master is the minion. */
export function loadOfRunner(data: PythonValue, masterId: string): PythonDict {
  const event = dictOf(data);
  return loadOfReturn(
    new Map<PythonValue, PythonValue>([
      ['id', masterId],
      ['tgt', masterId],
      ['jid', valueAt(event, 'jid') ?? null],
      ['return', event],
    ]),
  );
}

function writeTexts(texts: readonly (string | null)[], to: CopyBuffer): void {
  texts.forEach((text, index) => {
    if (index > 0) to.byte(tab);
    if (text === null) to.null();
    else to.text(text);
  });
  to.byte(lineFeed);
}

/** Columns of `jids`, in the order a row of the spool has them. */
export const jobColumns: readonly string[] = [
  'jid',
  'started',
  'tgt_type',
  'cmd',
  'tgt',
  'kwargs',
  'ret',
  'username',
  'arg',
  'fun',
];
/** Columns of `salt_returns`. */
export const returnColumns: readonly string[] = ['fun', 'jid', 'return', 'id', 'success'];
/** Columns of `salt_events`. */
export const eventColumns: readonly string[] = ['tag', 'data', 'master_id'];

export function writeJob(row: JobRow, to: CopyBuffer): void {
  const { jid, started, tgtType, cmd, tgt, kwargs, ret, username, arg, fun } = row;
  writeTexts([jid, started, tgtType, cmd, tgt, kwargs, ret, username, arg, fun], to);
}

export function writeReturn(row: ReturnRow, to: CopyBuffer): void {
  const success = row.success === null ? null : row.success ? 't' : 'f';
  writeTexts([row.fun, row.jid, row.return, row.id, success], to);
}

export function writeEvent(row: EventRow, to: CopyBuffer): void {
  writeTexts([row.tag, row.data, row.masterId], to);
}
