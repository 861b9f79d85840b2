// Moves what the intake gathers to the spool. While the disk refuses, the rows at hand are kept and tried
// again, and what comes meanwhile is dropped and counted: the bus is read on in any case. Salt's master keeps
// what a slow reader does not take in its own memory without a limit, or holds up its whole bus for it.

import { errorCode } from '#adapters/files/error-code.ts';
import type { Clock } from '#adapters/system/clock.ts';
import { delay } from '#adapters/system/clock.ts';
import type { Spool } from '../../adapters/spool.ts';
import { SpoolFullError } from '../../adapters/spool.ts';
import { SpoolError } from '../../adapters/spool-files.ts';
import type { Problems } from '../service/problems.ts';
import { sumOf } from './block.ts';
import type { Intake } from './intake.ts';
import { Gathered } from './intake.ts';
import { SignalFlag } from './signal-flag.ts';

/** How long rows may wait for others, so that a trickle makes few blocks. */
const gatherMs = 10;
/** So many bytes wait for nothing. */
const blockBytes = 512 * 1024;
/** With so many the bus has to wait for the disk, or messages are dropped where the disk refuses. */
export const fullBytes: number = 4 * 1024 * 1024;
const retryMs = 500;

export interface AppenderOptions {
  readonly clock: Clock;
  readonly problems: Problems;
  readonly limitBytes: number;
  /** A block is safe. */
  readonly onAppended: () => void;
  /** There is room again for whoever was told to wait. */
  readonly onRoom: () => void;
}

export class Appender {
  readonly #intake: Intake;
  readonly #spool: Pick<Spool, 'append'>;
  readonly #options: AppenderOptions;
  readonly #flag: SignalFlag = new SignalFlag();
  #isScheduled = false;
  #isStopping = false;

  constructor(intake: Intake, spool: Pick<Spool, 'append'>, options: AppenderOptions) {
    this.#intake = intake;
    this.#spool = spool;
    this.#options = options;
  }

  /**
   * Something was gathered.
   *
   * @returns false where the bus should wait until `onRoom`
   */
  gathered(): boolean {
    const { bytes } = this.#intake.gathered;
    if (bytes >= blockBytes) this.#flag.set();
    else if (!this.#isScheduled && bytes > 0) {
      this.#isScheduled = true;
      this.#options.clock.after(gatherMs, () => {
        this.#isScheduled = false;
        this.#flag.set();
      });
    }
    if (bytes < fullBytes) return true;
    // Where the disk works the bus waits for a moment; else it can't wait, however long that takes.
    this.#intake.isDropping = this.#isRefused;
    return this.#isRefused;
  }

  get #isRefused(): boolean {
    return this.#options.problems.has('disk') || this.#options.problems.has('spool-full');
  }

  /** Appends until `stop`, and what is left then once. */
  async run(): Promise<void> {
    let empty = new Gathered();
    while (!this.#isStopping || !this.#intake.gathered.isEmpty) {
      if (this.#intake.gathered.isEmpty) {
        await this.#flag.wait();
        continue;
      }
      const full = this.#intake.swap(empty);
      this.#options.onRoom();
      await this.#append(full);
      full.clear();
      empty = full;
    }
  }

  /** Ends `run` once everything gathered is on the disk, or the disk refused it once more. */
  stop(): void {
    this.#isStopping = true;
    this.#flag.set();
  }

  async #append(full: Gathered): Promise<void> {
    const { clock, problems, onAppended } = this.#options;
    for (;;) {
      try {
        await this.#spool.append({
          closedAtMs: clock.now(),
          rows: full.rows,
          jobs: full.jobs.content(),
          returns: full.returns.content(),
          events: full.events.content(),
        });
        problems.clear('disk');
        problems.clear('spool-full');
        this.#intake.isDropping = false;
        onAppended();
        return;
      } catch (error) {
        this.#refused(error);
        if (this.#isStopping || this.#isTooLarge(error, full)) {
          this.#intake.lost += sumOf(full.rows);
          this.#intake.forgetJobs();
          return;
        }
        await this.#waitToRetry();
      }
    }
  }

  /** A block that would not even fit once everything else is stored is waited for in vain. */
  #isTooLarge(error: unknown, full: Gathered): boolean {
    return error instanceof SpoolFullError && full.bytes > this.#options.limitBytes / 4;
  }

  #refused(error: unknown): void {
    const { problems } = this.#options;
    if (error instanceof SpoolFullError) {
      problems.set(
        'spool-full',
        `${error.message}. What comes from the Salt master now is lost; bring the database back, or raise the limit of the spool`,
      );
    } else if (error instanceof SpoolError || errorCode(error) !== '') {
      const code = errorCode(error);
      const reason = code === 'ENOSPC' ? 'the disk is full' : (error as Error).message;
      problems.set(
        'disk',
        `Cannot write the spool: ${reason}. It is tried again; what comes from the Salt master meanwhile is lost once ${fullBytes} bytes wait`,
      );
    } else throw error;
  }

  /** The bus may have been told to wait when the trouble began. */
  async #waitToRetry(): Promise<void> {
    this.#options.onRoom();
    await delay(retryMs);
  }
}
