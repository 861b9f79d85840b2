// Salt's job cache on PostgreSQL: the functions of Salt's returner `postgres_local_cache`, on kept connections
// and prepared statements. In compatible mode rows and errors are those of Salt's own module; in the default
// mode they are better, and Salt's own module reads them as well.

import type { Clock } from './clock.ts';
import type { Database } from './database/database.ts';
import type { JobCacheError } from './errors.ts';
import { eventReturn } from './functions/event-return.ts';
import { getJid } from './functions/get-jid.ts';
import type { JobListing, JobPage, ListRules } from './functions/get-jids.ts';
import { getJids } from './functions/get-jids.ts';
import { getLoad } from './functions/get-load.ts';
import { insertJobs, insertReturns } from './functions/insert-rows.ts';
import { forJob } from './functions/job-error.ts';
import type { JidDesk } from './functions/prep-jid.ts';
import { compatibleDesk, ReservingDesk } from './functions/prep-jid.ts';
import { cleanJid, jidSource } from './jid.ts';
import { checkEncodable } from './rows/adapt.ts';
import { compatibleJobRow, compatibleReturnRow } from './rows/compatible-rows.ts';
import { cleanOldJobs } from './retention/clean-old-jobs.ts';
import { defaultJobRow, defaultReturnRow, storedJid } from './rows/default-rows.ts';
import type { JobRow, ReturnRow } from './rows/rows.ts';
import type { PythonValue } from './value/python-value.ts';
import { isTrue } from './value/truth.ts';
import { WriteCombiner } from './write-combiner.ts';

export type { JobListing, JobPage } from './functions/get-jids.ts';

export interface JobCacheOptions {
  /** `compatible`: rows byte for byte as Salt's own module writes them, and its errors. */
  readonly mode?: 'default' | 'compatible';
  /** The `id` of the master, which events are stored under: `host_master`. */
  readonly masterId: string;
  readonly clock: Clock;
  /**
   * As Salt's option `keep_jobs_seconds`: older jobs are not listed, and `cleanOldJobs` deletes them; 0: all are
   * listed and none deleted. Default: a day.
   */
  readonly keepJobsSeconds?: number;
  /** Once aborted `cleanOldJobs` finishes the batch at work and begins no other. */
  readonly interrupted?: AbortSignal;
  /** Told of what is not worth an error: a row that can't be read, reservations that can't be kept. */
  readonly onProblem?: (error: JobCacheError) => void;
}

const jobSize = (row: JobRow): number =>
  row.tgt.length + row.kwargs.length + row.ret.length + row.arg.length + row.fun.length;
const returnSize = (row: ReturnRow): number => row.return.length + row.id.length + row.fun.length;

/**
 * Every function throws `JobCacheError`, with the jid and the field as far as there are any. Where it is
 * transient, the database was away: nothing is sent a second time by itself, as it may have been stored.
 */
export class PostgresLocalCache {
  readonly #database: Database;
  readonly #masterId: string;
  readonly #rules: ListRules;
  readonly #desk: JidDesk;
  readonly #jobs: WriteCombiner<JobRow>;
  readonly #returns: WriteCombiner<ReturnRow>;
  readonly #interrupted: AbortSignal | undefined;

