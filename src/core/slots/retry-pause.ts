// How long something that failed is left alone before the next attempt.

const firstMs = 1000;
const jitter = 0.2;

/**
 * Milliseconds after this many failures in a row, 1 or more: a second, doubled with each failure up to `longestMs`, and
 * up to a fifth more, so that members do not try in step. `draw`: from 0 (included) to 1 (excluded).
 */
export function retryPauseMs(failures: number, longestMs: number, draw: number): number {
  const wantedMs = firstMs * 2 ** Math.min(failures - 1, 20);
  return Math.min(wantedMs, Math.max(firstMs, longestMs)) * (1 + jitter * draw);
}
