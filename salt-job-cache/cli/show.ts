// `show JID`: one job, its returns, and who has not returned.

import type { Command } from 'commander';
import { JobCacheError } from '../src/errors.ts';
import { dataText, parseOutputFormat } from '../src/output/output-format.ts';
import { factsText, tableText } from '../src/output/table.ts';
import { parseGlob } from '../src/glob.ts';
import { showJob } from '../src/queries/show-job.ts';
import type { ShownJob, ShownReturn } from '../src/queries/show-job.ts';
import { checkJid } from '../src/queries/when.ts';
import { jsonText } from '../src/value/json-text.ts';
import type { PythonValue } from '../src/value/python-value.ts';
import type { Cli, Verb } from './cli.ts';
import { Printer } from './printer.ts';
import type { OptionTexts } from './verb-options.ts';
import { addOutputOption, optionText } from './verb-options.ts';

function returnData(shown: ShownReturn): PythonValue {
  const facts: [PythonValue, PythonValue][] = [
    ['id', shown.minion],
    ['added', shown.added],
    ['fun', shown.fun],
    ['success', shown.success],
    ['return', shown.value],
  ];
  const named = new Set(facts.map(([name]) => name));
  return new Map([...facts, ...shown.others.filter(([name]) => !named.has(name))]);
}

function jobData(job: ShownJob): PythonValue {
  const load: [PythonValue, PythonValue][] =
    job.load === null
      ? []
      : [
          ['started', job.load.started],
          ...job.load.texts.map(([name, text]): [string, string] => [name, text]),
          ['arg', job.load.arg],
        ];
  return new Map<PythonValue, PythonValue>([
    ['jid', job.jid],
    ...load,
    ['returns', job.returns.map(returnData)],
    ['missing', job.missing],
  ]);
}

/** A text stays itself, so that Python's text and the output of commands can be read. */
function plainText(value: PythonValue): string {
  return typeof value === 'string' ? value : jsonText(value);
}

function returnRow(shown: ShownReturn): readonly string[] {
  const retcode = shown.others.find(([name]) => name === 'retcode')?.[1];
  const { success } = shown;
  const outcome = success === null ? 'unknown' : success ? 'yes' : 'no';
  return [
    shown.minion,
    outcome,
    retcode === undefined ? '' : plainText(retcode),
    plainText(shown.value),
  ];
}

function jobText(job: ShownJob, width: number | null): string {
  const missing = job.missing === null ? 'not known' : job.missing.join(', ') || 'none';
  const load: (readonly [string, string])[] =
    job.load === null
      ? [['load', 'not stored']]
      : [['started', job.load.started ?? ''], ...job.load.texts, ['arg', plainText(job.load.arg)]];
  const facts = factsText([['jid', job.jid], ...load, ['missing', missing]], width);
  if (job.returns.length === 0) return facts;
  const returns = job.returns.map(returnRow);
  return `${facts}\n${tableText(['MINION', 'SUCCESS', 'RETCODE', 'RETURN'], returns, width)}`;
}

async function show(text: string, options: OptionTexts, command: Command, cli: Cli): Promise<void> {
  const printer = new Printer(cli, parseOutputFormat(optionText(options, 'output') ?? 'table'));
  const jid = checkJid(text);
  const minion = optionText(options, 'minion');
  await using database = await cli.openDatabase(command);
  const job = await showJob(database, jid, minion === null ? null : parseGlob(minion), {
    signal: cli.interrupted,
  });
  if (job === null) {
    throw new JobCacheError(
      `There is no job ${jid} in the job cache, and no return of one; "list" shows the jobs there are`,
      { kind: 'KeyError', jid },
    );
  }
  const { format } = printer;
  await printer.write(
    format === 'table' ? jobText(job, printer.width) : dataText(jobData(job), format),
  );
}

export const showVerb: Verb = (program, cli) => {
  const command = program
    .command('show <jid>')
    .description('Show one job, its returns, and who has not returned where that is known.')
    .option('--minion <glob>', 'only returns of this minion');
  addOutputOption(command).action(async (jid: string, options: OptionTexts, command: Command) =>
    show(jid, options, command, cli),
  );
};
