// What the supervisor is told by the charm: one JSON file that only root can write, as all of it is acted on.

import { readFileSync } from 'node:fs';

export interface RunFile {
  /** What the program is called in the log; `agent` unless it is said. */
  readonly name?: string;
  /** The agent: program and arguments. No secret is among them. */
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** As whom the agent runs; null for the supervisor's own user. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Working directory of both. */
  readonly directory: string;
  readonly log: string;
  readonly supervisorPid: string;
  readonly agentPid: string;
  /** A file whose being there asks for an event of the charm. */
  readonly wake: string;
  /** The program that raises the event, and its arguments; empty where this machine has none. */
  readonly wakeCommand: readonly string[];
  /** Version of the charm it was written by: another one means another agent. */
  readonly version: string;
}

/** @throws Error where the file is not there or is not of this charm */
export function readRunFile(path: string): RunFile {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<RunFile>;
  if (!Array.isArray(value.program) || typeof value.directory !== 'string') {
    throw new TypeError(`Cannot read ${path}: it does not say which program to run where`);
  }
  // Written by the charm this program came with.
  return value as RunFile;
}
