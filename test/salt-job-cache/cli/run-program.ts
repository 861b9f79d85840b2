// The program `salt-job-cache` as a user runs it: a process of its own, with streams and an environment.

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../bin/salt-job-cache.ts', import.meta.url));

export type Environment = Readonly<Record<string, string>>;

/** Nothing of the tester's own environment leads the program to a database. */
export function startProgram(
  args: readonly string[],
  environment: Environment = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...environment },
  });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runProgram(
  args: readonly string[],
  environment: Environment = {},
  input: string | Uint8Array = '',
): Promise<Ended> {
  const child = startProgram(args, environment);
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

export interface Caller extends AsyncDisposable {
  /** Sends a line as it is, and gives the line that answers it. */
  send(line: string): Promise<string>;
  /** The first line of output. */
  readonly ready: string;
  /** Sends a signal, or ends the input; gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A running `call`. */
export async function startCall(
  args: readonly string[],
  environment: Environment,
): Promise<Caller> {
  const child = startProgram(['call', ...args], environment);
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const errors = text(child.stderr);
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity })[
    Symbol.asyncIterator
  ]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the program ended: ${await errors}`);
    return line.value;
  };
  const ready = await next();
  return {
    ready,
    async send(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async end(signal) {
      if (signal === undefined) child.stdin.end();
      else child.kill(signal);
      return code;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await code;
    },
  };
}
