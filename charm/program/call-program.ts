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

/** What every such program answers: whether it did what was asked, and what that is about. */
export type ProgramAnswer = { readonly ok: boolean } & Readonly<Record<string, unknown>>;

export class ProgramError extends Error {
  override readonly name: string = 'ProgramError';
}

/** Largest answer that is read. */
const answerBytesMax = 64 * 1024 * 1024;

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

/** How the program ended, where that was not with an answer; null where it was. */
function fault(done: ReturnType<typeof spawnSync>, timeoutMs: number): string | null {
  const code = done.error === undefined ? '' : codeOf(done.error);
  if (code === 'ETIMEDOUT') return `it took longer than ${timeoutMs / 1000} s and was ended`;
  // A program that ends before it has read the request breaks the pipe; how it ended says more.
  if (done.error !== undefined && code !== 'EPIPE') return done.error.message;
  if (done.status === 0) return null;
  return `it ended with ${done.signal ?? `exit code ${done.status}`}; its last words are in the log`;
}

function isAnswer(value: unknown): value is ProgramAnswer {
  return (
    typeof value === 'object' && value !== null && 'ok' in value && typeof value.ok === 'boolean'
  );
}

/** Gives the text as JSON, and undefined where it is none. What it holds is in no error: it may be a secret. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Runs the program and gives what it answered. Its standard error is ours, so that its progress is in the
 * log as it is made.
 * @throws ProgramError where it could not be run, took too long, failed, or gave no answer
 */
export function callProgram(
  path: string,
  request: unknown,
  options: ProgramOptions,
): ProgramAnswer {
  const done = spawnSync(options.runtime ?? process.execPath, [path], {
    input: JSON.stringify(request),
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: options.timeoutMs,
    maxBuffer: answerBytesMax,
    // A hook's environment holds Juju's context; a program that outlives the hook must not keep it.
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' },
  });
  const why = fault(done, options.timeoutMs);
  if (why !== null) {
    throw new ProgramError(`Cannot get an answer of ${path}: ${why}`, { cause: done.error });
  }
  const answer = parse(done.stdout);
  if (isAnswer(answer)) return answer;
  throw new ProgramError(
    `Cannot read the answer of ${path}: it is to be a JSON document that says "ok", and is none (${done.stdout.length} characters)`,
  );
}
