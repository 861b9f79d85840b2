// `find`: the newest jobs of a function, a target, a minion, a user, a period, an outcome.

import type { Command } from 'commander';
import type { Verb } from './cli.ts';
import { showJobs } from './list.ts';
import type { OptionTexts } from './verb-options.ts';
import { addOutputOption, addPageOptions, addPeriodOptions } from './verb-options.ts';

export const findVerb: Verb = (program, cli) => {
  const command = program
    .command('find')
    .description('Show the newest jobs that match all that is given.')
    .option('--function <glob>', 'of this function, for example "state.*"')
    .option('--target <glob>', 'for this target, or for a list that names it')
    .option('--minion <glob>', 'to which this minion returned')
    .option('--user <name>', 'of this user')
    .option('--success', 'to which minions returned, and none failed')
    .option('--failed', 'which failed on some minion')
    .option('--missing', 'to which no minion has returned');
  addOutputOption(addPageOptions(addPeriodOptions(command))).action(
    async (options: OptionTexts, command: Command) => showJobs(options, command, cli),
  );
};
