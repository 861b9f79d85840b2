// Runs a program as an agent does and takes its time, from just before it is started until its end is seen.

import { spawn } from 'node:child_process';

export interface TimedProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface TimedRun {
  readonly wallMs: number;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** Both streams in the order they came. */
  readonly output: string;
}

/** How long to read on after the end of a program that failed (E22). */
const drainMs = 100;

/** @throws the system's error where the program can't be started */
export async function timedRun(program: TimedProgram): Promise<TimedRun> {
  const chunks: Buffer[] = [];
  const ended = Promise.withResolvers<number | null>();
  const closed = Promise.withResolvers<void>();
  const began = performance.now();
  const child = spawn(program.file, [...program.args], {
    cwd: program.workingDirectory,
    env: { ...program.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a session of its own: Ctrl-C is for the bench, which stops between two hooks and not within one.
    detached: true,
  });
  let wallMs = 0;
  child.once('error', ended.reject);
  child.once('exit', (exitCode) => {
    wallMs = performance.now() - began;
    ended.resolve(exitCode);
  });
  child.once('close', () => closed.resolve());
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const exitCode = await ended.promise;
  // A server the program left behind may hold the pipes; it is not waited for.
  const timer = setTimeout(() => closed.resolve(), drainMs);
  await closed.promise;
  clearTimeout(timer);
  child.stdout.destroy();
  child.stderr.destroy();
  return { wallMs, exitCode, output: Buffer.concat(chunks).toString('utf8') };
}
