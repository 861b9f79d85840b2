// Runs a program that fills or changes a data directory, with everything it starts, to its end: line by line into
// the log, cancellable, and so that nothing of it is left when it counts as ended. It leads a process group of its
// own; execa would reach the program alone and not its children, which go on writing.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../files/error-code.ts';
import { endGroup, signalGroupOf } from './process-group.ts';

export interface CommandCall {
  readonly file: string;
  /** Given to the program as they are; there is no shell. */
  readonly args: readonly string[];
  /** As whom; ourselves where it is left out. */
  readonly as?: { readonly uid: number; readonly gid: number; readonly isOther: boolean };
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Cancels it: SIGTERM for the whole group, and SIGKILL for what is left after `killAfterMs`. */
  readonly signal?: AbortSignal | undefined;
  readonly killAfterMs?: number;
  /** Each line it writes, without its end. */
  readonly onLine?: (line: string) => void;
  /** Whether what it started may outlive it where it ended well. It never does otherwise. */
  readonly mayLeaveProcesses?: boolean;
}

export type CommandEnd =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly lastLines: readonly string[] }
  | { readonly kind: 'killed'; readonly signal: string; readonly lastLines: readonly string[] }
  | { readonly kind: 'cancelled' }
  /** Without the arguments in it. */
  | { readonly kind: 'not-started'; readonly why: string };

export type RunCommandGroup = (call: CommandCall) => Promise<CommandEnd>;

/** How many of its last lines are kept for a message. */
const keptLines = 50;
const longestLine = 4_096;
/** Output that is still in the pipes when the program ends is read for so long. */
const drainMs = 2_000;

/** Groups of programs that run now; they end with us, whatever way we end. */
const running = new Set<number>();
let isEndingWithUs = false;

function endWithUs(): void {
  if (isEndingWithUs) return;
  isEndingWithUs = true;
  process.once('exit', () => {
    for (const group of running) signalGroupOf(group, 'SIGKILL');
  });
}

/** Cuts a stream into lines; carriage returns end one too, as progress is written over itself. */
function lineReader(onLine: (line: string) => void): {
  push(text: string): void;
  end(): void;
} {
  let rest = '';
  return {
    push(text) {
      const pieces = (rest + text).split(/\r\n|\n|\r/u);
      rest = (pieces.pop() ?? '').slice(0, longestLine);
      for (const piece of pieces) if (piece !== '') onLine(piece.slice(0, longestLine));
    },
    end() {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}

interface Outcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

async function ended(child: ChildProcess): Promise<Outcome> {
  const exit = Promise.withResolvers<Outcome>();
  child.once('exit', (exitCode, signal) => exit.resolve({ exitCode, signal }));
  return exit.promise;
}

async function drained(child: ChildProcess, closed: Promise<void>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([closed, sleep(drainMs, undefined, { signal: timer.signal })]);
  timer.abort();
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function isCancelled(call: CommandCall): boolean {
  return call.signal?.aborted === true;
}

/** Starts it, or tells why it can't be. */
async function start(call: CommandCall): Promise<ChildProcess | string> {
  const child = spawn(call.file, call.args, {
    // The directory we are in need not be one the other user may enter.
    cwd: '/',
    // Node adds this one to every child's environment when it has it itself, unless the caller names it.
    env: { NODE_V8_COVERAGE: undefined, ...call.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(call.as?.isOther === true ? { uid: call.as.uid, gid: call.as.gid } : {}),
  });
  const spawned = Promise.withResolvers<ChildProcess | string>();
  child.once('spawn', () => spawned.resolve(child));
  child.once('error', (error) => {
    spawned.resolve(`cannot start ${call.file}: ${errorCode(error) || error.message}`);
  });
  return spawned.promise;
}

/** Runs the program; whatever becomes of it is in the result, not thrown. */
export async function runCommandGroup(call: CommandCall): Promise<CommandEnd> {
  if (isCancelled(call)) return { kind: 'cancelled' };
  endWithUs();
  const child = await start(call);
  if (typeof child === 'string' || child.pid === undefined) {
    return { kind: 'not-started', why: typeof child === 'string' ? child : 'it has no process' };
  }
  const group = child.pid;
  running.add(group);
  const lastLines: string[] = [];
  const take = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > keptLines) lastLines.shift();
    call.onLine?.(line);
  };
  const readers = [child.stdout, child.stderr].map((stream) => {
    const reader = lineReader(take);
    stream?.setEncoding('utf8').on('data', (text: string) => reader.push(text));
    return reader;
  });
  const closed = Promise.withResolvers<void>();
  child.once('close', () => closed.resolve());
  const outcome = ended(child);
  const cancelling: Promise<void>[] = [];
  const cancel = (): void => {
    if (cancelling.length === 0) cancelling.push(endGroup(group, call.killAfterMs ?? 10_000));
  };
  call.signal?.addEventListener('abort', cancel, { once: true });
  // It may have been cancelled while it was being started.
  if (isCancelled(call)) cancel();
  try {
    const { exitCode, signal } = await outcome;
    call.signal?.removeEventListener('abort', cancel);
    await Promise.all(cancelling);
    if (exitCode !== 0 || call.mayLeaveProcesses !== true) await endGroup(group, 1_000);
    await drained(child, closed.promise);
    for (const reader of readers) reader.end();
    if (cancelling.length > 0) return { kind: 'cancelled' };
    return signal === null
      ? { kind: 'exited', exitCode: exitCode ?? 0, lastLines }
      : { kind: 'killed', signal, lastLines };
  } finally {
    running.delete(group);
  }
}
