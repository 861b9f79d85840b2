// The one process the supervisor keeps running: starts it, takes over one that runs already, and starts it again
// when it ended, later each time it ended early.

import { spawn } from 'node:child_process';
import { isRunning, signalProcess } from '#adapters/system/process-table.ts';
import { afterEnd, type BackOff, noFailures } from './back-off.ts';
import { closeLog, openLog, rotateLog } from './log-file.ts';
import { type NamedProcess, readPidFile, removePidFile, writePidFile } from './pid-file.ts';
import type { RunFile } from './run-file.ts';

/** How often a process that is not our child is looked at. */
const lookMs = 250;

export class AgentProcess {
  readonly #run: RunFile;
  readonly #log: (sentence: string) => void;
  #process: NamedProcess | null = null;
  #startedMs = 0;
  #backOff: BackOff = noFailures;
  #timer: NodeJS.Timeout | null = null;
  #isStopping = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(run: RunFile, log: (sentence: string) => void) {
    this.#run = run;
    this.#log = log;
  }

  /** Starts the agent, unless an earlier supervisor left one running. */
  begin(): void {
    const found = readPidFile(this.#run.agentPid);
    if (found === null) {
      this.#start();
      return;
    }
    this.#log(`Took over the ${this.#name}, process ${found.pid}`);
    this.#process = found;
    this.#startedMs = performance.now();
    this.#follow(found);
  }

  get #name(): string {
    return this.#run.name ?? 'agent';
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process !== null) signalProcess(this.#process, signal);
  }

  /** Ends the agent, which stops PostgreSQL before, and resolves when it has ended. */
  async stop(patienceMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#timer !== null && this.#process === null) clearTimeout(this.#timer);
    if (this.#process === null) return;
    this.signal('SIGTERM');
    const force = setTimeout(() => {
      this.#log(`The ${this.#name} does not end; ending it by force`);
      this.signal('SIGKILL');
    }, patienceMs);
    await this.#ended.promise;
    clearTimeout(force);
  }

  #start(): void {
    const { program, environment, user, directory, log, agentPid } = this.#run;
    const [file = '', ...args] = program;
    rotateLog(log);
    const output = openLog(log);
    this.#startedMs = performance.now();
    const child = spawn(file, args, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', output, output],
      // A session of its own: what ends the supervisor's group must not end the agent.
      detached: true,
      ...user,
    });
    closeLog(output);
    child.once('error', (error) => this.#onEnd(`it can't be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      this.#onEnd(`it ended with ${signal ?? `exit code ${code}`}`),
    );
    if (child.pid === undefined) return;
    this.#process = writePidFile(agentPid, child.pid);
    this.#log(`Started the ${this.#name}, process ${child.pid}`);
  }

  /** Of a process that is not our child the system does not tell when it ends. */
  #follow(found: NamedProcess): void {
    this.#timer = setTimeout(() => {
      if (isRunning(found)) this.#follow(found);
      else this.#onEnd('it is not there any more');
    }, lookMs);
  }

  #onEnd(why: string): void {
    this.#process = null;
    removePidFile(this.#run.agentPid);
    if (this.#isStopping) {
      this.#ended.resolve();
      return;
    }
    this.#backOff = afterEnd(this.#backOff, performance.now() - this.#startedMs);
    const { delayMs } = this.#backOff;
    this.#log(`The ${this.#name} is gone: ${why}; starting it again in ${delayMs} ms`);
    this.#timer = setTimeout(() => this.#start(), delayMs);
  }
}
