// Runs a program or script of bootstrap, its output going to the log, and puts its end in words.

import { fillingMarks } from '#adapters/process/leftover-commands.ts';
import type { CommandEnd } from '#adapters/process/run-command-group.ts';
import type { BootstrapDeps } from './bootstrap-deps.ts';

export interface LoggedCall {
  /** For the log: the name before each line. */
  readonly label: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Takes a line; true keeps it out of the log. */
  readonly takeLine?: (line: string) => boolean;
  readonly mayLeaveProcesses?: boolean;
}

/** The surroundings as whom it runs: libpq would look for certificates in our home, and fail where it may not. */
function surroundings({ environment, postgres }: BootstrapDeps): Readonly<Record<string, string>> {
  const { identity } = postgres.place;
  if (!identity.isOther) return environment;
  const { HOME: _home, ...others } = environment;
  return { ...others, USER: identity.name, LOGNAME: identity.name };
}

/** Runs it to its end. What it starts is ended with it, on a cancel and with us. */
export async function runLogged(deps: BootstrapDeps, call: LoggedCall): Promise<CommandEnd> {
  const { place } = deps.postgres;
  return deps.run({
    file: call.file,
    args: call.args,
    as: place.identity,
    environment: {
      ...surroundings(deps),
      ...call.environment,
      ...fillingMarks(place.dataDirectory),
    },
    signal: call.signal,
    mayLeaveProcesses: call.mayLeaveProcesses ?? false,
    onLine: (line) => {
      if (call.takeLine?.(line) !== true) deps.log.info(`${call.label}: ${line}`);
    },
  });
}

/** Its exit code; null where it has none. */
export function exitCodeOf(end: CommandEnd): number | null {
  return end.kind === 'exited' ? end.exitCode : null;
}

/** For example `exited with code=1`. */
export function howItEnded(end: CommandEnd): string {
  switch (end.kind) {
    case 'exited':
      return `exited with code=${end.exitCode}`;
    case 'killed':
      return `was ended by ${end.signal}`;
    case 'cancelled':
      return 'was cancelled';
    case 'not-started':
      return `could not be started: ${end.why}`;
    default:
      return end satisfies never;
  }
}

/** What it said last, to be put behind the message about its end; empty where it said nothing. */
export function lastWordsOf(end: CommandEnd): string {
  const lines = end.kind === 'exited' || end.kind === 'killed' ? end.lastLines : [];
  return lines.length === 0 ? '' : `; its last lines:\n${lines.join('\n')}`;
}
