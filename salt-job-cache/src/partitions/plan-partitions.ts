// Which partitions there should be: enough ahead of time, and none of which every row has expired.

import type { ClosedSpan, Span } from './span.ts';
import { floorTo, microsPerSecond } from './span.ts';

export interface Existing extends Span {
  readonly name: string;
}

/** What of `wanted` no existing span covers. */
function gapsIn(wanted: ClosedSpan, existing: readonly Span[]): readonly ClosedSpan[] {
  let gaps: readonly ClosedSpan[] = [wanted];
  for (const { start, end } of existing) {
    gaps = gaps.flatMap((gap) => {
      const isApart = (end !== null && end <= gap.start) || (start !== null && start >= gap.end);
      if (isApart) return [gap];
      return [
        ...(start !== null && start > gap.start ? [{ start: gap.start, end: start }] : []),
        ...(end !== null && end < gap.end ? [{ start: end, end: gap.end }] : []),
      ];
    });
  }
  return gaps;
}

/**
 * Partitions to make: the span of now and `ahead` after it, as far as no partition covers them, whatever
 * length spans had before.
 */
export function missingSpans(
  existing: readonly Span[],
  nowMicros: bigint,
  spanSeconds: number,
  ahead: number,
): readonly ClosedSpan[] {
  const length = BigInt(spanSeconds) * microsPerSecond;
  const first = floorTo(nowMicros, spanSeconds);
  return Array.from({ length: ahead + 1 }, (_, index) => ({
    start: first + BigInt(index) * length,
    end: first + BigInt(index + 1) * length,
  })).flatMap((span) => gapsIn(span, existing));
}

/** Partitions that hold nothing of `cutoffMicros` or later. */
export function expiredPartitions(
  existing: readonly Existing[],
  cutoffMicros: bigint,
): readonly Existing[] {
  return existing.filter(({ end }) => end !== null && end <= cutoffMicros);
}
