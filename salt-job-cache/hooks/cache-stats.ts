// How much is in the job cache, as the verb `stats` tells it.

import { machinePlaceOf } from '../machine/place.ts';
import type { Context } from './context.ts';

export interface CacheStats {
  readonly jobs: number;
  readonly returns: number;
  readonly events: number;
  /** Whether the three are estimates of the database. */
  readonly areEstimates: boolean;
  /** When the oldest job started, ISO 8601; null where there is none. */
  readonly oldestJob: string | null;
  /** When a job or a return was recorded last. */
  readonly lastWrite: string | null;
  readonly bytes: number;
}

export type ReadStats =
  | { readonly kind: 'stats'; readonly stats: CacheStats }
  | { readonly kind: 'problem'; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function isoTime(text: string): string | null {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString();
}

/** A job's id is the time it started at. */
function timeOfJid(value: unknown): string | null {
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})/u.exec(String(value));
  if (digits === null) return null;
  const [, year, month, day, hour, minute, second, millis] = digits;
  return isoTime(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
}

/** As PostgreSQL writes a time in UTC, or as ISO 8601 has it. */
function timeOf(value: unknown): string | null {
  return typeof value === 'string' ? isoTime(value.replace(' ', 'T').replace(/\+00$/u, 'Z')) : null;
}

/** Reads what the verb printed as JSON; null for anything else. */
export function statsIn(text: string): CacheStats | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const fields = fieldsOf(value);
  if (!Array.isArray(fields['tables'])) return null;
  const tables = fields['tables'].map(fieldsOf);
  const rows = (name: string): number =>
    count(tables.find((table) => table['name'] === name)?.['rows']);
  return {
    jobs: rows('jids'),
    returns: rows('salt_returns'),
    events: rows('salt_events'),
    areEstimates: tables.some((table) => table['exact'] === false),
    oldestJob: timeOfJid(fields['oldest_jid']),
    lastWrite: timeOf(fields['last_write']),
    bytes: tables.reduce(
      (sum, { bytes, index_bytes: indexes }) => sum + count(bytes) + count(indexes),
      0,
    ),
  };
}

/** Asks the database. */
export function readStats(context: Context): ReadStats {
  const place = machinePlaceOf(context.hook.charmDir, context.hook.unitName);
  const answer = context.services.cli(place, ['stats', '--output=json']);
  if (!answer.isDone) return { kind: 'problem', message: answer.problem };
  const stats = statsIn(answer.output);
  return stats === null
    ? { kind: 'problem', message: 'its statistics are not in a form that is known here' }
    : { kind: 'stats', stats };
}
