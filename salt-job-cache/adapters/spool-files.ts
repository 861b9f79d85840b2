// The files of a spool: segments made, found and scanned, blocks read and written as a whole.

import { open, readdir, rename, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '#adapters/postgres-server/atomic-file.ts';
import type { Block, SegmentHead } from '../src/ingest/block.ts';
import {
  blockHeadBytes,
  blockSize,
  decodeBlock,
  decodeSegmentHead,
  encodeSegmentHead,
  segmentHeadBytes,
} from '../src/ingest/block.ts';

/** The directory can't be used as a spool. */
export class SpoolError extends Error {
  override readonly name: string = 'SpoolError';
}

export interface Segment {
  readonly path: string;
  readonly head: SegmentHead;
  /** Bytes that hold whole blocks. */
  length: number;
}

const segmentName = /^\d{16}\.segment$/u;

function nameOf(firstBatch: number): string {
  return `${String(firstBatch).padStart(16, '0')}.segment`;
}

/** What a segment holds: its valid length and its last block. */
export interface Scan {
  readonly length: number;
  readonly last: Block | null;
  readonly size: number;
}

/** @param into what is read lies in it, where it has room */
export async function readAt(
  file: FileHandle,
  at: number,
  size: number,
  into?: Buffer,
): Promise<Buffer> {
  const bytes = into !== undefined && into.length >= size ? into : Buffer.allocUnsafe(size);
  let have = 0;
  while (have < size) {
    const { bytesRead } = await file.read(bytes, have, size - have, at + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return bytes.subarray(0, have);
}

/** Reads one block; null where none begins there as a whole. */
export async function readBlock(
  file: FileHandle,
  at: number,
  limit: number,
): Promise<Block | null> {
  const head = await readAt(file, at, blockHeadBytes);
  const size = blockSize(head, 0);
  if (size === null || at + size > limit) return null;
  return decodeBlock(await readAt(file, at, size), 0);
}

export function bytesOf(block: Block): number {
  return blockHeadBytes + block.jobs.length + block.returns.length + block.events.length;
}

export async function scan(path: string): Promise<Scan> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let length = segmentHeadBytes;
    let last: Block | null = null;
    for (;;) {
      const block = await readBlock(file, length, size);
      if (block === null) return { length, last, size };
      last = { ...block, jobs: none, returns: none, events: none };
      length += bytesOf(block);
    }
  } finally {
    await file.close();
  }
}

const none = Buffer.alloc(0);

async function headOf(path: string): Promise<SegmentHead | null> {
  const file = await open(path, 'r');
  try {
    return decodeSegmentHead(await readAt(file, 0, segmentHeadBytes));
  } finally {
    await file.close();
  }
}

export function decodeAll(chunk: Buffer): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  for (;;) {
    const block = decodeBlock(chunk, at);
    if (block === null) return blocks;
    blocks.push(block);
    at += bytesOf(block);
  }
}

/** All or nothing: what was written of a block that failed is cut off again. */
export async function writeWhole(
  file: FileHandle,
  parts: readonly Buffer[],
  size: number,
  at: number,
): Promise<void> {
  try {
    const { bytesWritten } = await file.writev([...parts], at);
    if (bytesWritten !== size) {
      // Linux writes less only where there is no room for more; asked again it says so.
      const whole = Buffer.concat(parts);
      const rest = whole.subarray(bytesWritten);
      const more = await file.write(rest, 0, rest.length, at + bytesWritten);
      if (more.bytesWritten !== rest.length) {
        throw new SpoolError(`Cannot write ${size} bytes to the spool: the disk took fewer`);
      }
    }
    await file.datasync();
  } catch (error) {
    await file.truncate(at).catch(() => undefined);
    throw error;
  }
}

export async function createSegment(directory: string, head: SegmentHead): Promise<Segment> {
  const path = join(directory, nameOf(head.firstBatch));
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(encodeSegmentHead(head));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncDirectory(directory);
  return { path, head, length: segmentHeadBytes };
}

export async function findSegments(directory: string, repairs: string[]): Promise<Segment[]> {
  const names = (await readdir(directory)).filter((name) => segmentName.test(name)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const head = await headOf(path);
    const isOurs = head !== null && head.spool === (segments[0]?.head.spool ?? head.spool);
    if (isOurs) {
      // How much of the last one is whole is found out later; the others were whole when it was begun.
      const { size } = await stat(path);
      segments.push({ path, head, length: size });
    } else {
      await rename(path, `${path}.damaged`);
      repairs.push(`Set ${path} aside as ${name}.damaged: its head can't be read`);
    }
  }
  return segments;
}
