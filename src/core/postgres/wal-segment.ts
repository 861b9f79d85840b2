// Where a position stands in the files of pg_wal, and how those are named.

import type { Lsn } from './lsn.ts';

export interface SegmentPosition {
  readonly fileName: string;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
}

function hex(value: bigint): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}

/** The file that holds this position. `segmentBytes` is a power of two, 16 MiB unless initdb said otherwise. */
export function segmentOf(timeline: number, lsn: Lsn, segmentBytes: number): SegmentPosition {
  const size = BigInt(segmentBytes);
  const number = lsn / size;
  const perHigh = 0x1_0000_0000n / size;
  return {
    fileName: `${hex(BigInt(timeline))}${hex(number / perHigh)}${hex(number % perHigh)}`,
    offset: Number(lsn % size),
  };
}

/** Whether it is the name of a segment; with `.partial` where a timeline ended in it. */
export function isSegmentName(name: string): boolean {
  return /^[0-9A-F]{24}(?:\.partial)?$/u.test(name);
}
