// The few numbers a list of measurements is told by.

export interface Summary {
  readonly runs: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly mean: number;
}

/** The value below which `share` (0 to 1) of the values lie: the nearest of them, none made up. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.min(Math.max(place, 0), sorted.length - 1)] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function summarise(values: readonly number[]): Summary {
  return {
    runs: values.length,
    min: percentile(values, 0),
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    mean: mean(values),
  };
}

/** By how much a value grows from one place in the list to the next: the line of least squares. 0 for one value. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const average = mean(values);
  let rise = 0;
  let run = 0;
  for (const [place, value] of values.entries()) {
    rise += (place - middle) * (value - average);
    run += (place - middle) ** 2;
  }
  return run === 0 ? 0 : rise / run;
}
