// Points in time as Juju prints them. Always UTC: this folder has no access to the machine's time zone,
// and logs of several machines are compared more easily in one.

import type { Civil } from './calendar.ts';
import { civilOf } from './calendar.ts';
import type { Millis } from './model.ts';

const monthNames: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

const dayMillis = 86_400_000;

interface CivilTime extends Civil {
  /** `15:04:05`. */
  readonly clock: string;
}

/** `15:04:05Z`, as in the header of `juju status`. */
export function clockText(at: Millis): string {
  return `${civilTime(at).clock}Z`;
}

/** `02 Jan 2006 15:04:05Z`, as in the `since` of `juju status --utc`. */
export function sinceText(at: Millis): string {
  const { year, month, day, clock } = civilTime(at);
  return `${pad(day)} ${monthNames[month - 1] ?? ''} ${year} ${clock}Z`;
}

/** `2006-01-02 15:04:05 +0000 UTC`, as in the timing of an action. */
export function timingText(at: Millis): string {
  const { year, month, day, clock } = civilTime(at);
  return `${year}-${pad(month)}-${pad(day)} ${clock} +0000 UTC`;
}

function civilTime(at: Millis): CivilTime {
  const days = Math.floor(at / dayMillis);
  const seconds = Math.floor((at - days * dayMillis) / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return { ...civilOf(days), clock: clock.map(pad).join(':') };
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
