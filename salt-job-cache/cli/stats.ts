// `stats`: how much is in the job cache, since when, and how fast it grows.

import type { Command } from 'commander';
import { dataText, parseOutputFormat } from '../src/output/output-format.ts';
import { factsText, tableText } from '../src/output/table.ts';
import { functionSample, readStats } from '../src/queries/stats.ts';
import type { Stats } from '../src/queries/stats.ts';
import type { PythonValue } from '../src/value/python-value.ts';
import type { Cli, Verb } from './cli.ts';
import { Printer } from './printer.ts';
import type { OptionTexts } from './verb-options.ts';
import { addOutputOption, optionText } from './verb-options.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** As PostgreSQL counts: 1024 to the next unit. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 10_240 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Math.round(value)} ${units[unit]}`;
}

function statsText(stats: Stats, width: number | null): string {
  const tables = stats.tables.map((table) => [
    table.name,
    `${table.isExact ? '' : 'about '}${table.rows}`,
    sizeText(table.tableBytes),
    sizeText(table.indexBytes),
    String(table.lastHour),
  ]);
  const facts = factsText(
    [
      ['oldest job', stats.oldestJid ?? 'none'],
      ['newest job', stats.newestJid ?? 'none'],
      ['last write', stats.lastWrite ?? 'none'],
    ],
    width,
  );
  const indexes = stats.indexes.map(({ name, table, bytes }) => [name, table, sizeText(bytes)]);
  const functions = stats.functions.map(({ fun, jobs }) => [fun, String(jobs)]);
  return [
    tableText(['TABLE', 'ROWS', 'SIZE', 'INDEXES', 'LAST HOUR'], tables, width),
    facts,
    tableText(['INDEX', 'TABLE', 'SIZE'], indexes, width),
    tableText([`FUNCTION, OF THE NEWEST ${functionSample} JOBS`, 'JOBS'], functions, width),
  ].join('\n');
}

function statsData(stats: Stats): PythonValue {
  return {
    tables: stats.tables.map((table) => ({
      name: table.name,
      rows: table.rows,
      exact: table.isExact,
      bytes: table.tableBytes,
      index_bytes: table.indexBytes,
      last_hour: table.lastHour,
    })),
    indexes: stats.indexes.map(({ name, table, bytes }) => ({ name, table, bytes })),
    oldest_jid: stats.oldestJid,
    newest_jid: stats.newestJid,
    last_write: stats.lastWrite,
    functions: stats.functions.map(({ fun, jobs }) => ({ fun, jobs })),
  };
}

async function showStats(options: OptionTexts, command: Command, cli: Cli): Promise<void> {
  const printer = new Printer(cli, parseOutputFormat(optionText(options, 'output') ?? 'table'));
  await using database = await cli.openDatabase(command);
  const stats = await readStats(database, cli.clock.nowMicros(), options['exact'] === true, {
    signal: cli.interrupted,
  });
  const { format, width } = printer;
  await printer.write(
    format === 'table' ? statsText(stats, width) : dataText(statsData(stats), format),
  );
}

export const statsVerb: Verb = (program, cli) => {
  const command = program
    .command('stats')
    .description('Show rows, sizes, ages and rates of the job cache.')
    .option('--exact', 'count the rows of large tables too, which takes longer');
  addOutputOption(command).action(async (options: OptionTexts, command: Command) =>
    showStats(options, command, cli),
  );
};
