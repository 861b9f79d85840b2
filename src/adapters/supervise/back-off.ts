// How long the supervisor waits before it starts again what ended. Pure.

/** A run this long counts as good: what ends after it begins from the shortest wait again. */
export const goodRunMs = 60_000;

const shortestMs = 100;
const longestMs = 30_000;

/** Failures in a row, and the wait that follows from them. */
export interface BackOff {
  readonly failures: number;
  readonly delayMs: number;
}

export const noFailures: BackOff = { failures: 0, delayMs: 0 };

/** After a run of this length ended: twice the wait of before, up to half a minute. */
export function afterEnd(before: BackOff, ranForMs: number): BackOff {
  const failures = ranForMs >= goodRunMs ? 1 : before.failures + 1;
  const doublings = Math.min(failures - 1, 20);
  return { failures, delayMs: Math.min(longestMs, shortestMs * 2 ** doublings) };
}
