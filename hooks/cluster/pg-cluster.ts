// The program `pg-cluster`: what a hook has done for a cluster that it can't do in its own short time or must not
// load. One JSON document in on standard input, one out on standard output, as for pg-setup.

import { text } from 'node:stream/consumers';
import { problem } from '#core/access/problem.ts';
import { fileProblem } from '../setup/file-problem.ts';
import { apply, stopAgent } from './apply.ts';
import { check } from './check.ts';
import type { ClusterAnswer, ClusterCommand, RequestAnswer } from './commands.ts';
import { request } from './request.ts';

async function run(command: ClusterCommand): Promise<ClusterAnswer | RequestAnswer> {
  switch (command.command) {
    case 'apply':
      return apply(command);
    case 'check':
      return check(command);
    case 'stop':
      return stopAgent(command);
    case 'request':
      return request(command);
    default:
      command satisfies never;
      return {
        ok: false,
        did: [],
        problem: problem(
          'INPUT_INVALID',
          'Cannot read what is wanted: its command is to be apply, check, stop or request',
          'This is a mistake in the charm; please report it',
        ),
      };
  }
}

/** Written by the hook this program came with, so its form is taken for granted where it has one. */
function readCommand(json: string): ClusterCommand {
  try {
    return JSON.parse(json) as ClusterCommand;
  } catch {
    // The parser's own message quotes what it stumbled over, which may be a password.
    throw new TypeError(`input is no JSON document (${json.length} characters were read)`);
  }
}

async function main(): Promise<ClusterAnswer> {
  try {
    return await run(readCommand(await text(process.stdin)));
  } catch (error) {
    const found = fileProblem(error);
    if (found !== null) return { ok: false, did: [], problem: found };
    process.exitCode = 1;
    // The stack has names of functions only; the input, with its passwords, is in none of them.
    if (error instanceof Error) process.stderr.write(`${error.stack ?? error.message}\n`);
    const words = error instanceof Error ? `${error.name}: ${error.message}` : 'no error was given';
    const hint = 'This is a mistake in the charm, or something nobody thought of; please report it';
    return { ok: false, did: [], problem: problem('UNEXPECTED', `Cannot go on: ${words}`, hint) };
  }
}

// Not awaited at the top: the bundle may be a CommonJS file, which knows no such await.
void main().then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
