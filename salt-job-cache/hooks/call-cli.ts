// Runs the command line of the job cache from a hook. It finds the database, and the password, in the file the
// service reads, so that neither is among its arguments.

import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { errorCode } from '#adapters/files/error-code.ts';

export interface CliAnswer {
  readonly isDone: boolean;
  readonly output: string;
  /** Why it was not done, in the program's own words; empty where it was. */
  readonly problem: string;
  /** There was more output than is read. */
  readonly isCut: boolean;
}

/** Cleaning and exporting take as long as there is to do. */
const timeoutMs = 30 * 60_000;
/** More than any result that is shown. */
const outputBytesMax = 1024 * 1024;

function lastLines(text: string): string {
  const lines = text
    .split('\n')
    // Its name before its sentence says nothing here.
    .map((line) => line.replace(/^salt-job-cache: /u, '').trim())
    .filter((line) => line !== '');
  return lines.slice(-3).join('; ').slice(0, 1000);
}

interface CliCall {
  readonly program: string;
  /** The service's configuration. */
  readonly config: string;
  /** Verb and options; no secret is among them. */
  readonly args: readonly string[];
}

function start(
  { program, config, args }: CliCall,
  output: 'pipe' | number,
): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [program, '--config', config, ...args], {
    stdio: ['ignore', output, 'pipe'],
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: outputBytesMax,
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' },
  });
}

/** Why it failed; empty where it did not, or only had more to say than is read. */
function problemOf(done: SpawnSyncReturns<string>): string {
  const code = errorCode(done.error);
  if (code === 'ENOBUFS' || (done.error === undefined && done.status === 0)) return '';
  if (code === 'ETIMEDOUT')
    return `it took longer than ${timeoutMs / 60_000} minutes and was ended`;
  // Where it could not be started at all there are no texts.
  const said = lastLines(done.stderr ?? '');
  return (
    said || (done.error?.message ?? `it ended with ${done.signal ?? `exit code ${done.status}`}`)
  );
}

export function callCli(call: CliCall): CliAnswer {
  const done = start(call, 'pipe');
  const problem = problemOf(done);
  const isCut = errorCode(done.error) === 'ENOBUFS';
  return { isDone: problem === '', output: done.stdout ?? '', problem, isCut };
}

/** Writes the output to a file that only we may read. One that is there is left alone, one that is not whole is not. */
export function callCliInto(path: string, call: CliCall): CliAnswer {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const problem =
      errorCode(error) === 'EEXIST'
        ? `${path} is there already; name another path, or remove it`
        : `the file can't be made: ${words}`;
    return { isDone: false, output: '', problem, isCut: false };
  }
  const done = start(call, file);
  closeSync(file);
  const problem = problemOf(done);
  if (problem !== '') rmSync(path, { force: true });
  return { isDone: problem === '', output: '', problem, isCut: false };
}
