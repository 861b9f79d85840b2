// `tail`: the last jobs and returns, and with -f those that come.

import type { Command } from 'commander';
import { delay } from '#adapters/system/clock.ts';
import { JobCacheError } from '../src/errors.ts';
import { parseOutputFormat } from '../src/output/output-format.ts';
import { Tail } from '../src/queries/tail.ts';
import type { TailKind, TailRow } from '../src/queries/tail-rows.ts';
import type { Cli, Verb } from './cli.ts';
import { Printer } from './printer.ts';
import type { OptionTexts } from './verb-options.ts';
import { addOutputOption, optionText, wholeNumber } from './verb-options.ts';
import { tailLine } from './tail-line.ts';

const mostRows = 100_000;
const longestIntervalMs = 3_600_000;

async function print(printer: Printer, rows: readonly TailRow[]): Promise<void> {
  for (const row of rows) await printer.write(tailLine(row, printer.format, printer.width));
}

/** Ends when it is interrupted or nobody reads; a database that is away is waited for. */
async function follow(tail: Tail, printer: Printer, cli: Cli, intervalMs: number): Promise<void> {
  const ended = AbortSignal.any([cli.interrupted, printer.closed]);
  let isAway = false;
  while (!ended.aborted) {
    try {
      await print(printer, await tail.next(ended));
      isAway = false;
    } catch (error) {
      if (ended.aborted) return;
      if (!(error instanceof JobCacheError && error.isTransient)) throw error;
      if (!isAway) cli.stderr.write(`${error.message}; trying again\n`);
      isAway = true;
    }
    // The signal ends the wait; nothing else does.
    await delay(intervalMs, ended).catch(() => undefined);
  }
}

async function showTail(options: OptionTexts, command: Command, cli: Cli): Promise<void> {
  const printer = new Printer(cli, parseOutputFormat(optionText(options, 'output') ?? 'table'));
  const count = wholeNumber('--lines', optionText(options, 'lines') ?? '10', 0, mostRows);
  const interval = optionText(options, 'intervalMs') ?? '500';
  const intervalMs = wholeNumber('--interval-ms', interval, 10, longestIntervalMs);
  const kinds: readonly TailKind[] =
    options['events'] === true ? ['job', 'return', 'event'] : ['job', 'return'];
  await using database = await cli.openDatabase(command);
  const tail = new Tail(database, kinds);
  await print(printer, await tail.last(count, cli.interrupted));
  if (options['follow'] === true) await follow(tail, printer, cli, intervalMs);
}

export const tailVerb: Verb = (program, cli) => {
  const command = program
    .command('tail')
    .description('Show the last jobs and returns; with -f also those that come, until interrupted.')
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --lines <number>', 'how many of the last', '10')
    .option('--events', 'events as well')
    .option('--interval-ms <number>', 'how often to look, in milliseconds', '500');
  addOutputOption(command).action(async (options: OptionTexts, command: Command) =>
    showTail(options, command, cli),
  );
};
