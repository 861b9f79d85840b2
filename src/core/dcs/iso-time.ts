// Points in time as agents write them into the configuration store: ISO 8601, as Python's isoformat prints it.

import { civilOf, daysOf } from '#core/juju/calendar.ts';

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/iu;

const dayMs = 86_400_000;

/** Milliseconds since the epoch; without a zone it is UTC. Null where it is no such time. */
export function parseIsoTime(text: string): number | null {
  const parts = pattern.exec(text.trim());
  if (parts === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] =
    parts;
  const civil = { year: Number(year), month: Number(month), day: Number(day) };
  const days = daysOf(civil);
  const again = civilOf(days);
  const isDate = again.month === civil.month && again.day === civil.day;
  if (!isDate || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const offsetMinutes = zoneMinutes(zone);
  if (offsetMinutes === null) return null;
  const minutes = Number(hour) * 60 + Number(minute) - offsetMinutes;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  return days * dayMs + minutes * 60_000 + Number(second) * 1000 + ms;
}

/** Minutes east of Greenwich. */
function zoneMinutes(zone: string): number | null {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** In UTC with microseconds where there are any, for example `2026-11-20T12:00:00.123000+00:00`. */
export function formatIsoTime(epochMs: number): string {
  const days = Math.floor(epochMs / dayMs);
  const { year, month, day } = civilOf(days);
  const ofDay = Math.floor(epochMs - days * dayMs);
  const two = (count: number): string => String(count).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const seconds = Math.floor(ofDay / 1000);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor).map(two);
  const ms = ofDay % 1000;
  const fraction = ms === 0 ? '' : `.${String(ms).padStart(3, '0')}000`;
  return `${date}T${clock.join(':')}${fraction}+00:00`;
}
