// What the service does for the tables every minute: deletes what has expired, and makes partitions ahead.

import { delay } from '#adapters/system/clock.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { maintainPartitions } from '../partitions/maintain.ts';
import { cleanOldJobs } from '../retention/clean-old-jobs.ts';
import type { Problems } from './problems.ts';
import type { ServiceConfig } from './service-config.ts';
import type { CleanStatus } from './service-status.ts';

const everyMs = 60_000;

export interface UpkeepLog {
  info(facts: object, message: string): void;
}

export type UpkeepConfig = Pick<
  ServiceConfig,
  'keepJobsSeconds' | 'keepJobs' | 'keepEventsSeconds' | 'partitions'
>;

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly problems: Problems;
  readonly log: UpkeepLog;
}

export class Upkeep {
  readonly #database: Database;
  readonly #options: UpkeepOptions;
  #config: UpkeepConfig;
  #lastClean: CleanStatus | null = null;

  constructor(database: Database, config: UpkeepConfig, options: UpkeepOptions) {
    this.#database = database;
    this.#config = config;
    this.#options = options;
  }

  get lastClean(): CleanStatus | null {
    return this.#lastClean;
  }

  /** Counts from the next round on. */
  adjust(config: UpkeepConfig): void {
    this.#config = config;
  }

  /** Works until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#try('partitions', async () => this.#extend());
      await this.#try('retention', async () => this.#clean(signal));
      await delay(everyMs, signal).catch(() => undefined);
    }
  }

  async #try(kind: 'partitions' | 'retention', work: () => Promise<void>): Promise<void> {
    const { problems } = this.#options;
    try {
      await work();
      problems.clear(kind);
    } catch (error) {
      if (!(error instanceof JobCacheError)) throw error;
      problems.set(kind, error.message);
    }
  }

  async #extend(): Promise<void> {
    if (!this.#config.partitions) return;
    for (const sentence of await maintainPartitions(this.#database)) {
      this.#options.log.info({}, sentence);
    }
  }

  async #clean(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const { keepJobsSeconds, keepJobs, keepEventsSeconds } = this.#config;
    const limits = { keepJobsSeconds, keepJobs, keepEventsSeconds };
    const cleaned = await cleanOldJobs(this.#database, limits, { clock, signal });
    const { jobs, returns, events } = cleaned;
    const at = new Date(Number(clock.nowMicros() / 1000n)).toISOString();
    this.#lastClean = { at, jobs, returns, events };
    if (Object.values(cleaned).some((count) => count > 0))
      log.info(cleaned, 'Deleted expired rows');
  }
}
