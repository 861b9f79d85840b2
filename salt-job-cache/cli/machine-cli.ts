// The machine as the verbs see it: standard streams, the environment, signals, the clock.

import type { Command } from 'commander';
import { createWallClock } from '../adapters/wall-clock.ts';
import type { JobCacheSettings } from '../src/config/read-settings.ts';
import { openDatabase } from '../src/database/open-database.ts';
import type { Cli } from './cli.ts';
import { settingsOf } from './database-options.ts';
import { programName } from './name.ts';

export interface MachineCli extends Cli {
  /** Which signal interrupted the program, if one did. */
  interruptedBy(): NodeJS.Signals | null;
}

/** 128 and the number of SIGINT, as shells count. */
export const interruptedExitCode = 130;

export function createMachineCli(): MachineCli {
  const interruption = new AbortController();
  let signal: NodeJS.Signals | null = null;
  const interrupt = (name: NodeJS.Signals): void => {
    // Whoever asks twice does not want to wait for a tidy end.
    if (signal !== null) process.exit(interruptedExitCode);
    signal = name;
    interruption.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // Who reads standard output may go away, as `head` does: there is nobody left to tell.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`${programName}: Cannot write to standard output: ${error.message}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => undefined);

  const settings = new Map<Command, Promise<JobCacheSettings>>();
  const settingsFor = async (command: Command): Promise<JobCacheSettings> => {
    const known = settings.get(command);
    if (known !== undefined) return known;
    const warn = (sentence: string): void => {
      process.stderr.write(`${programName}: ${sentence}\n`);
    };
    const read = settingsOf(command, process.env, warn);
    settings.set(command, read);
    return read;
  };
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: process.stdout.isTTY,
    environment: process.env,
    clock: createWallClock(),
    interrupted: interruption.signal,
    openDatabase: async (command, options) =>
      openDatabase((await settingsFor(command)).target, options),
    masterId: async (command) => (await settingsFor(command)).masterId,
    keepJobsSeconds: async (command) => (await settingsFor(command)).keepJobsSeconds,
    interruptedBy: () => signal,
  };
}
