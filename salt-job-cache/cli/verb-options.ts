// Options that several verbs have, and how their texts are read.

import type { Command } from 'commander';
import { JobCacheError } from '../src/errors.ts';
import { parseGlob } from '../src/glob.ts';
import type { JobFilter, Outcome } from '../src/queries/job-filter.ts';
import { everyJob } from '../src/queries/job-filter.ts';
import { checkJid, jidAt, parseWhen } from '../src/queries/when.ts';

/** Texts of the options as commander gives them. */
export type OptionTexts = Readonly<Record<string, string | boolean | undefined>>;

export function optionText(options: OptionTexts, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' ? value : null;
}

/** @throws JobCacheError for what is no whole number from `least` to `most` */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new JobCacheError(
    `Cannot use "${text}" for ${option}: it has to be a whole number from ${least} to ${most}`,
    { kind: 'ValueError', field: option },
  );
}

export function addOutputOption(command: Command): Command {
  return command.option('-o, --output <format>', 'table, json or yaml', 'table');
}

export function addPageOptions(command: Command): Command {
  return command
    .option('-n, --limit <number>', 'most jobs to show', '50')
    .option('--before <jid>', 'only jobs older than this one: the next page');
}

export function addPeriodOptions(command: Command): Command {
  return command
    .option('--since <when>', 'not older than this: an age such as 2h or 3d, or an ISO date')
    .option('--until <when>', 'not newer than this');
}

/** The range of job ids that `--since`, `--until` and `--before` leave. */
export function periodOf(
  options: OptionTexts,
  nowMicros: bigint,
): Pick<JobFilter, 'fromJid' | 'toJid'> {
  const since = optionText(options, 'since');
  const until = optionText(options, 'until');
  const before = optionText(options, 'before');
  const ends = [
    // What happened in that very microsecond is not newer.
    ...(until === null ? [] : [jidAt(parseWhen('--until', until, nowMicros) + 1n)]),
    ...(before === null ? [] : [checkJid(before)]),
  ];
  return {
    fromJid: since === null ? null : jidAt(parseWhen('--since', since, nowMicros)),
    toJid: ends.sort()[0] ?? null,
  };
}

const outcomes: readonly Outcome[] = ['success', 'failed', 'missing'];

function outcomeOf(options: OptionTexts): Outcome | null {
  const given = outcomes.filter((outcome) => options[outcome] === true);
  if (given.length <= 1) return given[0] ?? null;
  throw new JobCacheError(
    `Cannot look for ${given.map((name) => `--${name}`).join(' and ')} together: no job is both; give one`,
    { kind: 'ValueError', field: 'outcome' },
  );
}

/** @throws JobCacheError */
export function filterOf(options: OptionTexts, nowMicros: bigint): JobFilter {
  const glob = (name: string): JobFilter['function'] => {
    const text = optionText(options, name);
    return text === null ? null : parseGlob(text);
  };
  return {
    ...everyJob,
    ...periodOf(options, nowMicros),
    function: glob('function'),
    target: glob('target'),
    minion: glob('minion'),
    user: optionText(options, 'user'),
    outcome: outcomeOf(options),
  };
}
