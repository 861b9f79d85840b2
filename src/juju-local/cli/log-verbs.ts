// `debug-log`: the model's log, past and present.

import type { Command } from 'commander';

import type { LogLevel } from '#core/juju/model.ts';

import type { LogLine } from '../state/model-log.ts';
import { checkFormat } from './format.ts';
import type { Session } from './session.ts';
import { wholeNumber } from './session.ts';

interface LogFlags {
  readonly replay?: boolean;
  readonly tail?: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly level?: string;
  readonly lines?: string;
  readonly limit?: string;
  readonly date?: boolean;
}

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
const defaultLines = 10;

export function addLogVerbs(program: Command, session: Session): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [
    ...before,
    ...value.split(','),
  ];
  program
    .command('debug-log')
    .description('show the log of the model, and follow it on a terminal')
    .option('--replay', 'from the first line on, and do not follow')
    .option('--tail', 'follow, also when the output is no terminal')
    .option('--no-tail', 'do not follow')
    .option('-i, --include <unit>', 'only these units', collect, [])
    .option('-x, --exclude <unit>', 'not these units', collect, [])
    .option('-l, --level <level>', "lowest level to show (default: the model's logging level)")
    .option('-n, --lines <number>', 'how many past lines to begin with (default: 10)')
    .option('--limit <number>', 'show so many lines and end')
    .option('--date', 'with the date, not only the time')
    .action(async (flags: LogFlags) => debugLog(session, flags));
}

async function debugLog(session: Session, flags: LogFlags): Promise<void> {
  const juju = await session.open();
  const level: LogLevel =
    flags.level === undefined
      ? (await juju.model()).config.loggingLevel
      : checkFormat(flags.level.toUpperCase(), levels);
  const limit = flags.limit === undefined ? null : wholeNumber(flags.limit, 'limit', 1);
  const lines = flags.lines === undefined ? defaultLines : wholeNumber(flags.lines, 'number');
  const all = flags.replay === true && flags.lines === undefined;
  const follow = flags.tail ?? (flags.replay !== true && process.stdout.isTTY);
  const { include, exclude } = flags;
  let shown = 0;
  for await (const line of juju.log({
    level,
    include,
    exclude,
    follow,
    last: all ? null : lines,
  })) {
    session.print(describeLine(line, flags.date === true));
    shown += 1;
    if (limit !== null && shown >= limit) break;
  }
}

/** `unit-postgresql-0: 12:00:01 INFO unit.postgresql/0.juju-log message`, in the local time zone. */
export function describeLine(line: LogLine, withDate: boolean): string {
  const at = new Date(line.at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join('-');
  const stamp = withDate ? `${date} ${time}` : time;
  return `${line.entity}: ${stamp} ${line.level} ${line.logger} ${line.message}`;
}
