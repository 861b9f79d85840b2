// `export`: the job cache as lines of JSON on standard output.

import type { Command } from 'commander';
import { JobCacheError } from '../src/errors.ts';
import { timestampOf } from '../src/partitions/span.ts';
import { exportRows } from '../src/queries/export-rows.ts';
import type { ExportEnd, ExportPosition } from '../src/queries/export-rows.ts';
import type { LineKind } from '../src/queries/exported-lines.ts';
import { microsOfJid } from '../src/queries/when.ts';
import type { Cli, Verb } from './cli.ts';
import { Printer } from './printer.ts';
import { Progress } from './progress.ts';
import type { OptionTexts } from './verb-options.ts';
import { addPeriodOptions, optionText, periodOf } from './verb-options.ts';

/** @throws JobCacheError for what no export has printed as its position */
function parsePosition(text: string): ExportPosition {
  const event = /^event:(-?\d{1,19})$/u.exec(text);
  if (event?.[1] !== undefined) return { kind: 'event', id: event[1] };
  if (/^[^\s:]{1,20}$/u.test(text)) return { kind: 'jid', jid: text };
  throw new JobCacheError(
    `Cannot go on after "${text}": give the position an interrupted export has told, a job id or event:NUMBER`,
    { kind: 'ValueError', field: '--after' },
  );
}

function positionText(position: ExportPosition): string {
  return position.kind === 'jid' ? position.jid : `event:${position.id}`;
}

function timeOf(jid: string | null): string | null {
  const micros = jid === null ? null : microsOfJid(jid);
  return micros === null ? null : timestampOf(micros);
}

function countsText(counts: Readonly<Record<LineKind, number>>): string {
  return `${counts.job} jobs, ${counts.return} returns, ${counts.event} events`;
}

function tellEnd(end: ExportEnd, printer: Printer, progress: Progress): void {
  if (end.isComplete) {
    progress.tell(`Exported ${countsText(end.counts)}`);
    return;
  }
  // Whoever took the first lines only has them.
  if (printer.isClosed) return;
  const { position } = end;
  const advice = position === null ? 'begin again' : `go on with --after ${positionText(position)}`;
  progress.tell(`Interrupted after ${countsText(end.counts)}; ${advice}`);
}

async function exportAll(options: OptionTexts, command: Command, cli: Cli): Promise<void> {
  const printer = new Printer(cli);
  const progress = new Progress(cli);
  const period = periodOf(options, cli.clock.nowMicros());
  const after = optionText(options, 'after');
  const position = after === null ? null : parsePosition(after);
  await using database = await cli.openDatabase(command);
  let last = position;
  const tellPosition = (): string =>
    last === null ? '' : `; go on with --after ${positionText(last)}`;
  try {
    const end = await exportRows(
      database,
      {
        ...period,
        fromTime: timeOf(period.fromJid),
        toTime: timeOf(period.toJid),
        withEvents: options['events'] === true,
        after: position,
      },
      {
        async write(lines) {
          await printer.write(lines);
          return !printer.isClosed;
        },
        onPosition(reached, counts) {
          last = reached;
          progress.report(() => `Exported ${countsText(counts)}, up to ${positionText(reached)}`);
        },
      },
      cli.interrupted,
    );
    tellEnd(end, printer, progress);
  } catch (error) {
    if (!(error instanceof JobCacheError)) throw error;
    const { kind, sqlstate, isTransient, message } = error;
    const facts = sqlstate === null ? { kind, isTransient } : { kind, isTransient, sqlstate };
    throw new JobCacheError(`${message}${tellPosition()}`, facts, { cause: error });
  }
}

export const exportVerb: Verb = (program, cli) => {
  const command = program
    .command('export')
    .description('Print jobs with their returns, and events, as lines of JSON that import takes.')
    .option('--events', 'events as well')
    .option('--after <position>', 'go on where an export that was interrupted said it was');
  addPeriodOptions(command).action(async (options: OptionTexts, command: Command) =>
    exportAll(options, command, cli),
  );
};
