// The ingestion as a whole: from the bus through the intake to the spool, from the spool to the database. The
// two halves run independently of each other, and the spool is all they share.

import type { Clock } from '#adapters/system/clock.ts';
import { EventBus } from '../../adapters/event-bus.ts';
import { RejectedFile } from '../../adapters/rejected-file.ts';
import { Spool } from '../../adapters/spool.ts';
import { StoredMark } from '../../adapters/stored-mark.ts';
import type { Database } from '../database/database.ts';
import type { Problems } from '../service/problems.ts';
import type { IngestConfig, RowMode } from '../service/service-config.ts';
import { largestMessageOf } from '../service/service-config.ts';
import type { IngestStatus } from '../service/service-status.ts';
import { Appender } from './appender.ts';
import { subtractCounts, sumOf } from './block.ts';
import { FrameReader } from './frame-reader.ts';
import type { Refused } from './intake.ts';
import { Intake } from './intake.ts';
import { MsgpackError } from './msgpack.ts';
import type { StorerLog } from './storer.ts';
import { Storer } from './storer.ts';
import { TrimmedProblem } from './trimmed-problem.ts';

/** As much of a refused message is kept for people to look at. */
const shownBytes = 64 * 1024;

export interface IngestionLog extends StorerLog {
  info(facts: object, message: string): void;
}

export interface IngestionOptions {
  readonly config: IngestConfig;
  readonly mode: RowMode;
  readonly masterId: string;
  readonly clock: Clock;
  readonly problems: Problems;
  readonly log: IngestionLog;
}

