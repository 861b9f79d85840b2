// Durations as Go writes and reads them: `5m0s`, `1h30m`, `250ms`.

import type { Millis } from './model.ts';

const partPattern = /(?<amount>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?<unit>ms|h|m|s)/gu;
const wholePattern = /^(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ms|h|m|s))+$/u;

const unitMillis: Readonly<Record<string, Millis>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `1h30m`, rounded; null for anything else. A bare `0` has no unit. */
export function parseDuration(text: string): Millis | null {
  if (text === '0') return 0;
  if (!wholePattern.test(text)) return null;
  let total = 0;
  for (const { groups } of text.matchAll(partPattern)) {
    total += Number(groups?.amount) * (unitMillis[groups?.unit ?? ''] ?? 0);
  }
  return Math.round(total);
}

/** The duration in Go's own spelling: `5m0s`, `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(millis: Millis): string {
  if (millis === 0) return '0s';
  if (millis < 1000) return `${millis}ms`;
  const hours = Math.floor(millis / 3_600_000);
  const minutes = Math.floor(millis / 60_000) % 60;
  const seconds = `${(millis % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
