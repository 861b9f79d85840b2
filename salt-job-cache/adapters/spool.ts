// The spool on disk: blocks appended to segments, read back in order, and deleted once they are stored. What
// was appended is on the disk itself, so that neither the end of this process nor a power cut loses it.
//
// A block that was written in part, because the disk was full or the machine went down, is cut off again:
// after an error at once, else at the next start. Some stored blocks stay: a failover may lose transactions
// that were thought to be committed, and they are stored again then.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Block, Counts, SegmentHead } from '../src/ingest/block.ts';
import {
  addCounts,
  encodeBlock,
  noRows,
  segmentHeadBytes,
  subtractCounts,
} from '../src/ingest/block.ts';
import type { Segment } from './spool-files.ts';
import {
  bytesOf,
  createSegment,
  decodeAll,
  findSegments,
  readAt,
  readBlock,
  scan,
  SpoolError,
  writeWhole,
} from './spool-files.ts';
import type { DirectoryLock } from './spool-lock.ts';
import { lockDirectory } from './spool-lock.ts';

/** The spool takes no more; nothing was written. */
export class SpoolFullError extends Error {
  override readonly name: string = 'SpoolFullError';
}

export interface SpoolOptions {
  readonly limitBytes: number;
  /** A segment that is larger is followed by the next. */
  readonly segmentBytes?: number;
}

const largestSegmentBytes = 16 * 1024 * 1024;
/** So many of them fit at least, so that there is room for new ones while old ones are being stored. */
const segmentsInLimit = 8;

/** Stored segments that are kept for the case that a failover lost what they hold. */
const keptSegments = 1;

/** Where reading goes on. */
interface Place {
  readonly segment: Segment;
  readonly at: number;
  /** Number of the next block. */
  readonly next: number;
}

/** What `seek` found. */
export interface Sought {
  /** Blocks after the wanted one that are not here any more. */
  readonly missing: number;
  /** Rows up to where reading goes on. */
  readonly total: Readonly<Counts>;
}

export class Spool implements AsyncDisposable {
  readonly uuid: string;
  readonly #directory: string;
  readonly #options: Required<SpoolOptions>;
  readonly #lock: DirectoryLock;
  readonly #segments: Segment[];
  #file: FileHandle;
  #lastBatch: number;
  #total: Counts;
  #place: Place;
  /** Number of the last block that need not be kept. */
  #released = 0;
  /** What had to be repaired at the start, a sentence each. */
  readonly repairs: readonly string[];

  private constructor(parts: {
    readonly directory: string;
    readonly options: Required<SpoolOptions>;
    readonly lock: DirectoryLock;
    readonly segments: Segment[];
    readonly file: FileHandle;
    readonly lastBatch: number;
    readonly total: Counts;
    readonly repairs: readonly string[];
  }) {
    this.#directory = parts.directory;
    this.#options = parts.options;
    this.#lock = parts.lock;
    this.#segments = parts.segments;
    this.#file = parts.file;
    this.#lastBatch = parts.lastBatch;
    this.#total = parts.total;
    this.repairs = parts.repairs;
    const first = parts.segments[0] as Segment;
    this.uuid = first.head.spool;
    this.#place = beginningOf(first);
  }

