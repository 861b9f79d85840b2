// Wakes the charm: sees the mark the agent's callback leaves and raises an event of the charm. Only root may do
// that, which the agent is not.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, rmSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** The event waits until the unit and its machine are free; after this long something is stuck. */
const patienceMs = 10 * 60_000;
/** Pause before an event that could not be raised is raised again. */
const pauseMs = 5_000;
/** A look without an event of the file system, for what it missed. */
const lookMs = 10_000;

export interface CourierOptions {
  readonly mark: string;
  /** Empty: nobody is to be woken. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly log: (sentence: string) => void;
}

export class Courier {
  readonly #options: CourierOptions;
  readonly #stopping: () => void;
  #running: ChildProcess | null = null;
  #pause: NodeJS.Timeout | null = null;
  #isStopped = false;
  /** An event was asked for and could not be raised. */
  #isOwed = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    const watcher = watch(dirname(options.mark), () => this.#look());
    // The directory may be taken away with its storage; the next look finds nothing then.
    watcher.on('error', () => undefined);
    const timer = setInterval(() => this.#look(), lookMs);
    this.#stopping = () => {
      watcher.close();
      clearInterval(timer);
    };
    this.#look();
  }

  /** Raises nothing any more. An event that is under way goes on by itself. */
  stop(): void {
    this.#isStopped = true;
    this.#stopping();
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#running?.kill('SIGTERM');
  }

  /** Any number of marks made while an event waits for its turn are answered by that one and one more. */
  #look(): void {
    const { mark, command } = this.#options;
    const isBusy = this.#running !== null || this.#pause !== null || this.#isStopped;
    const [file = '', ...args] = command;
    if (isBusy || file === '' || !(this.#isOwed || existsSync(mark))) return;
    this.#isOwed = false;
    // Before the event, so that a change during it asks for another.
    rmSync(mark, { force: true });
    const child = spawn(file, args, {
      cwd: this.#options.directory,
      // Without Juju's context of the hook that started us: there it would be refused (H251).
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8' },
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    this.#running = child;
    child.once('error', (error) => this.#ended(error.message));
    child.once('exit', (code, signal) =>
      this.#ended(code === 0 ? null : `it ended with ${signal ?? `exit code ${code}`}`),
    );
  }

  #ended(why: string | null): void {
    if (this.#running === null) return;
    this.#running = null;
    if (why === null) {
      this.#look();
      return;
    }
    if (this.#isStopped) return;
    this.#isOwed = true;
    this.#options.log(`Cannot wake the charm: ${why}; trying again in ${pauseMs / 1000} seconds`);
    this.#pause = setTimeout(() => {
      this.#pause = null;
      this.#look();
    }, pauseMs);
  }
}
