// Job ids as Salt makes them: the time in UTC down to the microsecond, twenty digits.

import type { Clock } from './clock.ts';
import { JobCacheError } from './errors.ts';
import type { PythonValue } from './value/python-value.ts';
import { pythonStr } from './value/repr.ts';

/** What Salt's tables have room for. */
export const jidLength = 20;

/** @param epochMicros microseconds since the epoch */
export function jidOf(epochMicros: bigint): string {
  const iso = new Date(Number(epochMicros / 1000n)).toISOString();
  const seconds = iso.slice(0, 19).replaceAll(/[-:T]/g, '');
  return seconds + String(epochMicros % 1_000_000n).padStart(6, '0');
}

/**
 * Makes job ids by the clock, each later than the one before it: also within one microsecond, and where the
 * clock goes backwards.
 */
export function jidSource(clock: Clock): () => string {
  let last = -1n;
  return () => {
    const now = clock.nowMicros();
    last = now > last ? now : last + 1n;
    return jidOf(last);
  };
}

/** The jid under which Salt stores and looks for a job: its text without single quotes. */
export function cleanJid(jid: PythonValue): string {
  return pythonStr(jid).replaceAll("'", '');
}

/** What `int()` of Python takes. */
const intForm = /^\s*(?<sign>[-+]?)(?<digits>\p{Nd}+(?:_\p{Nd}+)*)\s*$/u;

/** Twenty characters; more only with an underscore and something after it, as `unique_jid` makes them. */
function hasLengthOfJid(characters: readonly string[]): boolean {
  return characters.length === jidLength || (characters.length > 21 && characters[20] === '_');
}

/** Whether Salt takes a value for a job id. The digits need not be a time: month 13 passes. */
export function isJid(value: PythonValue): value is string {
  if (typeof value !== 'string') return false;
  const characters = Array.from(value);
  return hasLengthOfJid(characters) && intForm.test(characters.slice(0, jidLength).join(''));
}

const months = ['', ...'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')];

/** Python's list of months is indexed by int(), which may be negative and then counts from the end. */
function monthName(text: string, jid: string): string {
  const match = intForm.exec(text);
  if (match === null) {
    throw new JobCacheError(
      `Cannot tell the time of job "${jid}": its month "${text}" is no number`,
      { kind: 'ValueError', jid },
    );
  }
  const month = Number(`${match.groups?.['sign'] ?? ''}${match.groups?.['digits'] ?? ''}`);
  const name = months.at(month);
  if (name === undefined) {
    throw new JobCacheError(
      `Cannot tell the time of job "${jid}": its month is ${text}, but there are 12 months`,
      { kind: 'IndexError', jid },
    );
  }
  return name;
}

/**
 * The time of a job as Salt writes it, without a zone: `2024, Jan 02 03:04:05.678901`. Empty where the jid
 * has not the length of one. Days and hours are not checked.
 *
 * @throws {JobCacheError} `IndexError` for a month beyond 12, `ValueError` for a month that is no number
 */
export function jidToTime(jid: PythonValue): string {
  const text = pythonStr(jid);
  const characters = Array.from(text);
  if (!hasLengthOfJid(characters)) return '';
  const part = (from: number, to: number): string => characters.slice(from, to).join('');
  const day = `${part(0, 4)}, ${monthName(part(4, 6), text)} ${part(6, 8)}`;
  return `${day} ${part(8, 10)}:${part(10, 12)}:${part(12, 14)}.${part(14, 20)}`;
}

const jidForm = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})(?:_.+)?$/su;

/**
 * The time of a job with its zone: `2024-01-02 03:04:05.678901+00`. Null where the jid is no time there is:
 * another form, Feb 30, hour 25.
 */
export function jidToTimestamp(jid: string): string | null {
  const match = jidForm.exec(jid);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, micros] = match;
  const seconds = `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  const parsed = Date.parse(`${seconds.replace(' ', 'T')}Z`);
  // Date.parse rolls Feb 30 over into March, and PostgreSQL has no year 0.
  const isReal =
    !Number.isNaN(parsed) &&
    year !== '0000' &&
    new Date(parsed).toISOString().startsWith(seconds.replace(' ', 'T'));
  return isReal ? `${seconds}.${micros}+00` : null;
}