  /**
   * Opens the spool in the directory, or makes one. Blocks are read from its beginning.
   *
   * @throws SpoolError where another process has it
   */
  static async open(directory: string, options: SpoolOptions): Promise<Spool> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = lockDirectory(directory);
    if (lock === null) {
      throw new SpoolError(
        `Cannot use the spool ${directory}: another process works on it; stop it first, or give this one a directory of its own`,
      );
    }
    try {
      const repairs: string[] = [];
      const segments = await findSegments(directory, repairs);
      if (segments.length === 0) segments.push(await createSegment(directory, firstHead()));
      const last = segments.at(-1) as Segment;
      const found = await scan(last.path);
      if (found.size > found.length) {
        repairs.push(
          `Cut ${found.size - found.length} bytes of a block that was not written to its end from ${last.path}`,
        );
      }
      const file = await open(last.path, 'r+');
      await file.truncate(found.length);
      last.length = found.length;
      return new Spool({
        directory,
        options: { segmentBytes: segmentBytesFor(options.limitBytes), ...options },
        lock,
        segments,
        file,
        lastBatch: found.last?.batch ?? last.head.firstBatch - 1,
        total: found.last?.total ?? last.head.before,
        repairs,
      });
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Number of the last block; 0 before the first. */
  get lastBatch(): number {
    return this.#lastBatch;
  }

  /** Number of the oldest block that is still here. */
  get firstBatch(): number {
    return this.#segments[0]?.head.firstBatch ?? 1;
  }

  /** Rows of all blocks there ever were. */
  get total(): Readonly<Counts> {
    return this.#total;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * Appends the rows as the next block and waits until they are on the disk. Only one call at a time.
   *
   * @throws SpoolFullError, or the system's error; the spool is as it was before
   */
  async append(rows: {
    readonly closedAtMs: number;
    readonly rows: Counts;
    readonly jobs: Buffer;
    readonly returns: Buffer;
    readonly events: Buffer;
  }): Promise<Block> {
    const total = addCounts(this.#total, rows.rows);
    const block: Block = { ...rows, batch: this.#lastBatch + 1, total };
    const size = bytesOf(block);
    await this.#startSegment();
    await this.#deleteReleased();
    if (this.bytes + size > this.#options.limitBytes) {
      throw new SpoolFullError(
        `Cannot spool ${size} bytes: ${this.bytes} of ${this.#options.limitBytes} are taken`,
      );
    }
    const segment = this.#segments.at(-1) as Segment;
    await writeWhole(this.#file, encodeBlock(block), size, segment.length);
    segment.length += size;
    this.#lastBatch = block.batch;
    this.#total = total;
    return block;
  }

  /** Begins the next segment where the last one is full. */
  async #startSegment(): Promise<void> {
    const last = this.#segments.at(-1) as Segment;
    if (last.length < this.#options.segmentBytes) return;
    const head = { spool: this.uuid, firstBatch: this.#lastBatch + 1, before: this.#total };
    const segment = await createSegment(this.#directory, head);
    const file = await open(segment.path, 'r+');
    await this.#file.close();
    this.#file = file;
    this.#segments.push(segment);
  }

  /** Goes on reading after the block of this number, or with the oldest one where that is gone. */
  async seek(batch: number): Promise<Sought> {
    const segment =
      this.#segments.findLast(({ head }) => head.firstBatch <= batch + 1) ?? this.#segments[0];
    if (segment === undefined) throw new SpoolError('Cannot seek in a spool without segments');
    this.#place = beginningOf(segment);
    this.#released = Math.min(this.#released, batch);
    for (;;) {
      const { before, next } = await this.#readSound();
      if (next !== undefined && next.batch <= batch) continue;
      this.#place = before;
      const following = next?.batch ?? this.#lastBatch + 1;
      return {
        missing: Math.max(0, following - 1 - batch),
        total: next === undefined ? this.#total : subtractCounts(next.total, next.rows),
      };
    }
  }

  /** Goes on behind blocks that can't be read. */
  async #readSound(): Promise<{ readonly before: Place; readonly next: Block | undefined }> {
    for (;;) {
      const before = this.#place;
      try {
        const [next] = await this.read(1);
        return { before, next };
      } catch (error) {
        if (!(error instanceof SpoolError)) throw error;
      }
    }
  }

  /**
   * The next blocks: at least one where there is any, and not many more bytes than asked for.
   * Reading goes on after them.
   *
   * @param into their rows lie in it where they fit, so that memory is used again
   * @throws SpoolError where some can't be read; the next call goes on behind them
   */
  async read(bytes: number, into?: Buffer): Promise<readonly Block[]> {
    const { segment, at } = this.#place;
    const available = segment.length - at;
    if (available <= 0) return this.#readNextSegment(bytes, into);
    const file = await open(segment.path, 'r');
    let blocks: Block[];
    try {
      blocks = decodeAll(await readAt(file, at, Math.min(available, bytes), into));
      if (blocks.length === 0) {
        const block = await readBlock(file, at, segment.length);
        if (block !== null) blocks = [block];
      }
    } finally {
      await file.close();
    }
    const last = blocks.at(-1);
    if (last === undefined) return this.#passOver(bytes, into);
    const read = blocks.reduce((sum, block) => sum + bytesOf(block), 0);
    this.#place = { segment, at: at + read, next: last.batch + 1 };
    return blocks;
  }

  async #readNextSegment(bytes: number, into?: Buffer): Promise<readonly Block[]> {
    const next = this.#segments[this.#segments.indexOf(this.#place.segment) + 1];
    if (next === undefined) return [];
    this.#place = beginningOf(next);
    return this.read(bytes, into);
  }

  /** What is left of the segment is no block: the rest of one that failed, unless blocks are missing. */
  async #passOver(bytes: number, into?: Buffer): Promise<readonly Block[]> {
    const { segment, at, next } = this.#place;
    this.#place = { segment, at: segment.length, next };
    const following = this.#segments[this.#segments.indexOf(segment) + 1];
    const missing = (following?.head.firstBatch ?? this.#lastBatch + 1) - next;
    if (missing === 0) return this.read(bytes, into);
    throw new SpoolError(
      `Cannot read ${missing} blocks of ${segment.path} from byte ${at}: the checksum is wrong, the disk may be failing`,
    );
  }

  /** What is stored up to this block may be deleted; the youngest of it stays while there is room. */
  async release(batch: number): Promise<void> {
    this.#released = batch;
    await this.#deleteReleased();
  }

  async #deleteReleased(): Promise<void> {
    for (;;) {
      const kept = this.bytes > this.#options.limitBytes / 2 ? 0 : keptSegments;
      const [oldest, ...younger] = this.#segments;
      const following = younger[kept];
      if (oldest === undefined || following === undefined) return;
      if (following.head.firstBatch - 1 > this.#released) return;
      if (oldest === this.#place.segment) {
        // A reader in the middle of it goes back to what was stored once; else it goes on behind it.
        const [next] = younger;
        if (next === undefined || this.#place.at < oldest.length) return;
        this.#place = beginningOf(next);
      }
      await rm(oldest.path, { force: true });
      this.#segments.shift();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    this.#lock[Symbol.dispose]();
  }
}

function beginningOf(segment: Segment): Place {
  return { segment, at: segmentHeadBytes, next: segment.head.firstBatch };
}

function segmentBytesFor(limitBytes: number): number {
  return Math.min(largestSegmentBytes, Math.floor(limitBytes / segmentsInLimit));
}

function firstHead(): SegmentHead {
  return { spool: randomUUID(), firstBatch: 1, before: noRows() };
}
