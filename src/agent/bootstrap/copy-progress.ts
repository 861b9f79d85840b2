// How far a copy is: to the store and the REST API as it is learned, to the log now and then.

import { directorySize } from '#adapters/files/directory-size.ts';
import type { ClockPort, LogPort, ProgressPort, Timer } from '#adapters/ports/agent-ports.ts';
import type { RateWindow } from '#core/bootstrap/basebackup-progress.ts';
import {
  addSample,
  progressOf,
  progressText,
  readBasebackupProgress,
} from '#core/bootstrap/basebackup-progress.ts';

const logEveryMs = 10_000;
const lookEveryMs = 5_000;
const warnEveryMs = 60_000;

export interface CopyProgressDeps {
  readonly progress: ProgressPort;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

/** One action's progress. End it whatever became of the action. */
export class CopyProgress {
  readonly #deps: CopyProgressDeps;
  readonly #action: string;
  readonly #startedMs: number;
  #window: RateWindow = [];
  #phase = 'starting';
  #loggedMs: number;
  readonly #timers = new Set<Timer>();
  readonly #ended = new AbortController();

  constructor(deps: CopyProgressDeps, action: string) {
    this.#deps = deps;
    this.#action = action;
    this.#startedMs = deps.clock.monotonicMs();
    this.#loggedMs = this.#startedMs;
    this.#report(null);
    this.#every(warnEveryMs, () => this.#warn());
  }

  /** Reads a line of pg_basebackup; false where it is none about progress. */
  takeLine(line: string): boolean {
    const copied = readBasebackupProgress(line);
    if (copied === null) {
      if (line.trim() !== 'waiting for checkpoint') return false;
      this.#phase = 'waiting for a checkpoint of the source';
      this.#report(null);
      return true;
    }
    this.#phase = 'copying';
    this.#take(copied.bytesDone, copied.bytesTotal);
    return true;
  }

  /** For methods that tell nothing: looks at the directory they fill. The total is then not known. */
  watchDirectory(dataDirectory: string): void {
    this.#phase = 'running the method';
    this.#every(lookEveryMs, () => void this.#look(dataDirectory));
  }

  end(): void {
    this.#ended.abort();
    for (const timer of this.#timers) timer.cancel();
    this.#deps.progress.report(null);
  }

  #every(delayMs: number, task: () => void): void {
    const schedule = (): void => {
      const timer = this.#deps.clock.after(delayMs, () => {
        this.#timers.delete(timer);
        task();
        schedule();
      });
      this.#timers.add(timer);
    };
    schedule();
  }

  async #look(dataDirectory: string): Promise<void> {
    try {
      const bytes = await directorySize(dataDirectory, this.#ended.signal);
      if (!this.#ended.signal.aborted) this.#take(bytes, null);
    } catch {
      // Ended meanwhile, or the directory can't be read now; the method's own end tells what matters.
    }
  }

  #take(bytesDone: number, bytesTotal: number | null): void {
    const nowMs = this.#deps.clock.monotonicMs();
    this.#window = addSample(this.#window, { atMs: nowMs, bytesDone });
    const progress = this.#report(bytesTotal);
    if (nowMs - this.#loggedMs < logEveryMs) return;
    this.#loggedMs = nowMs;
    this.#deps.log.info(progressText(progress), { progress });
  }

  #report(bytesTotal: number | null): ReturnType<typeof progressOf> {
    const progress = progressOf(this.#action, this.#phase, this.#window, bytesTotal);
    this.#deps.progress.report(progress);
    return progress;
  }

  #warn(): void {
    const seconds = Math.round((this.#deps.clock.monotonicMs() - this.#startedMs) / 1000);
    this.#deps.log.warning(`${this.#action} is still running after ${seconds} seconds`);
  }
}
