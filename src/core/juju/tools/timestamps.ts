// Points in time as texts, and texts as points in time, without a Date: the calendar is arithmetic on days.
// Times are milliseconds since the epoch, in UTC.

import { civilOf, daysOf } from '../calendar.ts';
import type { Millis } from '../model.ts';

const second = 1000;
const day = 24 * 60 * 60 * second;

/** `2200-11-05 15:29:12Z`, the spelling of goal-state. */
export function spacedTime(at: Millis): string {
  return rfc3339(at).replace('T', ' ');
}

/** `2200-11-05T15:29:12Z`, to the second. */
export function rfc3339(at: Millis): string {
  const { year, month, day: dayOfMonth } = civilOf(Math.floor(at / day));
  const seconds = Math.floor((((at % day) + day) % day) / second);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}`;
  return `${date}T${clock.map((part) => pad(part, 2)).join(':')}Z`;
}

const rfc3339Pattern =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:Z|([+-])(\d{2}):(\d{2}))?$/u;

/** Reads RFC 3339; without a zone the time is UTC. Null for anything else. */
export function parseRfc3339(text: string): Millis | null {
  const match = rfc3339Pattern.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, dayOfMonth = 0, hour = 0, minute = 0, seconds = 0] = match
    .slice(1, 7)
    .map(Number);
  const days = daysOf({ year, month, day: dayOfMonth });
  const sound = civilOf(days);
  // A day that does not exist comes back as another one.
  if (sound.month !== month || sound.day !== dayOfMonth) return null;
  if (hour > 23 || minute > 59 || seconds > 59) return null;
  const fraction = Number(`0${match[7] ?? ''}`) * second;
  const offset = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * 60 * second;
  const clock = ((hour * 60 + minute) * 60 + seconds) * second;
  const zone = match[8] === '-' ? offset : -offset;
  return days * day + clock + Math.floor(fraction) + zone;
}

/** The same clock time some months later; a day the month lacks runs over into the next (31 January + 1). */
export function addMonths(at: Millis, months: number): Millis {
  const days = Math.floor(at / day);
  const { year, month, day: dayOfMonth } = civilOf(days);
  const index = year * 12 + (month - 1) + months;
  const moved = daysOf({ year: Math.floor(index / 12), month: (index % 12) + 1, day: 1 });
  return (moved + dayOfMonth - 1) * day + (at - days * day);
}

export function addDays(at: Millis, days: number): Millis {
  return at + days * day;
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, '0');
}
