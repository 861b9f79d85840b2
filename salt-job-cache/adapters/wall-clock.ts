// The machine's time in microseconds. Its calendar clock gives milliseconds; its steady clock fills in the
// rest, and is set right again whenever the two part, as after somebody set the time.

import type { Clock } from '../src/clock.ts';

/** How far the two may be apart before the calendar clock is believed. */
const toleranceMs = 2;

export function createWallClock(): Clock {
  let offsetMs = 0;
  return {
    nowMicros() {
      const steadyMs = performance.timeOrigin + performance.now();
      const calendarMs = Date.now();
      if (Math.abs(steadyMs + offsetMs - calendarMs) > toleranceMs)
        offsetMs = calendarMs - steadyMs;
      return BigInt(Math.floor((steadyMs + offsetMs) * 1000));
    },
  };
}
