// What this charm needs of the machine: the programs beside the hook, and looks at small files.

import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { lastWordsIn, readTextIfThere } from '#adapters/supervise/last-words.ts';
import { type NamedProcess, readPidFile } from '#adapters/supervise/pid-file.ts';
import { isRunning } from '#adapters/system/process-table.ts';
import { callProgram } from '#charm/program/call-program.ts';
import type { MachinePlace } from '../machine/place.ts';
import type { MachineAnswer, MachineRequest } from '../machine/request.ts';
import type { ProgramAnswer, ProgramRequest } from '../program/request.ts';
import { callCli, callCliInto, type CliAnswer } from './call-cli.ts';

export interface Services {
  /** Asks the program that speaks SQL. It answers with a problem rather than throwing when PostgreSQL refuses. */
  jobCache(request: ProgramRequest): ProgramAnswer;
  /** Runs the command line of the job cache, as an operator would, with the service's own configuration. */
  cli(place: MachinePlace, args: readonly string[]): CliAnswer;
  /** The same with its output in a file that is made, 0600. */
  exportTo(place: MachinePlace, path: string, args: readonly string[]): CliAnswer;
  /** Asks the program that works on this machine. */
  machine(request: MachineRequest): MachineAnswer;
  /** Whether something keeps the service running. Costs a look at two small files. */
  isServiceKept(place: MachinePlace): boolean;
  /** What the service says of itself; null where it has said nothing. */
  readStatus(place: MachinePlace): string | null;
  /** The last line of the service's log; empty where it has none, as under systemd. */
  lastWords(place: MachinePlace): string;
  isRunning(process: NamedProcess): boolean;
  isDirectory(path: string): boolean;
  /** Size of a file, bytes; 0 where it is not there. */
  sizeOf(path: string): number;
  /** Name of the machine. */
  hostName(): string;
  /** Version of the charm, with the digest of what it runs on. */
  charmVersion(): string;
}

/** Connecting is bounded at 5 s and a statement at 15 s, but indexes on large tables take as long as they take. */
const sqlTimeoutMs = 30 * 60_000;
/** Longer than a stop of the service may take. */
const machineTimeoutMs = 5 * 60_000;

export function createServices(charmDir: string): Services {
  const ask = (program: string, request: unknown, timeoutMs: number): unknown =>
    callProgram(join(charmDir, 'lib', program), request, { timeoutMs });
  const program = join(charmDir, 'lib/salt-job-cache.cjs');
  return {
    // The programs stand in the same charm, so their answers are of the shapes that were compiled with this.
    jobCache: (request) => ask('job-cache.cjs', request, sqlTimeoutMs) as ProgramAnswer,
    cli: ({ config }, args) => callCli({ program, config, args }),
    exportTo: ({ config }, path, args) => callCliInto(path, { program, config, args }),
    machine: (request) => ask('job-cache-machine.cjs', request, machineTimeoutMs) as MachineAnswer,
    isServiceKept: ({ supervisorPid, unitFile }) =>
      readPidFile(supervisorPid) !== null || readTextIfThere(unitFile) !== null,
    readStatus: ({ status }) => readTextIfThere(status),
    lastWords: ({ log }) => lastWordsIn(log),
    isRunning,
    isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    sizeOf: (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    hostName: hostname,
    charmVersion: () => (readTextIfThere(join(charmDir, 'version')) ?? '').trim(),
  };
}
