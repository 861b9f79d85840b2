// Starts a program and waits for its end, within a time. No secret is ever given to one: arguments and
// environment are visible to everybody on the machine.

import { execa } from 'execa';

export interface ProgramCall {
  readonly file: string;
  readonly args: readonly string[];
  /** As whom; ourselves where it is left out. */
  readonly as?: { readonly uid: number; readonly gid: number; readonly isOther: boolean };
  readonly timeoutMs: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ProgramResult {
  /** Null when it could not be started, ran out of time, or was ended by a signal. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no exit code, in words. */
  readonly failure: string;
}

/** Runs the program to its end; whatever becomes of it is in the result, not thrown. */
export async function runProgram(call: ProgramCall): Promise<ProgramResult> {
  const result = await execa(call.file, [...call.args], {
    reject: false,
    // The hook's environment is not the server's. Messages come in English, for people and for our tests.
    extendEnv: false,
    env: {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C',
      ...call.environment,
    },
    // The directory we are in need not be one the other user may enter.
    cwd: '/',
    stdin: 'ignore',
    timeout: call.timeoutMs,
    forceKillAfterDelay: 5_000,
    maxBuffer: 1_000_000,
    ...(call.as?.isOther === true ? { uid: call.as.uid, gid: call.as.gid } : {}),
  });
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    failure:
      result.exitCode === undefined ? (result.shortMessage ?? 'it ended without a code') : '',
  };
}

/** The last few lines of what a program said, in one line, for a message. */
export function lastWords(text: string, lines = 4): string {
  const said = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return said.slice(-lines).join('; ').slice(0, 600);
}
