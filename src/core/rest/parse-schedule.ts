// Reads when something is to happen. A time without a zone is refused: it would mean another moment on every machine.

import type { JsonValue } from '#core/dcs/cluster.ts';
import { parseIsoTime } from '#core/dcs/iso-time.ts';

export type Schedule =
  /** `text` is ISO 8601 in the zone it was given in; `atMs` the same in milliseconds since the epoch. */
  | { readonly kind: 'at'; readonly atMs: number; readonly text: string }
  | { readonly kind: 'fault'; readonly status: 400 | 422; readonly why: string };

const unreadable =
  'Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601';

const zoned =
  /^(?<date>\S{10})[T ](?<minute>\d{2}:\d{2})(?<second>:\d{2})?(?:[.,](?<fraction>\d+))?\s*(?<zone>Z|[+-]\d{2}(?::?\d{2})?)$/iu;

/** The same time and zone as Python's isoformat prints it; null where the text names no zone. */
function isoformat(text: string): string | null {
  const parts = zoned.exec(text)?.groups;
  if (parts === undefined) return null;
  const { date = '', minute = '', second = ':00', fraction = '', zone = '' } = parts;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  const digits = zone.toUpperCase() === 'Z' ? '+0000' : zone.replace(':', '').padEnd(5, '0');
  const east = `${digits.slice(0, 3)}:${digits.slice(3)}`;
  return `${date}T${minute}${second}${micros === '000000' ? '' : `.${micros}`}${east}`;
}

/** `action` stands in the answers: `restart` or `switchover`. `nowMs` is milliseconds since the epoch. */
export function parseSchedule(value: JsonValue, action: string, nowMs: number): Schedule {
  const given = typeof value === 'string' ? value.trim().replace(/(?:UTC|GMT)$/iu, 'Z') : '';
  const atMs = parseIsoTime(given);
  if (atMs === null) return { kind: 'fault', status: 422, why: unreadable };
  const text = isoformat(given);
  if (text === null) {
    const why = `Timezone information is mandatory for the scheduled ${action}`;
    return { kind: 'fault', status: 400, why };
  }
  if (atMs < nowMs) {
    return { kind: 'fault', status: 422, why: `Cannot schedule ${action} in the past` };
  }
  return { kind: 'at', atMs, text };
}
