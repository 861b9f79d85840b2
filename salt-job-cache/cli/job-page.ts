// One page of jobs, as `list` and `find` print it.

import type { JobPage } from '../src/queries/find-jobs.ts';
import type { JobSummary } from '../src/queries/job-rows.ts';
import { dataText } from '../src/output/output-format.ts';
import { tableText } from '../src/output/table.ts';
import type { PythonValue } from '../src/value/python-value.ts';
import type { Cli } from './cli.ts';
import type { Printer } from './printer.ts';

const heading = ['JID', 'STARTED', 'FUNCTION', 'TARGET', 'USER', 'RETURNS', 'FAILED'];

/** To the second: the job id has the rest. */
function shortTime(started: string | null): string {
  return started === null ? '' : started.replace(/(?:\.\d+)?\+00$/u, '');
}

function tableRow(job: JobSummary): readonly string[] {
  const { jid, started, fun, target, user, returns, failed } = job;
  return [jid, shortTime(started), fun, target, user, String(returns), String(failed)];
}

function dataOf(job: JobSummary): PythonValue {
  return new Map<PythonValue, PythonValue>([
    ['jid', job.jid],
    ['started', job.started],
    ['fun', job.fun],
    ['tgt_type', job.targetType],
    ['tgt', job.target],
    ['username', job.user],
    ['returns', job.returns],
    ['failed', job.failed],
  ]);
}

export async function printPage(printer: Printer, cli: Cli, page: JobPage): Promise<void> {
  if (printer.format !== 'table') {
    await printer.write(dataText(page.jobs.map(dataOf), printer.format));
    return;
  }
  await printer.write(tableText(heading, page.jobs.map(tableRow), printer.width));
  // Not among the rows: they may be read by a program.
  if (page.jobs.length === 0) cli.stderr.write('No jobs.\n');
  if (page.before !== null) cli.stderr.write(`More jobs with --before ${page.before}\n`);
}
