// Spans of time that partitions hold, and how job ids and timestamps write their bounds. All of it is UTC.

export const microsPerSecond = 1_000_000n;
export const daySeconds = 86_400;

/** From `start` (included) to `end` (excluded), microseconds since the epoch; null: open on this side. */
export interface Span {
  readonly start: bigint | null;
  readonly end: bigint | null;
}

export interface ClosedSpan {
  readonly start: bigint;
  readonly end: bigint;
}

/** `20261127000000`: as a job id begins. Digits sort the same in every collation. */
export function digitsOf(micros: bigint): string {
  return new Date(Number(micros / 1000n)).toISOString().slice(0, 19).replaceAll(/[-:T]/gu, '');
}

/** The time a job id or a bound begins with; null where it is no time. */
export function microsOfDigits(text: string): bigint | null {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/u.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  const millis = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  return Number.isNaN(millis) ? null : BigInt(millis) * 1000n;
}

/** `2026-11-27 00:00:00+00`. */
export function timestampOf(micros: bigint): string {
  const iso = new Date(Number(micros / 1000n)).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(((micros % microsPerSecond) + microsPerSecond) % microsPerSecond).padStart(6, '0')}+00`;
}

/** Begin of the span of this length in which `micros` lies, counted from the epoch. */
export function floorTo(micros: bigint, spanSeconds: number): bigint {
  const length = BigInt(spanSeconds) * microsPerSecond;
  const rest = ((micros % length) + length) % length;
  return micros - rest;
}
