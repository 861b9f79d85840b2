// A block is what the spool holds: some rows of each table in COPY's format, with a number. A row belongs to
// one block for good, so that a block that is stored is never stored again. This file owns the bytes.
//
// Segment: 64 bytes of head, then blocks. Block: 80 bytes of head, then jobs, returns and events. All
// numbers are big-endian; each head ends with a CRC-32, that of a block covers its rows as well.

import { crc32 } from 'node:zlib';

export interface Counts {
  jobs: number;
  returns: number;
  events: number;
}

export interface Block {
  /** Counts from 1 over the life of a spool, without a gap. */
  readonly batch: number;
  /** When it was closed, in milliseconds since the epoch. */
  readonly closedAtMs: number;
  /** Rows in this block. */
  readonly rows: Counts;
  /** Rows of the spool up to and with this block. */
  readonly total: Counts;
  readonly jobs: Buffer;
  readonly returns: Buffer;
  readonly events: Buffer;
}

export interface SegmentHead {
  /** The spool's identity in `salt_spools`. */
  readonly spool: string;
  /** Of the first block in it. */
  readonly firstBatch: number;
  /** Rows of the spool before its first block. */
  readonly before: Counts;
}

export const segmentHeadBytes = 64;
export const blockHeadBytes = 80;

const segmentMark = 0x534a5331;
const blockMark = 0x534a4231;

export function noRows(): Counts {
  return { jobs: 0, returns: 0, events: 0 };
}

export function addCounts(one: Readonly<Counts>, other: Readonly<Counts>): Counts {
  return {
    jobs: one.jobs + other.jobs,
    returns: one.returns + other.returns,
    events: one.events + other.events,
  };
}

export function subtractCounts(from: Readonly<Counts>, other: Readonly<Counts>): Counts {
  return {
    jobs: from.jobs - other.jobs,
    returns: from.returns - other.returns,
    events: from.events - other.events,
  };
}

export function sumOf(counts: Readonly<Counts>): number {
  return counts.jobs + counts.returns + counts.events;
}

function putBig(to: Buffer, at: number, value: number): void {
  to.writeBigUInt64BE(BigInt(value), at);
}

function takeBig(from: Buffer, at: number): number {
  return Number(from.readBigUInt64BE(at));
}

function putCounts(to: Buffer, at: number, counts: Readonly<Counts>): void {
  putBig(to, at, counts.jobs);
  putBig(to, at + 8, counts.returns);
  putBig(to, at + 16, counts.events);
}

function takeCounts(from: Buffer, at: number): Counts {
  return {
    jobs: takeBig(from, at),
    returns: takeBig(from, at + 8),
    events: takeBig(from, at + 16),
  };
}

export function encodeSegmentHead(head: SegmentHead): Buffer {
  const bytes = Buffer.alloc(segmentHeadBytes);
  bytes.writeUInt32BE(segmentMark, 0);
  Buffer.from(head.spool.replaceAll('-', ''), 'hex').copy(bytes, 4);
  putBig(bytes, 20, head.firstBatch);
  putCounts(bytes, 28, head.before);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** Null where the bytes are no head of a segment. */
export function decodeSegmentHead(bytes: Buffer): SegmentHead | null {
  if (bytes.length < segmentHeadBytes || bytes.readUInt32BE(0) !== segmentMark) return null;
  if (bytes.readUInt32BE(60) !== crc32(bytes.subarray(0, 60))) return null;
  const hex = bytes.toString('hex', 4, 20);
  const spool = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
  return { spool, firstBatch: takeBig(bytes, 20), before: takeCounts(bytes, 28) };
}

/** The head and the rows, to be written one after the other. */
export function encodeBlock(block: Block): readonly Buffer[] {
  const head = Buffer.alloc(blockHeadBytes);
  const { jobs, returns, events } = block;
  head.writeUInt32BE(blockMark, 0);
  head.writeUInt32BE(jobs.length, 4);
  head.writeUInt32BE(returns.length, 8);
  head.writeUInt32BE(events.length, 12);
  putBig(head, 16, block.batch);
  putBig(head, 24, block.closedAtMs);
  putCounts(head, 32, block.total);
  head.writeUInt32BE(block.rows.jobs, 56);
  head.writeUInt32BE(block.rows.returns, 60);
  head.writeUInt32BE(block.rows.events, 64);
  let crc = crc32(head.subarray(0, 76));
  for (const part of [jobs, returns, events]) crc = crc32(part, crc);
  head.writeUInt32BE(crc, 76);
  return [head, jobs, returns, events].filter((part) => part.length > 0);
}

/**
 * How many bytes the block takes whose head begins at `at`.
 *
 * @returns null where no head is there
 */
export function blockSize(bytes: Buffer, at: number): number | null {
  if (at + blockHeadBytes > bytes.length || bytes.readUInt32BE(at) !== blockMark) return null;
  const parts =
    bytes.readUInt32BE(at + 4) + bytes.readUInt32BE(at + 8) + bytes.readUInt32BE(at + 12);
  return blockHeadBytes + parts;
}

/**
 * The block at `at`; its rows lie in `bytes`.
 *
 * @returns null where it is not whole or its checksum is another
 */
export function decodeBlock(bytes: Buffer, at: number): Block | null {
  const size = blockSize(bytes, at);
  if (size === null || at + size > bytes.length) return null;
  const head = bytes.subarray(at, at + blockHeadBytes);
  const rows = bytes.subarray(at + blockHeadBytes, at + size);
  if (head.readUInt32BE(76) !== crc32(rows, crc32(head.subarray(0, 76)))) return null;
  const jobsEnd = head.readUInt32BE(4);
  const returnsEnd = jobsEnd + head.readUInt32BE(8);
  return {
    batch: takeBig(head, 16),
    closedAtMs: takeBig(head, 24),
    total: takeCounts(head, 32),
    rows: {
      jobs: head.readUInt32BE(56),
      returns: head.readUInt32BE(60),
      events: head.readUInt32BE(64),
    },
    jobs: rows.subarray(0, jobsEnd),
    returns: rows.subarray(jobsEnd, returnsEnd),
    events: rows.subarray(returnsEnd),
  };
}
