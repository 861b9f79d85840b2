// Calls a program that stands beside the hook in the charm: one JSON document in on standard input,
// one out on standard output. What a hook must not load (a database driver) lives in such a program,
// and secrets reach it without showing up in argv or the environment.

import { spawnSync } from 'node:child_process';

export interface ProgramOptions {
  /** The runtime that runs it; default the one that runs the hook. */
  readonly runtime?: string;
  /** Longest the program may take, in milliseconds. It is killed then. */
  readonly timeoutMs: number;
}

export class ProgramError extends Error {
  override readonly name: string = 'ProgramError';
}

/** Largest answer that is read. */
const answerBytesMax = 64 * 1024 * 1024;

/**
 * Runs the program and gives what it answered, parsed. Its standard error goes to ours, line by line as
 * it is written: that is where it tells of progress.
 * @throws ProgramError where it could not be run, took too long, or answered with anything but JSON
 */
export function callProgram(path: string, request: unknown, options: ProgramOptions): unknown {
  const done = spawnSync(options.runtime ?? process.execPath, [path], {
    input: JSON.stringify(request),
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: options.timeoutMs,
    maxBuffer: answerBytesMax,
    // A hook's environment holds Juju's context; a program that outlives the hook must not keep it.
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' },
  });
  if (done.error !== undefined) {
    const why =
      'code' in done.error && done.error.code === 'ETIMEDOUT'
        ? `it took longer than ${options.timeoutMs / 1000} s and was ended`
        : done.error.message;
    throw new ProgramError(`Cannot get an answer of ${path}: ${why}`, { cause: done.error });
  }
  if (done.status !== 0) {
    throw new ProgramError(
      `Cannot get an answer of ${path}: it ended with ${done.signal ?? `exit code ${done.status}`}; its last words are in the log`,
    );
  }
  try {
    return JSON.parse(done.stdout) as unknown;
  } catch (cause) {
    throw new ProgramError(`Cannot read the answer of ${path}: it is not JSON`, { cause });
  }
}
