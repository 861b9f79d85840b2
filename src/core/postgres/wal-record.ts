// Reads the head of one record of the write-ahead log, to find the end of a shutdown checkpoint and what
// stood before it. pg_waldump could tell as well, but it takes a process, and tells the end of the last record
// only in the words of an error message. The layout is the same from PostgreSQL 13 to 18.

import type { Lsn } from './lsn.ts';
import { lsnOf } from './lsn.ts';

export interface WalRecord {
  readonly kind: 'shutdown-checkpoint' | 'online-checkpoint' | 'switch' | 'other';
  readonly previousLsn: Lsn;
  /** First byte after it: where a timeline ends whose last record it is. */
  readonly endLsn: Lsn;
}

/** XLOG_BLCKSZ of every packaged PostgreSQL. */
const pageBytes = 8192;
const headBytes = 24;
const pageHeaderBytes = 24;
const firstPageHeaderBytes = 40;

/** Part of a segment, and how many bytes from the segment's beginning it starts: a multiple of 8192. */
export interface SegmentPart {
  readonly bytes: Uint8Array;
  readonly start: number;
}

function headerAt(offset: number): number {
  return offset === 0 ? firstPageHeaderBytes : pageHeaderBytes;
}

/** Takes `count` bytes from `offset` of the segment, going over the headers of pages it meets. */
function take(
  part: SegmentPart,
  offset: number,
  count: number,
): { readonly bytes: Uint8Array; readonly end: number } | null {
  const bytes = new Uint8Array(count);
  let position = offset;
  for (let done = 0; done < count;) {
    if (position % pageBytes === 0) position += headerAt(position);
    const length = Math.min(count - done, pageBytes - (position % pageBytes));
    const from = position - part.start;
    if (from + length > part.bytes.length) return null;
    bytes.set(part.bytes.subarray(from, from + length), done);
    done += length;
    position += length;
  }
  return { bytes, end: position };
}

function kindOf(resourceManager: number, info: number): WalRecord['kind'] {
  if (resourceManager !== 0) return 'other';
  switch (info & 0xf0) {
    case 0x00:
      return 'shutdown-checkpoint';
    case 0x10:
      return 'online-checkpoint';
    case 0x40:
      return 'switch';
    default:
      return 'other';
  }
}

/**
 * The record at `lsn`, which stands `offset` bytes from the beginning of its segment; null where there is
 * none, or it is not whole in this part.
 */
export function readWalRecord(
  part: SegmentPart,
  offset: number,
  lsn: Lsn,
  isLittleEndian: boolean,
): WalRecord | null {
  const head = take(part, offset, headBytes);
  if (head === null) return null;
  const view = new DataView(head.bytes.buffer);
  const length = view.getUint32(0, isLittleEndian);
  const kind = kindOf(view.getUint8(17), view.getUint8(16));
  if (length < headBytes || length > part.bytes.length) return null;
  const whole = take(part, offset, length);
  if (whole === null) return null;
  // Records begin at multiples of eight bytes. Where the page is full the header of the next one is not
  // counted: that is where PostgreSQL says a timeline ended.
  const end = Math.ceil(whole.end / 8) * 8;
  return {
    kind,
    previousLsn: lsnOf(view.getBigUint64(8, isLittleEndian)),
    endLsn: lsnOf(lsn + BigInt(end - offset)),
  };
}
