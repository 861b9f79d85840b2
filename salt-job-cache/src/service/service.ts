// The service: one database, the upkeep of its tables, ingestion where it is wanted, and a status file that
// tells how it goes.

import type { Clock } from '#adapters/system/clock.ts';
import type { Clock as WallClock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open-database.ts';
import { targetOf } from '../database/target.ts';
import { Ingestion } from '../ingest/ingestion.ts';
import { Problems } from './problems.ts';
import type { ServiceConfig } from './service-config.ts';
import type { ServiceProblem, ServiceStatus } from './service-status.ts';
import { statusVersion } from './service-status.ts';
import { StatusReporter } from './status-reporter.ts';
import { Upkeep } from './upkeep.ts';

/** One for ingestion, one for upkeep, one to spare. */
const connections = 3;
/** A statement of ingestion that takes longer is given up and tried again. */
const statementTimeoutMs = 120_000;

export interface ServiceLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface ServicePorts {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly log: ServiceLog;
}

/** What a change of these keys needs no restart for. */
const adjustable: readonly (keyof ServiceConfig)[] = [
  'keepJobsSeconds',
  'keepJobs',
  'keepEventsSeconds',
  'partitions',
  'logLevel',
];

/** Whether a running service can take over the new configuration as it is. */
export function isAdjustable(from: ServiceConfig, to: ServiceConfig): boolean {
  const keys = Object.keys(to) as (keyof ServiceConfig)[];
  return keys
    .filter((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]))
    .every((key) => adjustable.includes(key));
}

export class Service {
  readonly #config: ServiceConfig;
  readonly #ports: ServicePorts;
  readonly #database: Database;
  readonly #problems: Problems;
  readonly #upkeep: Upkeep;
  #reporter: StatusReporter | null = null;
  readonly #since: string;
  readonly #stopping: AbortController = new AbortController();
  #ingestion: Ingestion | null = null;
  #maintaining: Promise<void> = Promise.resolve();

  private constructor(config: ServiceConfig, ports: ServicePorts, database: Database) {
    const { clock, wallClock, log } = ports;
    this.#config = config;
    this.#ports = ports;
    this.#database = database;
    this.#since = new Date(clock.now()).toISOString();
    this.#problems = new Problems(() => clock.now(), {
      began: (problem) => this.#changed(problem, 'began'),
      ended: (problem) => this.#changed(problem, 'ended'),
    });
    this.#upkeep = new Upkeep(database, config, {
      clock: wallClock,
      problems: this.#problems,
      log,
    });
  }

  /**
   * @throws JobCacheError where the connection text can't be read; SpoolError or the system's error where the
   *   spool can't be used. A database or a Salt master that is away is waited for instead.
   */
  static async start(config: ServiceConfig, ports: ServicePorts): Promise<Service> {
    const database = await openDatabase(targetOf(config.connection), {
      connections,
      statementTimeoutMs,
      whenAway: 'later',
      applicationName: 'salt-job-cache',
    });
    const service = new Service(config, ports, database);
    try {
      await service.#begin();
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw error;
    }
    return service;
  }

  /** Rejects where something is wrong with the program itself; else it stays open until the end. */
  get failed(): Promise<void> {
    return Promise.all([this.#maintaining, this.#ingestion?.failed]).then(() => undefined);
  }

  /** @param config differs only in what `isAdjustable` allows */
  adjust(config: ServiceConfig): void {
    this.#upkeep.adjust(config);
  }

  /** Ends within about `graceMs`; what is spooled and not stored by then waits for the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const closeDatabase = async (): Promise<void> => this.#database[Symbol.asyncDispose]();
    await this.#ingestion?.stop(graceMs, closeDatabase);
    await closeDatabase();
    // Its last statement may have been cut off; that it says so is no news.
    await this.#maintaining;
    await this.#reporter?.close();
  }

  status(): ServiceStatus {
    const { clock } = this.#ports;
    const now = clock.now();
    const isAway =
      this.#problems.has('database-away') ||
      this.#problems.has('database-refuses') ||
      this.#problems.has('retention');
    const lastWriteMs = this.#ingestion?.lastWriteMs ?? null;
    return {
      version: statusVersion,
      pid: process.pid,
      since: this.#since,
      written: new Date(now).toISOString(),
      database: {
        connected: this.#database.place !== null && !isAway,
        place: this.#database.place,
        lastWrite: lastWriteMs === null ? null : new Date(lastWriteMs).toISOString(),
      },
      ingest: this.#ingestion?.status(now) ?? null,
      lastClean: this.#upkeep.lastClean,
      problems: this.#problems.current,
    };
  }

  async #begin(): Promise<void> {
    const { ingest, mode, masterId, statusFile } = this.#config;
    const { clock, log } = this.#ports;
    if (ingest !== null) {
      const options = { config: ingest, mode, masterId, clock, problems: this.#problems, log };
      this.#ingestion = await Ingestion.start(options, this.#database);
    }
    this.#maintaining = this.#upkeep.run(this.#stopping.signal);
    // Only now: one that can't start leaves the file to the one that runs.
    this.#reporter = new StatusReporter(
      statusFile,
      clock,
      () => this.status(),
      (error) => log.error({ file: statusFile }, `Cannot write the status: ${String(error)}`),
    );
  }

  #changed({ kind, message }: ServiceProblem, change: 'began' | 'ended'): void {
    const { log } = this.#ports;
    if (change === 'began') log.warn({ problem: kind }, message);
    else log.info({ problem: kind }, 'This problem has passed');
    this.#reporter?.changed();
  }
}
