// The command line of juju-local: its verbs, and what is printed when one of them fails.

import { Command, CommanderError, Option } from 'commander';

import { ModelError } from '#core/juju/model-error.ts';

import { complaint, report } from '../controller/report.ts';
import { UserError } from '../user-error.ts';
import { addActionVerbs } from './action-verbs.ts';
import { addApplicationVerbs } from './application-verbs.ts';
import { addConfigVerbs } from './config-verbs.ts';
import { addFaultVerbs } from './fault-verbs.ts';
import { addLogVerbs } from './log-verbs.ts';
import { addModelVerbs } from './model-verbs.ts';
import { addSecretVerbs } from './secret-verbs.ts';
import { errorLine, Session } from './session.ts';
import { addStatusVerbs } from './status-verbs.ts';

const usageExitCode = 2;

/** Runs one command line; its exit code: 0, 1 when the command failed, 2 when it was no command. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const session = new Session();
  const program = createProgram(session);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return explain(error, args);
  }
}

export function createProgram(session: Session): Command {
  const program = new Command('juju-local')
    .description('A Juju model on one machine: real hooks, real hook tools, no cloud.')
    .addOption(
      new Option('--state-dir <directory>', 'where the model lives (or set JUJU_LOCAL_DATA)'),
    )
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      '\nVerbs and options are those of juju where it has them. For completion in bash:\n' +
        '  complete -W "$(juju-local help | awk \'/^  [a-z]/ {print $1}\' | cut -d"|" -f1)" juju-local',
    )
    .hook('preAction', (command) => {
      const { stateDir } = command.opts<{ stateDir?: string }>();
      session.givenStateDir = stateDir ?? null;
    });
  addModelVerbs(program, session);
  addApplicationVerbs(program, session);
  addConfigVerbs(program, session);
  addActionVerbs(program, session);
  addStatusVerbs(program, session);
  addLogVerbs(program, session);
  addSecretVerbs(program, session);
  addFaultVerbs(program, session);
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /u, 'ERROR ')),
    });
  }
  return program;
}

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** Prints what went wrong. A stack is shown only for faults of the program itself. */
function explain(error: unknown, args: readonly string[]): number {
  // commander has printed its own message, or the help, which is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
  const text = complaint(error);
  if (args[0] === 'controller') report(text ?? '');
  if (text === null) throw error;
  if (error instanceof UserError || error instanceof ModelError) {
    process.stderr.write(`${errorLine(error.message, error.hint)}\n`);
  }
  return 1;
}
