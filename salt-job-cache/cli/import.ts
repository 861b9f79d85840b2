// `import`: stores the lines of an export, from a file or standard input.

import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { JobCacheError } from '../src/errors.ts';
import { dataText, parseOutputFormat } from '../src/output/output-format.ts';
import { tableText } from '../src/output/table.ts';
import { visibleText } from '../src/output/visible-text.ts';
import { Importer } from '../src/queries/import-rows.ts';
import type { ImportCounts } from '../src/queries/import-rows.ts';
import type { Cli, Verb } from './cli.ts';
import { inputLines } from './input-lines.ts';
import { Printer } from './printer.ts';
import { Progress } from './progress.ts';
import type { OptionTexts } from './verb-options.ts';
import { addOutputOption, optionText } from './verb-options.ts';

/** PostgreSQL takes no text of a gigabyte, and JSON is at most six times as long as what it holds. */
const longestLine = 512 * 1024 * 1024;
/** So many bad lines are told one by one; the others are counted. */
const mostTold = 100;

function sourceOf(file: string | undefined, cli: Cli): Readable {
  return file === undefined || file === '-' ? cli.stdin : createReadStream(file);
}

function readError(file: string | undefined, error: unknown): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (typeof code !== 'string' || error instanceof JobCacheError) return error;
  const what = file === undefined || file === '-' ? 'standard input' : `the file "${file}"`;
  const reason = error instanceof Error ? error.message : code;
  return new JobCacheError(`Cannot read ${what}: ${reason}`, { kind: 'OSError' }, { cause: error });
}

function storedText({ stored, there, bad }: ImportCounts): string {
  return (
    `${stored.job} jobs, ${stored.return} returns, ${stored.event} events; ` +
    `${there} were there, ${bad} lines are bad`
  );
}

async function print(printer: Printer, counts: ImportCounts): Promise<void> {
  const { stored, there, bad, lines } = counts;
  const facts = {
    jobs: stored.job,
    returns: stored.return,
    events: stored.event,
    there,
    bad,
    lines,
  };
  const rows = Object.entries(facts).map(([what, count]) => [what, String(count)]);
  await printer.write(
    printer.format === 'table'
      ? tableText(['WHAT', 'NUMBER'], rows, printer.width)
      : dataText(facts, printer.format),
  );
}

async function readAll(importer: Importer, source: Readable, cli: Cli): Promise<void> {
  const lines = inputLines(addAbortSignal(cli.interrupted, source), longestLine);
  try {
    for await (const line of lines) {
      if (line.kind === 'text') await importer.add(line.text);
      else importer.addUnreadable(`line: ${line.problem}`);
      if (cli.interrupted.aborted) break;
    }
  } catch (error) {
    // The source is destroyed by the signal; what was read is stored all the same.
    if (!cli.interrupted.aborted || error instanceof JobCacheError) throw error;
  }
  await importer.flush();
}

async function importAll(
  file: string | undefined,
  options: OptionTexts,
  command: Command,
  cli: Cli,
): Promise<void> {
  const printer = new Printer(cli, parseOutputFormat(optionText(options, 'output') ?? 'table'));
  const progress = new Progress(cli);
  const isDryRun = options['dryRun'] === true;
  await using database = await cli.openDatabase(command);
  const importer = new Importer(database, {
    isDryRun,
    onBadLine(line, problem) {
      if (importer.counts.bad <= mostTold) progress.tell(`Line ${line}: ${visibleText(problem)}`);
      if (importer.counts.bad === mostTold) progress.tell('More bad lines are only counted');
    },
    onProgress: (counts) =>
      progress.report(() => `Read ${counts.lines} lines: ${storedText(counts)}`),
  });
  try {
    await readAll(importer, sourceOf(file, cli), cli);
  } catch (error) {
    if (importer.counts.lines > 0) {
      progress.tell(`Stored before that: ${storedText(importer.counts)}; begin again to go on`);
    }
    throw readError(file, error);
  }
  if (isDryRun) cli.stderr.write('Nothing is stored; this would be:\n');
  await print(printer, importer.counts);
  if (cli.interrupted.aborted) {
    progress.tell('Interrupted; begin again to go on, what is stored is not stored twice');
  }
  const { bad } = importer.counts;
  if (bad > 0) {
    throw new JobCacheError(`${bad} of the lines could not be imported`, { kind: 'ValueError' });
  }
}

export const importVerb: Verb = (program, cli) => {
  const command = program
    .command('import [file]')
    .description('Store the lines of an export. What is there already is not stored twice.')
    .option('--dry-run', 'store nothing, and count what would be');
  addOutputOption(command).action(
    async (file: string | undefined, options: OptionTexts, command: Command) =>
      importAll(file, options, command, cli),
  );
};
