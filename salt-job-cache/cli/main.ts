// The program `salt-job-cache`: one command line, its exit code, and one sentence about what went wrong.

import { Command, CommanderError } from 'commander';
import { JobCacheError } from '../src/errors.ts';
import type { Cli, Verb } from './cli.ts';
import { addDatabaseOptions } from './database-options.ts';
import { createMachineCli, interruptedExitCode } from './machine-cli.ts';
import { programName } from './name.ts';
import { verbs as allVerbs } from './verbs.ts';

const usageExitCode = 2;

const help = `
Where the job cache is comes from the first of these that is there:
  --connection CONNINFO   a conninfo text or URI; the password from PGPASSWORD or a password file
  --config PATH           a Salt master's configuration (keys master_job_cache.postgres.*), or the
                          JSON file of the service
  PGHOST, PGDATABASE, …   the environment, as psql reads it
  /etc/salt/master        and what it includes

Exit codes: 0 done, 1 could not, 2 no such command line, 130 interrupted.`;

/** The command line; its actions throw `JobCacheError` or an error of commander. */
export function createProgram(cli: Cli, verbs: readonly Verb[] = allVerbs): Command {
  const program = new Command(programName)
    .description("Keeps, finds and cleans a Salt master's jobs in PostgreSQL.")
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .addHelpText('after', help);
  addDatabaseOptions(program);
  for (const addVerb of verbs) addVerb(program, cli);
  for (const verb of program.commands) addDatabaseOptions(verb);
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      writeErr: (text) => cli.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /u, `${programName}: `)),
    });
  }
  return program;
}

export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/**
 * The exit code of what was thrown, after a sentence about it.
 * @throws `error` where it is a fault of the program itself: its stack tells more than a sentence
 */
export function explain(error: unknown, cli: Cli): number {
  // commander has printed its own message, or the help, which is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
  if (cli.interrupted.aborted) return interruptedExitCode;
  if (!(error instanceof JobCacheError)) throw error;
  cli.stderr.write(`${programName}: ${error.message}\n`);
  return 1;
}

/**
 * Runs one command line.
 * @returns 0 done; 1 could not; 2 no such command line; 130 interrupted
 */
export async function main(args: readonly string[]): Promise<number> {
  const cli = createMachineCli();
  try {
    const program = createProgram(cli);
    if (args.length === 0) program.help();
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    return explain(error, cli);
  }
  // SIGTERM is how a service is asked to end, and it has ended well.
  return cli.interruptedBy() === 'SIGINT' ? interruptedExitCode : 0;
}
