// Moves blocks from the spool to the database, in order, for as long as it takes. After any trouble the
// database is asked how far the spool is stored: a transaction whose end is unknown may have been committed,
// and after a failover one that was committed may be gone.

import type { Clock } from '#adapters/system/clock.ts';
import { delay } from '#adapters/system/clock.ts';
import type { RejectedFile } from '../../adapters/rejected-file.ts';
import type { StoredMark } from '../../adapters/stored-mark.ts';
import type { Spool } from '../../adapters/spool.ts';
import { SpoolError } from '../../adapters/spool-files.ts';
import type { Database } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import type { Problems } from '../service/problems.ts';
import type { Block, Counts } from './block.ts';
import { noRows } from './block.ts';
import { SignalFlag } from './signal-flag.ts';
import type { Blocks } from './store-blocks.ts';
import { OutOfStepError, storeBlocks, storedBatch } from './store-blocks.ts';

/** About so much goes into one transaction when much waits. */
const transactionBytes = 4 * 1024 * 1024;
const firstRetryMs = 100;
const longestRetryMs = 5000;
/** How often how far the spool is stored is noted while much is. */
const markMs = 1000;

export interface StorerLog {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface StorerOptions {
  readonly clock: Clock;
  readonly problems: Problems;
  readonly log: StorerLog;
  readonly rejected: RejectedFile;
  readonly mark: StoredMark;
  readonly onRejected: (rows: number) => void;
}

export class Storer {
  readonly #spool: Spool;
  readonly #database: Database;
  readonly #options: StorerOptions;
  readonly #flag: SignalFlag = new SignalFlag();
  /** Null while the database has to be asked. */
  #stored: number | null = null;
  #total: Readonly<Counts> = noRows();
  #waitingSinceMs: number | null = null;
  #lastWriteMs: number | null = null;
  #marked = 0;
  #markedAtMs = 0;
  #retryMs = firstRetryMs;
  /** Holds the rows of one transaction after the other. */
  readonly #room: Buffer = Buffer.allocUnsafe(transactionBytes);
  #isStopping = false;
  readonly #stopped: AbortController = new AbortController();

  constructor(spool: Spool, database: Database, options: StorerOptions) {
    this.#spool = spool;
    this.#database = database;
    this.#options = options;
  }

  /** Rows of the spool that are committed. */
  get total(): Readonly<Counts> {
    return this.#total;
  }

  /** When rows were last committed; null before the first time. */
  get lastWriteMs(): number | null {
    return this.#lastWriteMs;
  }

  /** When the block was closed that is being stored; null where none is. */
  get waitingSinceMs(): number | null {
    return this.#waitingSinceMs;
  }

  /** Takes the last note for what is stored, until the database can be asked. */
  async guess(): Promise<void> {
    const noted = Math.min(await this.#options.mark.read(), this.#spool.lastBatch);
    const { total } = await this.#spool.seek(noted);
    this.#total = total;
    this.#marked = noted;
    try {
      await this.#noticeWaiting();
    } catch (error) {
      if (!(error instanceof SpoolError)) throw error;
      this.#options.log.error({}, error.message);
    }
  }

  /** What waits is known before the database can be asked; reading goes on elsewhere once it was. */
  async #noticeWaiting(): Promise<void> {
    if (this.#waitingSinceMs !== null) return;
    const [first] = await this.#spool.read(1);
    this.#waitingSinceMs = first?.closedAtMs ?? null;
  }

  /** A block was appended. */
  appended(): void {
    this.#flag.set();
  }

  /** Stores until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        const isDone = await this.#step();
        this.#retryMs = firstRetryMs;
        if (!isDone) continue;
        if (this.#isStopping) return;
        await this.#flag.wait();
      } catch (error) {
        await this.#trouble(error);
      }
    }
  }

  /** Ends `run` once all that is spooled is stored, or as soon as that meets with trouble. */
  stop(): void {
    this.#isStopping = true;
    this.#flag.set();
    if (this.#stored === null) this.abandon();
  }

  /** Ends `run` at the next occasion. */
  abandon(): void {
    this.#isStopping = true;
    this.#stopped.abort();
    this.#flag.set();
  }

  /** @returns whether nothing waits any more */
  async #step(): Promise<boolean> {
    if (this.#stored === null) await this.#noticeWaiting();
    const stored = this.#stored ?? (await this.#ask());
    const [first, ...others] = await this.#spool.read(transactionBytes, this.#room);
    if (first === undefined) {
      this.#waitingSinceMs = null;
      this.#clearProblems();
      await this.#note(stored);
      return true;
    }
    this.#waitingSinceMs = first.closedAtMs;
    await this.#store(stored, [first, ...others]);
    return false;
  }

  async #store(stored: number, blocks: Blocks): Promise<void> {
    const { rejected, onRejected, clock } = this.#options;
    const last: Block = blocks.at(-1) ?? blocks[0];
    const refused = await storeBlocks(
      this.#database,
      { spool: this.#spool.uuid, stored },
      blocks,
      async (rows) => rejected.append(rows),
    );
    if (refused > 0) {
      onRejected(refused);
      this.#options.log.warn(
        { rows: refused, file: rejected.path },
        'Set rows aside that the database refused',
      );
    }
    this.#stored = last.batch;
    this.#total = last.total;
    this.#lastWriteMs = clock.now();
    this.#clearProblems();
    await this.#spool.release(last.batch);
    if (clock.now() - this.#markedAtMs >= markMs) await this.#note(last.batch);
  }

  async #note(stored: number): Promise<void> {
    if (stored === this.#marked) return;
    this.#marked = stored;
    this.#markedAtMs = this.#options.clock.now();
    await this.#options.mark.write(stored);
  }

  #clearProblems(): void {
    this.#options.problems.clear('database-away');
    this.#options.problems.clear('database-refuses');
  }

  async #ask(): Promise<number> {
    const stored = await storedBatch(this.#database, this.#spool.uuid);
    if (stored > this.#spool.lastBatch) {
      throw new JobCacheError(
        `Cannot store the spool: the database has ${stored} blocks of it, the spool only ${this.#spool.lastBatch}. It is an old copy of itself; move its directory away, and the service makes a new one`,
        { kind: 'SpoolError' },
      );
    }
    const { missing, total } = await this.#spool.seek(stored);
    if (missing > 0) {
      this.#options.log.error(
        { blocks: missing, stored },
        'Blocks that this database does not have are not in the spool any more: their rows are lost, as after a failover or a restore to an earlier time, or where the disk damaged them',
      );
    }
    this.#stored = stored;
    this.#total = total;
    return stored;
  }

  async #trouble(error: unknown): Promise<void> {
    const { problems, log } = this.#options;
    this.#stored = null;
    // Asking again is all it takes.
    if (error instanceof OutOfStepError) return this.#rest();
    if (error instanceof SpoolError) {
      log.error({}, error.message);
      return this.#rest();
    }
    if (!(error instanceof JobCacheError)) throw error;
    problems.set(error.isTransient ? 'database-away' : 'database-refuses', error.message);
    if (this.#isStopping) this.abandon();
    return this.#rest();
  }

  async #rest(): Promise<void> {
    const ms = this.#retryMs;
    this.#retryMs = Math.min(ms * 2, longestRetryMs);
    // Cut short when the service ends.
    await delay(ms, this.#stopped.signal).catch(() => undefined);
  }
}
