// Reads a moment as people give it: an age such as `2h`, or a date in ISO 8601. Moments of jobs are
// compared by job id, which is the time in UTC whatever time zone `started` was once read in.

import { JobCacheError } from '../errors.ts';
import { jidOf } from '../jid.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const agePattern = /^(\d{1,9})([smhdw])$/u;
const datePattern =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/u;

function refuse(option: string, text: string): never {
  throw new JobCacheError(
    `Cannot read "${text}" for ${option}: give an age such as 90s, 15m, 2h, 3d or 1w, or a date such as ` +
      '2026-11-27 or 2026-11-27T14:30:00Z (UTC where no zone is given)',
    { kind: 'ValueError', field: option },
  );
}

function microsOfDate(option: string, text: string): bigint {
  if (!datePattern.test(text)) return refuse(option, text);
  const [, fraction = ''] = /\.(\d+)/u.exec(text) ?? [];
  const whole = text.replace(/\.\d+/u, '').replace(' ', 'T');
  const time = whole.slice(10);
  const zoned = time === '' || /(?:Z|[+-]\d{2}:?\d{2})$/u.test(time) ? whole : `${whole}Z`;
  const millis = new Date(zoned).getTime();
  // Date would take February 30 for March 2.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(millis) || Number.isNaN(day.getTime())) return refuse(option, text);
  if (day.toISOString().slice(0, 10) !== text.slice(0, 10)) return refuse(option, text);
  return BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/**
 * @param option named in the error
 * @returns microseconds since the epoch
 * @throws JobCacheError for what is neither an age nor a date
 */
export function parseWhen(option: string, text: string, nowMicros: bigint): bigint {
  const age = agePattern.exec(text.trim());
  if (age === null) return microsOfDate(option, text.trim());
  const micros = BigInt(age[1] ?? '0') * BigInt(secondsOf[age[2] ?? 's'] ?? 1) * 1_000_000n;
  return micros > nowMicros ? 0n : nowMicros - micros;
}

/** The job id a job of that moment would have. */
export function jidAt(micros: bigint): string {
  return jidOf(micros);
}

/** Microseconds since the epoch; null for what is no time. */
export function microsOfJid(jid: string): bigint | null {
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{3})(\d{3})$/u.exec(jid);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, millis, micros = '0'] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`).getTime();
  return Number.isNaN(time) ? null : BigInt(time) * 1000n + BigInt(micros);
}

/** Twenty digits, or a word such as `req`, under which a caller may have stored a job that had no id. */
const jidPattern = /^(?:\d{20}|[A-Za-z]\w{0,19})$/u;

/** @throws JobCacheError for what no job can be called */
export function checkJid(text: string): string {
  if (jidPattern.test(text)) return text;
  throw new JobCacheError(
    `Cannot use "${text}" as a job id: it has to be 20 digits such as 20261127143000123456, as "list" shows them`,
    { kind: 'ValueError', jid: text },
  );
}
