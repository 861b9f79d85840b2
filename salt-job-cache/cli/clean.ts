// `clean`: deletes old jobs with their returns, and old events.

import type { Command } from 'commander';
import { JobCacheError } from '../src/errors.ts';
import { dataText, parseOutputFormat } from '../src/output/output-format.ts';
import { tableText } from '../src/output/table.ts';
import { countExpired } from '../src/queries/count-expired.ts';
import { cleanOldJobs } from '../src/retention/clean-old-jobs.ts';
import type { Limits } from '../src/retention/limits.ts';
import type { Cli, Verb } from './cli.ts';
import { Printer } from './printer.ts';
import { Progress } from './progress.ts';
import type { OptionTexts } from './verb-options.ts';
import { addOutputOption, optionText, wholeNumber } from './verb-options.ts';

const mostSeconds = 100 * 366 * 86_400;
const mostJobs = 1e12;

/** @throws JobCacheError where no limit is given: nobody should empty a job cache by leaving one out */
function limitsOf(options: OptionTexts): Limits {
  const limit = (name: string, option: string, most: number): number => {
    const text = optionText(options, name);
    return text === null ? 0 : wholeNumber(option, text, 1, most);
  };
  const limits = {
    keepJobsSeconds: limit('keepSeconds', '--keep-seconds', mostSeconds),
    keepJobs: limit('keepJobs', '--keep-jobs', mostJobs),
    keepEventsSeconds: limit('keepEventsSeconds', '--keep-events-seconds', mostSeconds),
  };
  if (Object.values(limits).every((value) => value === 0)) {
    throw new JobCacheError(
      'Cannot clean without a limit: say what to keep, with --keep-seconds, --keep-jobs or --keep-events-seconds',
      { kind: 'ValueError' },
    );
  }
  return limits;
}

async function print(printer: Printer, counts: Readonly<Record<string, number>>): Promise<void> {
  const rows = Object.entries(counts).map(([what, count]) => [what, String(count)]);
  await printer.write(
    printer.format === 'table'
      ? tableText(['WHAT', 'ROWS'], rows, printer.width)
      : dataText(counts, printer.format),
  );
}

async function clean(options: OptionTexts, command: Command, cli: Cli): Promise<void> {
  const printer = new Printer(cli, parseOutputFormat(optionText(options, 'output') ?? 'table'));
  const limits = limitsOf(options);
  await using database = await cli.openDatabase(command);
  const { clock, interrupted: signal } = cli;
  if (options['dryRun'] === true) {
    const { jobs, returns, events } = await countExpired(database, limits, clock, { signal });
    cli.stderr.write('Nothing is deleted; these rows would be:\n');
    await print(printer, { jobs, returns, events });
    return;
  }
  const progress = new Progress(cli);
  const cleaned = await cleanOldJobs(database, limits, {
    clock,
    signal,
    onProgress: ({ jobs, returns, events }) =>
      progress.report(() => `Deleted ${jobs} jobs, ${returns} returns, ${events} events so far`),
  });
  if (signal.aborted) progress.tell('Interrupted; what is left is deleted the next time');
  await print(printer, { ...cleaned });
}

export const cleanVerb: Verb = (program, cli) => {
  const command = program
    .command('clean')
    .description('Delete old jobs with their returns, and old events, in small batches.')
    .option('--keep-seconds <number>', 'keep jobs younger than this')
    .option('--keep-jobs <number>', 'keep this many of the newest jobs')
    .option('--keep-events-seconds <number>', 'keep events younger than this')
    .option('--dry-run', 'delete nothing, and count what would be');
  addOutputOption(command).action(async (options: OptionTexts, command: Command) =>
    clean(options, command, cli),
  );
};