  /** The database stays the caller's to close. */
  constructor(database: Database, options: JobCacheOptions) {
    const { clock, masterId, keepJobsSeconds = 86_400, interrupted } = options;
    const isCompatible = options.mode === 'compatible';
    const onProblem = options.onProblem ?? (() => undefined);
    const generate = jidSource(clock);
    this.#database = database;
    this.#masterId = masterId;
    this.#rules = { isCompatible, onProblem, clock, keepJobsSeconds };
    this.#interrupted = interrupted;
    this.#desk = isCompatible
      ? compatibleDesk(database, generate)
      : new ReservingDesk(database, generate, clock, onProblem);
    this.#jobs = new WriteCombiner(
      async (rows) => insertJobs(database, rows, !isCompatible),
      jobSize,
    );
    this.#returns = new WriteCombiner(async (rows) => insertReturns(database, rows), returnSize);
  }

  /**
   * A jid for a new job, later than any this process gave out. By default it is reserved until its load is
   * stored; in compatible mode it is only looked for, as Salt does.
   *
   * @param _nocache ignored, as by Salt
   * @param passedJid given back as it is, without a look at the database, unless it is empty or zero
   */
  async prepJid(
    _nocache: PythonValue = false,
    passedJid: PythonValue = null,
  ): Promise<PythonValue> {
    if (isTrue(passedJid)) return passedJid;
    return forJob('make a job id', {}, async () => this.#desk.nextJid());
  }

  /**
   * Stores what was published. By default a jid that is there already keeps its first load, as every return
   * comes with a load too; in compatible mode that is a `UniqueViolation`.
   *
   * @param clearLoad a dict with fun, arg, tgt, tgt_type, cmd, kwargs, ret, user; other keys are not stored
   * @param _minions ignored, as by Salt
   */
  async saveLoad(jid: PythonValue, clearLoad: PythonValue, _minions?: PythonValue): Promise<null> {
    const rowOf = this.#rules.isCompatible ? compatibleJobRow : defaultJobRow;
    const row = rowOf(jid, clearLoad);
    await forJob('save the load', { jid: row.jid }, async () => this.#jobs.add(row));
    return null;
  }

  /** Does nothing, as Salt's: its tables have no place for the minions of a job. */
  async saveMinions(
    _jid: PythonValue,
    _minions: PythonValue,
    _syndicId?: PythonValue,
  ): Promise<null> {
    return Promise.resolve(null);
  }

  /**
   * Stores what a minion returned.
   *
   * @param load a dict with jid, id, fun and return; retcode, success and (by default) out are stored too
   */
  async returner(load: PythonValue): Promise<null> {
    const row = this.#rules.isCompatible ? compatibleReturnRow(load) : defaultReturnRow(load);
    const { jid, id, fun } = row;
    await forJob('store the return', { jid, indexed: { id, fun } }, async () =>
      this.#returns.add(row),
    );
    return null;
  }

  /**
   * @returns jid, tgt_type, cmd, tgt, kwargs, ret, user, arg, fun: all texts, as they are stored. Empty where
   *   there is no such job
   */
  async getLoad(jid: PythonValue): Promise<ReadonlyMap<string, PythonValue>> {
    const text = this.#jidText(jid);
    return forJob('read the load', { jid: text }, async () => getLoad(this.#database, text));
  }

  /**
   * @returns by minion: a dict with the key `return` and whatever else was stored. By default the last return
   *   of a minion, and a row that is no JSON as its text; in compatible mode that is a `JSONDecodeError`
   */
  async getJid(jid: PythonValue): Promise<ReadonlyMap<string, PythonValue>> {
    const text = this.#jidText(jid);
    return forJob('read the returns', { jid: text }, async () =>
      getJid(this.#database, text, this.#rules),
    );
  }

  /**
   * The jobs of the last `keepJobsSeconds`, newest first.
   *
   * @param page not in compatible mode
   * @returns by jid: Function, Arguments, Target, Target-type, User, StartTime
   */
  async getJids(page?: JobPage): Promise<JobListing> {
    return forJob('list jobs', {}, async () => getJids(this.#database, page, this.#rules));
  }

  /**
   * Stores events of the master's bus.
   *
   * @param events a list of dicts with tag and data
   * @throws {JobCacheError} by default of the bad events, once the good ones are stored; in compatible mode
   *   nothing is stored then
   */
  async eventReturn(events: PythonValue): Promise<null> {
    await eventReturn(this.#database, events, {
      isCompatible: this.#rules.isCompatible,
      masterId: this.#masterId,
    });
    return null;
  }

  /**
   * Deletes jobs older than `keepJobsSeconds` with their returns, and events as old, in small batches; in
   * compatible mode nothing, as Salt's.
   */
  async cleanOldJobs(): Promise<null> {
    const { isCompatible, keepJobsSeconds, clock } = this.#rules;
    if (isCompatible) return null;
    const limits = { keepJobsSeconds, keepJobs: 0, keepEventsSeconds: keepJobsSeconds };
    const signal = this.#interrupted;
    await forJob('clean old jobs', {}, async () =>
      cleanOldJobs(this.#database, limits, {
        clock,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    return null;
  }

  #jidText(jid: PythonValue): string {
    if (!this.#rules.isCompatible) return storedJid('the query', jid);
    const cleaned = cleanJid(jid);
    return checkEncodable({ holder: 'the query', jid: null, field: 'jid' }, cleaned);
  }
}
