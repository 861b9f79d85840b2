// Deletes what has expired, in small batches that are transactions of their own: jobs with their returns and
// reservations, returns without a job, events. May be interrupted anywhere; what is left is found again.

import { delay } from '#adapters/system/clock.ts';
import type { Clock } from '../clock.ts';
import type { Database, Session } from '../database/database.ts';
import { dropExpiredPartitions } from '../partitions/maintain.ts';
import { digitsOf, timestampOf } from '../partitions/span.ts';
import type { Cutoffs, Limits } from './limits.ts';
import { cutoffsOf } from './limits.ts';
import type { Pace } from './pace.ts';
import { firstPace, nextPace } from './pace.ts';
import {
  boundary,
  deleteEvents,
  deleteJobs,
  deleteOrphansByAdded,
  deleteOrphansByJid,
  deleteReservations,
  deleteReservationsOf,
  deleteReturns,
  expiredByAge,
  expiredByNumber,
  expiredWithoutTime,
  onlyByIndex,
} from './statements.ts';

/** Rows that were deleted one by one, and partitions that were dropped with all their rows. */
export interface CleanedRows {
  readonly jobs: number;
  readonly returns: number;
  readonly events: number;
  readonly reservations: number;
  readonly partitions: number;
}

export interface CleanOptions {
  /** Once aborted the batch at work is finished, and no other is begun. */
  readonly signal?: AbortSignal;
  /** After each batch: all that was deleted so far. */
  readonly onProgress?: (cleaned: CleanedRows) => void;
  readonly clock: Clock;
  /** Rests between two batches; by default as long as the last one took. */
  readonly pause?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const nothing: CleanedRows = { jobs: 0, returns: 0, events: 0, reservations: 0, partitions: 0 };
const earliest = '-infinity';

/** What one batch did. `isLast`: nothing of this kind is left. */
interface Batch {
  readonly cleaned: Partial<CleanedRows>;
  readonly isLast: boolean;
}

/** An aborted rest is no failure: the loop sees the signal itself. */
async function rest(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, signal).catch(() => undefined);
}

class Cleaning {
  readonly #database: Database;
  readonly #options: CleanOptions;
  #cleaned: CleanedRows = nothing;
  #pace: Pace = firstPace;

  constructor(database: Database, options: CleanOptions) {
    this.#database = database;
    this.#options = options;
  }

  get cleaned(): CleanedRows {
    return this.#cleaned;
  }

  get isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  add(more: Partial<CleanedRows>): void {
    const { jobs, returns, events, reservations, partitions } = this.#cleaned;
    this.#cleaned = {
      jobs: jobs + (more.jobs ?? 0),
      returns: returns + (more.returns ?? 0),
      events: events + (more.events ?? 0),
      reservations: reservations + (more.reservations ?? 0),
      partitions: partitions + (more.partitions ?? 0),
    };
    this.#options.onProgress?.(this.#cleaned);
  }

  /** Batch after batch until one is the last. */
  async run(batch: (session: Session, rows: number) => Promise<Batch>): Promise<void> {
    const { clock, signal, pause = rest } = this.#options;
    while (!this.isAborted) {
      const began = clock.nowMicros();
      const { rows } = this.#pace;
      const { cleaned, isLast } = await this.#database.transaction(async (session) => {
        await session.run({ name: 'clean-by-index', text: onlyByIndex });
        return batch(session, rows);
      });
      this.#pace = nextPace(this.#pace, Number(clock.nowMicros() - began) / 1000);
      this.add(cleaned);
      if (isLast) return;
      await pause(this.#pace.pauseMs, signal);
    }
  }
}

/**
 * The jobs a query finds, with all that belongs to them. Where their returns are more than a batch takes,
 * the jobs stay until a later batch has deleted the last of them: no return is ever left without its job.
 */
async function deleteJobsWith(
  session: Session,
  jids: readonly string[],
  rows: number,
): Promise<{ readonly cleaned: Partial<CleanedRows>; readonly isComplete: boolean }> {
  const returns = await session.run({ name: 'clean-returns', text: deleteReturns }, [jids, rows]);
  if (returns.rowCount >= rows) {
    return { cleaned: { returns: returns.rowCount }, isComplete: false };
  }
  const reservations = await session.run(
    { name: 'clean-reservations-of', text: deleteReservationsOf },
    [jids],
  );
  const jobs = await session.run({ name: 'clean-jobs', text: deleteJobs }, [jids]);
  const cleaned = {
    returns: returns.rowCount,
    reservations: reservations.rowCount,
    jobs: jobs.rowCount,
  };
  return { cleaned, isComplete: true };
}

