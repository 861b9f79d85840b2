// The machine's watchdog device, which resets the machine when the agent stops telling it that all is well. Node has
// no ioctl, so a small Perl program (a part of every Debian) holds the device.

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { WatchdogConfig } from '#core/config/patroni/agent-config.ts';
import { errorCode } from '../files/error-code.ts';
import { watchdogTimeout } from '#core/ha/watchdog-timeout.ts';
import type { LogPort, WatchdogPort } from '../ports/agent-ports.ts';

/** Longest wait for an answer of the keeper, in milliseconds. */
const answerTimeoutMs = 1000;

/** How long a watchdog that could not be had counts as one that can't, in milliseconds. */
const failureCountsMs = 30_000;

/** Why the device can't be written to; null where it can. Asked first: most machines have none. */
function obstacleOf(device: string): string | null {
  try {
    accessSync(device, constants.W_OK);
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

type Keeper = ChildProcessByStdio<Writable, Readable, null>;

class LinuxWatchdog implements WatchdogPort {
  readonly #config: WatchdogConfig;
  readonly #log: LogPort;
  readonly #program: string;
  #keeper: Keeper | null = null;
  #lines: Interface | null = null;
  #waiting: ((answer: string) => void) | null = null;
  /** Monotonic milliseconds of the last activation that failed; null after one that worked. */
  #failedAtMs: number | null = null;
  #lastFailure = '';
  /** The calls take turns: the keeper answers one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(config: WatchdogConfig, log: LogPort, program: string) {
    this.#config = config;
    this.#log = log;
    this.#program = program;
  }

  get isRunning(): boolean {
    return this.#keeper !== null;
  }

  /** A failure is forgotten after a while: the device may be there again. */
  get isHealthy(): boolean {
    if (this.#config.mode !== 'required' || this.#keeper !== null) return true;
    const hasJustFailed =
      this.#failedAtMs !== null && performance.now() - this.#failedAtMs < failureCountsMs;
    return !hasJustFailed && obstacleOf(this.#config.device) === null;
  }

  async activate(ttlSeconds: number, loopWaitSeconds: number): Promise<boolean> {
    return this.#take(async () => this.#activate(ttlSeconds, loopWaitSeconds));
  }

  async keepalive(): Promise<void> {
    return this.#take(async () => this.#ping());
  }

  async disable(): Promise<void> {
    return this.#take(async () => this.#close());
  }

  async #take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #activate(ttlSeconds: number, loopWaitSeconds: number): Promise<boolean> {
    if (this.#config.mode === 'off') return true;
    const timeout = watchdogTimeout(this.#config.safetyMarginSeconds, ttlSeconds, loopWaitSeconds);
    if (timeout.kind === 'impossible') return this.#fail(timeout.why);
    if (this.#keeper !== null) await this.#close();
    const opened = obstacleOf(this.#config.device) ?? (await this.#open());
    if (opened !== 'ok') this.#drop();
    const answer = opened === 'ok' ? await this.#ask(`timeout ${timeout.seconds}`) : opened;
    if (answer !== 'ok') return this.#fail(`Could not open ${this.#config.device}: ${answer}`);
    this.#failedAtMs = null;
    await this.#ping();
    this.#log.info(
      `${this.#config.device} activated with ${timeout.seconds} second timeout, timing slack ${timeout.slackSeconds} seconds`,
    );
    return true;
  }

  async #ping(): Promise<void> {
    if (this.#keeper === null) return;
    const answer = await this.#ask('ping');
    if (answer !== 'ok') this.#log.error(`Error while sending keepalive to watchdog: ${answer}`);
  }

  async #close(): Promise<void> {
    if (this.#keeper === null) return;
    const answer = await this.#ask('close');
    if (answer !== 'ok') this.#log.critical(`Watchdog could not be disabled: ${answer}`);
    this.#drop();
  }

  async #fail(why: string): Promise<boolean> {
    const isRequired = this.#config.mode === 'required';
    const isKnown = why === this.#lastFailure;
    this.#lastFailure = why;
    if (isRequired)
      this.#log.error(
        `Configuration requires watchdog, but watchdog could not be activated: ${why}`,
      );
    else if (!isKnown) this.#log.info(`Could not activate watchdog device: ${why}`);
    this.#failedAtMs = performance.now();
    // Only an open device is closed: one that could not be set up must not reset the machine.
    if (this.#keeper !== null) await this.#close();
    return !isRequired;
  }

  async #open(): Promise<string> {
    const keeper = spawn('perl', [this.#program, this.#config.device], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#keeper = keeper;
    keeper.stdin.on('error', () => undefined);
    keeper.on('error', (error) => this.#answer(error.message));
    keeper.on('exit', () => {
      if (this.#keeper === keeper) this.#drop();
    });
    this.#lines = createInterface({ input: keeper.stdout });
    this.#lines.on('line', (line) => this.#answer(line));
    return this.#next();
  }

  async #ask(command: string): Promise<string> {
    const answer = this.#next();
    this.#keeper?.stdin.write(`${command}\n`);
    return answer;
  }

  async #next(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting = resolve;
    const timer = setTimeout(() => resolve('it does not answer'), answerTimeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #answer(line: string): void {
    this.#waiting?.(line);
    this.#waiting = null;
  }

  #drop(): void {
    this.#lines?.close();
    this.#lines = null;
    this.#keeper?.stdin.end();
    this.#keeper = null;
    this.#answer('the keeper ended');
  }
}

/** `program`: the keeper, where it is not beside this file. */
export function createLinuxWatchdog(
  config: WatchdogConfig,
  log: LogPort,
  program: string = fileURLToPath(new URL('keeper.pl', import.meta.url)),
): WatchdogPort {
  return new LinuxWatchdog(config, log, program);
}
