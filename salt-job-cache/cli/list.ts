// `list`: the newest jobs, a page at a time.

import type { Command } from 'commander';
import { findJobs } from '../src/queries/find-jobs.ts';
import { parseOutputFormat } from '../src/output/output-format.ts';
import type { Cli, Verb } from './cli.ts';
import { printPage } from './job-page.ts';
import { Printer } from './printer.ts';
import type { OptionTexts } from './verb-options.ts';
import {
  addOutputOption,
  addPageOptions,
  filterOf,
  optionText,
  wholeNumber,
} from './verb-options.ts';

/** Most jobs of a page: more is what `export` is for. */
const mostJobs = 100_000;

/** For `list` and `find`: what is looked for is in the options. */
export async function showJobs(options: OptionTexts, command: Command, cli: Cli): Promise<void> {
  const printer = new Printer(cli, parseOutputFormat(optionText(options, 'output') ?? 'table'));
  const limit = wholeNumber('--limit', optionText(options, 'limit') ?? '50', 1, mostJobs);
  const filter = filterOf(options, cli.clock.nowMicros());
  await using database = await cli.openDatabase(command);
  const page = await findJobs(database, filter, limit, { signal: cli.interrupted });
  await printPage(printer, cli, page);
}

export const listVerb: Verb = (program, cli) => {
  const command = program.command('list').description('Show the newest jobs.');
  addOutputOption(addPageOptions(command)).action(async (options: OptionTexts, command: Command) =>
    showJobs(options, command, cli),
  );
};
