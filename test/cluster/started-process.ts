// A long-running program of a cluster: an agent, etcd, HAProxy. Started as the servers' user, with both of its
// streams in a file.

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { within } from './within.ts';
import type { WorkDirectory } from './work-directory.ts';

export interface ProgramStart {
  readonly file: string;
  readonly args: readonly string[];
  /** Where both streams are appended to. */
  readonly logFile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a program ended: its exit code, or the signal that ended it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class StartedProcess {
  readonly pid: number;
  readonly #what: string;
  readonly #logFile: string;
  #ending: Ending | null = null;

  private constructor(pid: number, start: ProgramStart) {
    this.pid = pid;
    this.#what = start.file;
    this.#logFile = start.logFile;
  }

  /** @throws the system's error where the program can't be started */
  static async start(directory: WorkDirectory, start: ProgramStart): Promise<StartedProcess> {
    const log = openSync(start.logFile, 'a', 0o644);
    const { identity } = directory;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const child = spawn(start.file, [...start.args], {
      cwd: directory.path,
      env: { ...directory.environment, ...start.environment },
      stdio: ['ignore', log, log],
      // In a session of its own: Ctrl-C is for the test, which then ends everything.
      detached: true,
      ...(identity.isOther ? { uid: identity.uid, gid: identity.gid } : {}),
    });
    closeSync(log);
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
    const started = new StartedProcess(await promise, start);
    child.once('exit', (code, signal) => {
      started.#ending = { code, signal };
    });
    return started;
  }

  /** Null while it runs. */
  get ending(): Ending | null {
    return this.#ending;
  }

  /** No effect on one that has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#ending === null) process.kill(this.pid, signal);
  }

  /** Waits for its end. */
  async ended(seconds: number): Promise<Ending> {
    return within(seconds, `${this.#what} (process ${this.pid}) has ended`, () => {
      if (this.#ending === null) throw new Error('it runs');
      return this.#ending;
    });
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended(10);
  }

  async log(): Promise<string> {
    return readFile(this.#logFile, 'utf8');
  }
}
