// What every verb of the program `salt-job-cache` is given: where to write, how to reach the job cache.

import type { Command } from 'commander';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../src/clock.ts';
import type { Database } from '../src/database/database.ts';
import type { OpenOptions } from '../src/database/open-database.ts';

export interface Cli {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Progress and errors. */
  readonly stderr: Writable;
  /** Whether a person watches standard output. */
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborted by SIGINT and SIGTERM: whatever runs long ends soon and says how far it came. */
  readonly interrupted: AbortSignal;
  /**
   * Opens the job cache the options and the environment name. The caller closes it.
   * @throws JobCacheError where it can't be found, or can't be reached and `whenAway` is not `later`
   */
  openDatabase(
    command: Command,
    options?: OpenOptions & { readonly whenAway?: 'throw' | 'later' },
  ): Promise<Database>;
  /** The `id` of the master, as Salt writes it into salt_events: `host_master`. */
  masterId(command: Command): Promise<string>;
  /** How long the Salt master keeps jobs; 0: for ever. */
  keepJobsSeconds(command: Command): Promise<number>;
}

/** Adds one verb to the program. Its action throws `JobCacheError` or a commander error, no other. */
export type Verb = (program: Command, cli: Cli) => void;
