// How many rows the next batch of deletions is to have, and how long to rest before it. Deleting takes no lock
// that a writer waits for, but processor, disk and log are shared with it.

export interface Pace {
  readonly rows: number;
  readonly pauseMs: number;
}

const targetMs = 25;
const fewestRows = 50;
const mostRows = 20_000;
const longestPauseMs = 1000;

export const firstPace: Pace = { rows: 500, pauseMs: 0 };

/** Batches of about 25 ms; between two of them as long a rest as the last one took. */
export function nextPace(pace: Pace, tookMs: number): Pace {
  const factor = Math.min(2, Math.max(0.25, targetMs / Math.max(tookMs, 1)));
  return {
    rows: Math.min(mostRows, Math.max(fewestRows, Math.round(pace.rows * factor))),
    pauseMs: Math.min(longestPauseMs, Math.max(0, tookMs)),
  };
}
