// Starts a program of a charm and tells how it ended. It runs in a session of its own, so that no terminal
// and no signal meant for the controller reaches it, and with the environment it is given and no other.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import { errorCode } from '../files/error-code.ts';

export interface CharmProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Text for its stdin; null connects /dev/null. */
  readonly stdin: string | null;
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** How long to read on after it ended, for output that is still in the pipes (E22). */
  readonly drainMs: number;
}

export type ProcessEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly message: string };

export interface CharmProcess {
  /** 0 when it could not be started. */
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  /** Signals the program alone, or with everything else of its process group. */
  kill(signal: NodeJS.Signals, whom: 'process' | 'group'): void;
}

export function startCharmProcess(options: CharmProcessOptions): CharmProcess {
  const child = spawn(options.file, options.args, {
    cwd: options.workingDirectory,
    // Node adds this one to every child's environment when it has it itself, unless the caller names it (E30).
    env: { NODE_V8_COVERAGE: undefined, ...options.environment },
    stdio: [options.stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  if (options.stdin !== null) {
    // A program that ends without reading its stdin is within its rights.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(options.stdin);
  }
  child.stdout?.on('data', (chunk: Buffer) => options.onOutput('stdout', chunk));
  child.stderr?.on('data', (chunk: Buffer) => options.onOutput('stderr', chunk));
  return {
    pid: child.pid ?? 0,
    ended: waitForEnd(child, options),
    kill: (signal, whom) => killChild(child, signal, whom),
  };
}

async function waitForEnd(child: ChildProcess, options: CharmProcessOptions): Promise<ProcessEnd> {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  child.once('error', (error) => {
    resolve({ kind: 'not-started', message: `fork/exec ${options.file}: ${error.message}` });
  });
  child.once('exit', (exitCode, signal) => {
    resolve(
      signal === null ? { kind: 'exited', exitCode: exitCode ?? 0 } : { kind: 'killed', signal },
    );
  });
  const closed = Promise.withResolvers<void>();
  child.once('close', () => closed.resolve());

  const end = await promise;
  const timer = setTimeout(() => closed.resolve(), options.drainMs);
  await closed.promise;
  clearTimeout(timer);
  // From here on whoever inherited a pipe loses it; the program's own output is read (E22).
  child.stdout?.destroy();
  child.stderr?.destroy();
  return end;
}

function killChild(child: ChildProcess, signal: NodeJS.Signals, whom: 'process' | 'group'): void {
  // Once its end was seen the id may belong to another process.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(whom === 'group' ? -child.pid : child.pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
