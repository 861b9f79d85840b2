// The program `pg-setup`: reads what is wanted as JSON on standard input, brings it about, and prints what
// came of it as JSON on standard output. Hooks call it, so that they carry no database client themselves.
// Exit status 0: an answer was printed, also one with a problem. 1: something unforeseen, with an answer too.

import { text } from 'node:stream/consumers';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { accessOnly } from './access-only.ts';
import type { InstallAnswer, SetupAnswer } from './answer.ts';
import { converge } from './converge.ts';
import type { SetupCommand } from './desired.ts';
import { idleAnswer } from './find-server.ts';
import { inspect, stop } from './inspect.ts';
import { install, thisMachine } from './install.ts';
import { readDocument } from './read-command.ts';
import { InputFault } from './read-json.ts';
import { SetupNotes } from './setup-context.ts';

function report(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

async function run(command: SetupCommand): Promise<SetupAnswer | InstallAnswer> {
  switch (command.command) {
    case 'install':
      return install(command, thisMachine(report));
    case 'converge':
      return converge(command, new SetupNotes(report));
    case 'access':
      return accessOnly(command, new SetupNotes(report));
    case 'inspect':
      return inspect(command.server);
    case 'stop':
      return stop(command.server);
    default:
      return command satisfies never;
  }
}

/** The answer when there is nothing to say of a server, in the form of all the others. */
function failure(found: Problem): SetupAnswer & InstallAnswer {
  return {
    ok: false,
    did: [],
    server: idleAnswer('unusable', null),
    problem: found,
    refused: [],
    access: [],
    revoked: [],
    version: '',
    binDirectory: '',
  };
}

async function main(): Promise<SetupAnswer | InstallAnswer> {
  try {
    return await run(readDocument(await text(process.stdin)));
  } catch (error) {
    if (error instanceof InputFault) {
      const hint = 'This is a mistake in the charm; please report it';
      return failure(
        problem('INPUT_INVALID', `Cannot read what is wanted: ${error.message}`, hint),
      );
    }
    process.exitCode = 1;
    const words = error instanceof Error ? `${error.name}: ${error.message}` : 'no error was given';
    const hint = 'This is a mistake in the charm, or something nobody thought of; please report it';
    // The stack has names of functions only; the input, with its passwords, is in none of them.
    if (error instanceof Error) report(error.stack ?? words);
    return failure(problem('UNEXPECTED', `Cannot go on: ${words}`, hint));
  }
}

async function print(): Promise<void> {
  process.stdout.write(`${JSON.stringify(await main())}\n`);
}

// Not awaited at the top: the bundle may be a CommonJS file, which knows no such await.
void print();