/** Walks on from where the last batch ended, rather than through what was just deleted once more. */
function jobsBatch(
  query: string,
  values: (rows: number, started: string, jid: string) => readonly unknown[],
): (session: Session, rows: number) => Promise<Batch> {
  let last: readonly [started: string, jid: string] = [earliest, ''];
  return async (session, rows) => {
    const jobs = Math.max(1, Math.ceil(rows / 4));
    const found = await session.run({ text: query }, values(jobs, ...last));
    const jids = found.rows.map(({ jid }) => String(jid));
    if (jids.length === 0) return { cleaned: {}, isLast: true };
    const { cleaned, isComplete } = await deleteJobsWith(session, jids, rows);
    const end = found.rows.at(-1);
    if (isComplete && typeof end?.['started'] === 'string')
      last = [end['started'], jids.at(-1) ?? ''];
    return { cleaned, isLast: isComplete && jids.length < jobs };
  };
}

function rowsBatch(
  statement: string,
  value: string,
  key: 'returns' | 'events' | 'reservations',
): (session: Session, rows: number) => Promise<Batch> {
  return async (session, rows) => {
    const { rowCount } = await session.run({ text: statement }, [value, rows]);
    return { cleaned: { [key]: rowCount }, isLast: rowCount < rows };
  };
}

async function cleanByAge(cleaning: Cleaning, cutoff: bigint): Promise<void> {
  const time = timestampOf(cutoff);
  const digits = digitsOf(cutoff);
  await cleaning.run(jobsBatch(expiredByAge, (rows, started, jid) => [time, rows, started, jid]));
  await cleaning.run(jobsBatch(expiredWithoutTime, (rows) => [digits, rows]));
  await cleaning.run(rowsBatch(deleteOrphansByJid, digits, 'returns'));
  await cleaning.run(rowsBatch(deleteOrphansByAdded, time, 'returns'));
}

async function cleanByNumber(
  database: Database,
  cleaning: Cleaning,
  keepJobs: number,
): Promise<void> {
  const { rows } = await database.run({ text: boundary }, [keepJobs]);
  const found = rows[0];
  if (found === undefined) return;
  const [time, last] = [String(found['started']), String(found['jid'])];
  await cleaning.run(
    jobsBatch(expiredByNumber, (rows, started, jid) => [time, rows, started, jid, last]),
  );
}

async function readCutoffs(database: Database, limits: Limits, clock: Clock): Promise<Cutoffs> {
  const { rows } = await database.run({
    text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text AS "now"',
  });
  return cutoffsOf(limits, [clock.nowMicros(), BigInt(String(rows[0]?.['now']))]);
}

/**
 * Deletes jobs that are too old or too many, with everything that belongs to them, returns without a job by
 * the time of their own, old events, and reservations of a day ago. A job that still gets returns expires by
 * its age all the same; a return that comes after that is deleted the next time.
 *
 * @returns what was deleted, also where it was interrupted
 * @throws JobCacheError; what was deleted before stays deleted
 * @throws RangeError for limits that are none
 */
export async function cleanOldJobs(
  database: Database,
  limits: Limits,
  options: CleanOptions,
): Promise<CleanedRows> {
  const cutoffs = await readCutoffs(database, limits, options.clock);
  const cleaning = new Cleaning(database, options);
  const { jobs, events } = cutoffs;
  const dropped = await dropExpiredPartitions(database, { jobs, events });
  if (dropped.length > 0) cleaning.add({ partitions: dropped.length });
  if (jobs !== null) await cleanByAge(cleaning, jobs);
  if (limits.keepJobs > 0) await cleanByNumber(database, cleaning, limits.keepJobs);
  if (events !== null) await cleaning.run(rowsBatch(deleteEvents, timestampOf(events), 'events'));
  const reserved = timestampOf(cutoffs.reservations);
  await cleaning.run(rowsBatch(deleteReservations, reserved, 'reservations'));
  return cleaning.cleaned;
}