function iso(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

export class Ingestion {
  readonly #options: IngestionOptions;
  readonly #spool: Spool;
  readonly #rejectedFile: RejectedFile;
  readonly #intake: Intake;
  readonly #appender: Appender;
  readonly #storer: Storer;
  readonly #bus: EventBus;
  #frames: FrameReader;
  #connectedSinceMs: number | null = null;
  #gaps = 0;
  #rejected = 0;
  readonly #trimmed: TrimmedProblem;
  #running: Promise<void> = Promise.resolve();
  #appending: Promise<void> = Promise.resolve();

  private constructor(options: IngestionOptions, spool: Spool, database: Database) {
    const { config, clock, problems, log, mode, masterId } = options;
    this.#options = options;
    this.#spool = spool;
    this.#rejectedFile = new RejectedFile(config.spool);
    this.#trimmed = new TrimmedProblem(clock, problems);
    this.#intake = new Intake({ mode, masterId, events: config.events }, (refused) =>
      this.#setAside(refused),
    );
    this.#storer = new Storer(spool, database, {
      clock,
      problems,
      log,
      rejected: this.#rejectedFile,
      mark: new StoredMark(config.spool, spool.uuid),
      onRejected: (rows) => (this.#rejected += rows),
    });
    this.#appender = new Appender(this.#intake, spool, {
      clock,
      problems,
      limitBytes: config.spoolLimitBytes,
      onAppended: () => this.#storer.appended(),
      onRoom: () => this.#bus.resume(),
    });
    this.#frames = this.#newFrames();
    this.#bus = new EventBus(
      config.socket,
      {
        connected: () => this.#connected(),
        disconnected: (reason) => this.#disconnected(reason),
        data: (chunk) => this.#data(chunk),
      },
      clock,
    );
  }

  /** @throws SpoolError where another process has the spool; the system's error where it can't be opened */
  static async start(options: IngestionOptions, database: Database): Promise<Ingestion> {
    const { spool: directory, spoolLimitBytes: limitBytes } = options.config;
    const spool = await Spool.open(directory, { limitBytes });
    for (const repair of spool.repairs) options.log.warn({}, repair);
    const ingestion = new Ingestion(options, spool, database);
    await ingestion.#storer.guess();
    ingestion.#appending = ingestion.#appender.run();
    ingestion.#running = ingestion.#storer.run();
    ingestion.#bus.open();
    return ingestion;
  }

  /** Rejects where something is wrong with the program itself. */
  get failed(): Promise<void> {
    return Promise.all([this.#appending, this.#running]).then(() => undefined);
  }

  get lastWriteMs(): number | null {
    return this.#storer.lastWriteMs;
  }

  /** @param nowMs milliseconds since the epoch */
  status(nowMs: number): IngestStatus {
    const accepted = this.#spool.total;
    const stored = this.#storer.total;
    const since = this.#storer.waitingSinceMs;
    return {
      connected: this.#connectedSinceMs !== null,
      connectedSince: iso(this.#connectedSinceMs),
      received: this.#intake.received,
      accepted,
      stored,
      rejected: this.#rejected,
      lost: this.#intake.lost,
      gaps: this.#gaps,
      waiting: sumOf(subtractCounts(accepted, stored)),
      lagSeconds: since === null ? 0 : Math.max(0, (nowMs - since) / 1000),
      spoolBytes: this.#spool.bytes,
      spoolLimitBytes: this.#options.config.spoolLimitBytes,
    };
  }

  /**
   * Stops reading the bus, and stores what was read, but for no longer than `graceMs`.
   *
   * @param closeDatabase breaks whatever still waits for the database then
   */
  async stop(graceMs: number, closeDatabase: () => Promise<void>): Promise<void> {
    this.#bus.close();
    this.#trimmed.stop();
    this.#appender.stop();
    await this.#appending;
    this.#storer.stop();
    const timer = this.#options.clock.after(graceMs, () => {
      this.#storer.abandon();
      closeDatabase().catch((error: unknown) => this.#options.log.error({}, String(error)));
    });
    await this.#running;
    timer.cancel();
    await this.#rejectedFile.settled();
    await this.#spool[Symbol.asyncDispose]();
  }

  #newFrames(): FrameReader {
    return new FrameReader(
      {
        message: (bytes, start, end) => this.#intake.message(bytes, start, end),
        oversized: (size) => this.#oversized(size),
      },
      largestMessageOf(this.#options.config.spoolLimitBytes),
    );
  }

  #connected(): void {
    const { clock, problems, log, config } = this.#options;
    this.#connectedSinceMs = clock.now();
    this.#frames = this.#newFrames();
    log.info({ socket: config.socket }, "Reading the Salt master's event bus");
    problems.clear('bus-away');
  }

  #disconnected(reason: string): void {
    if (this.#connectedSinceMs !== null) this.#gaps += 1;
    this.#connectedSinceMs = null;
    this.#options.problems.set(
      'bus-away',
      `Cannot read the event bus ${this.#options.config.socket}: ${reason}. Jobs that end meanwhile are not recorded`,
    );
  }

  #data(chunk: Buffer): boolean {
    try {
      this.#frames.push(chunk);
    } catch (error) {
      if (!(error instanceof MsgpackError)) throw error;
      this.#options.log.error({}, `${error.message}; connecting again`);
      this.#bus.restart(error.message);
    }
    this.#trimmed.seen(this.#intake.trimmed);
    return this.#appender.gathered();
  }

  #oversized(size: number): void {
    this.#rejected += 1;
    this.#options.log.error({ bytes: size }, 'Left out a message that is larger than the limit');
  }

  #setAside({ tag, jid, field, reason, message }: Refused): void {
    const { log, clock } = this.#options;
    this.#rejected += 1;
    log.warn({ tag, jid, field, reason, file: this.#rejectedFile.path }, 'Set a message aside');
    const entry = {
      at: new Date(clock.now()).toISOString(),
      tag,
      jid,
      field,
      reason,
      bytes: message.length,
      message: message.toString('base64', 0, Math.min(message.length, shownBytes)),
    };
    this.#rejectedFile.append([entry]).catch((error: unknown) => {
      log.error({ tag, reason }, `Cannot write the file of rejected messages: ${String(error)}`);
    });
  }
}
