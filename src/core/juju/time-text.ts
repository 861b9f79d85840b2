// Points in time as Juju prints them. Always UTC: this folder has no access to the machine's time zone,
// and logs of several machines are compared more easily in one.

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

interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
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

/**
 * The civil date of an instant by arithmetic alone. Years are taken to start in March, so that the leap
 * day is the last of the year and every month before it has a fixed place.
 */
function civilTime(at: Millis): CivilTime {
  const days = Math.floor(at / dayMillis);
  const seconds = Math.floor((at - days * dayMillis) / 1000);
  // Days since 1 March of the year 0, split into cycles of 400 years, which all have the same length.
  const sinceMarch = days + 719_468;
  const cycle = Math.floor(sinceMarch / 146_097);
  const dayOfCycle = sinceMarch - cycle * 146_097;
  const yearOfCycle = Math.floor(
    (dayOfCycle -
      Math.floor(dayOfCycle / 1460) +
      Math.floor(dayOfCycle / 36_524) -
      Math.floor(dayOfCycle / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  // From March the lengths of months repeat as 31 30 31 30 31, which is 153 days for five of them.
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return { year, month, day, clock: clock.map(pad).join(':') };
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
