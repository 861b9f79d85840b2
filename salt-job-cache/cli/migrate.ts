// The verb `migrate`: brings the tables of the database to what the job cache wants.

import type { Command } from 'commander';
import { Option } from 'commander';
import { migrate } from '../src/schema/migrate.ts';
import type { Verb } from './cli.ts';
import { writeText } from './write-text.ts';

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

export const migrateVerb: Verb = (program, cli) => {
  program
    .command('migrate')
    .summary('Make or mend the tables.')
    .description(
      'Makes the tables of the job cache where they are missing, and mends those that are there. ' +
        'No row is ever dropped; running it again does nothing.',
    )
    .option('--partitions', 'divide the tables by time, so that old rows leave at once', false)
    .addOption(
      new Option('--reader <role>', 'let the members of a role read; may be given several times')
        .argParser(collect)
        .default([] as readonly string[], 'nobody'),
    )
    .action(async (_options: unknown, command: Command) => {
      const { partitions, reader } = command.opts<{
        readonly partitions: boolean;
        readonly reader: readonly string[];
      }>();
      await using database = await cli.openDatabase(command);
      // What waits for a lock would not end by itself; PostgreSQL undoes what was not done whole.
      const giveUp = (): void => void database[Symbol.asyncDispose]();
      cli.interrupted.addEventListener('abort', giveUp, { once: true });
      const did = await migrate(database, {
        readers: reader,
        partitions,
        onProgress: (sentence) => cli.stderr.write(`${sentence}\n`),
      });
      const end = did.length === 0 ? 'Nothing to do: all is as it should be' : 'Done';
      await writeText(cli.stdout, `${end}\n`);
    });
};
