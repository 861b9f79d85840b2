// The actions by which a person looks into the job cache: each runs a verb of the program beside the hook. Juju keeps
// results for good and shows them whole, so they are bounded here; what was left out is said.

import { type Action, ActionFailure } from '#charm/charm.ts';
import { type MachinePlace, machinePlaceOf } from '../machine/place.ts';
import { cleaningsOf } from './cleanings.ts';
import { readStats } from './cache-stats.ts';
import type { CliAnswer } from './call-cli.ts';
import type { Context } from './context.ts';
import { applied, cacheStats } from './machine-facts.ts';
import { placeOf } from './place.ts';
import { bytesText } from './quantities.ts';
import { isBegun, retention } from './retention.ts';
import { keepMachine } from './run-machine.ts';
import { serviceFacts } from './service-facts.ts';
import { readSettings, type Settings } from './settings.ts';

type CacheAction = Action<Context>;
type Parameters = Readonly<Record<string, unknown>>;

/** Longest text of one result, in characters: an argument of a hook tool has at most 128 KiB. */
const textMax = 30_000;

/** @throws ActionFailure while there is no job cache */
function placeFor(context: Context, tried: string): MachinePlace {
  if (applied.read(context.data) === null) {
    throw new ActionFailure(
      `Cannot ${tried}: the job cache has no tables in a database yet; see the status of this unit`,
    );
  }
  return machinePlaceOf(context.hook.charmDir, context.hook.unitName);
}

/**
 * Runs a verb.
 * @param tried what it does, for the failure
 * @throws ActionFailure with what was in the way
 */
function run(context: Context, tried: string, args: readonly string[]): CliAnswer {
  const answer = context.services.cli(placeFor(context, tried), args);
  if (answer.isDone) return answer;
  throw new ActionFailure(`Cannot ${tried}: ${answer.problem}`);
}

function text(parameters: Parameters, name: string): string {
  const value = parameters[name];
  return typeof value === 'string' ? value.trim() : '';
}

/** An option with the parameter's value, which may begin with a dash; nothing where it was not given. */
function option(parameters: Parameters, name: string): readonly string[] {
  const number = parameters[name];
  const value = typeof number === 'number' ? String(number) : text(parameters, name);
  return value === '' ? [] : [`--${name}=${value}`];
}

interface FittingText {
  readonly output: string;
  /** How much was left out, and what to do about it. */
  readonly truncated?: string;
}

/** A text that fits, cut at the end of a line, and what to do about the rest. */
export function fitting({ output, isCut }: CliAnswer, hint: string): FittingText {
  // A zero byte can stand in no argument, and half of a character in none either.
  const clean = output.replaceAll('\0', '\\0').toWellFormed();
  if (clean.length <= textMax && !isCut) return { output: clean };
  const end = clean.lastIndexOf('\n', textMax);
  const kept = clean.slice(0, end > 0 ? end : textMax).toWellFormed();
  const left = isCut ? 'most of it was' : `${clean.length - kept.length} characters were`;
  return { output: kept, truncated: `${left} left out; ${hint}` };
}

/** Lines after the heading. */
function rowsIn(table: string): number {
  return Math.max(0, table.split('\n').filter((line) => line !== '').length - 1);
}

const listJobs: CacheAction = {
  run(context, parameters) {
    const filters = ['function', 'target', 'minion', 'since'];
    const answer = run(context, 'list jobs', [
      'find',
      ...option({ limit: 50, ...parameters }, 'limit'),
      ...filters.flatMap((name) => option(parameters, name)),
      ...(parameters['failed'] === true ? ['--failed'] : []),
    ]);
    return {
      jobs: rowsIn(answer.output),
      ...fitting(answer, 'lower the limit, or use the action export'),
    };
  },
};

const showJob: CacheAction = {
  run(context, parameters) {
    const jid = text(parameters, 'jid');
    const answer = run(context, 'show the job', ['show', '--output=yaml', '--', jid]);
    return { jid, ...fitting(answer, 'use the action export, or psql') };
  },
};

/** Whoever cleans by the options has agreed to what they say; the service goes on with it. */
function beginRetention(context: Context, settings: Settings): void {
  const place = placeOf(context.endpoints.db);
  if (place === null || isBegun(retention.read(context.data), place.database)) return;
  retention.write(context.data, { database: place.database, waiting: null });
  keepMachine(context, settings, 'all');
}

const clean: CacheAction = {
  run(context, parameters) {
    const read = readSettings(context.config);
    if (read.kind === 'problem') throw new ActionFailure(`Cannot clean: ${read.message}`);
    const { keepJobsSeconds, keepJobs, keepEventsSeconds } = read.settings;
    const keeps: Parameters = {
      'keep-seconds': keepJobsSeconds,
      'keep-jobs': keepJobs,
      'keep-events-seconds': keepEventsSeconds,
      ...parameters,
    };
    const isDryRun = parameters['dry-run'] === true;
    const answer = run(context, 'clean', [
      'clean',
      '--output=json',
      ...Object.keys(keeps)
        // No limit is said by leaving it out.
        .filter((name) => name !== 'dry-run' && keeps[name] !== 0)
        .flatMap((name) => option(keeps, name)),
      ...(isDryRun ? ['--dry-run'] : []),
    ]);
    const isByOptions = !('keep-seconds' in parameters || 'keep-jobs' in parameters);
    if (isByOptions && !isDryRun) beginRetention(context, read.settings);
    return {
      result: isDryRun ? 'would be deleted' : 'deleted',
      ...cleaningsOf(answer.output),
    };
  },
};

/** How the service does, in a line. */
function serviceLine(context: Context, place: MachinePlace): string {
  const { services, data, now } = context;
  const startedMs = applied.read(data)?.at ?? 0;
  const status = services.readStatus(place);
  const { problem, remarks } = serviceFacts(status, services.lastWords(place), startedMs, now());
  return problem ?? ['runs', ...remarks].join('; ');
}

const stats: CacheAction = {
  run(context) {
    const place = placeFor(context, 'look into the job cache');
    const found = readStats(context);
    if (found.kind === 'problem') {
      throw new ActionFailure(`Cannot look into the job cache: ${found.message}`);
    }
    const { jobs, returns, events, areEstimates, bytes, oldestJob, lastWrite } = found.stats;
    cacheStats.write(context.data, found.stats);
    return {
      jobs,
      returns,
      events,
      'are-estimates': areEstimates,
      size: bytesText(bytes),
      bytes,
      'oldest-job': oldestJob ?? 'none',
      'last-write': lastWrite ?? 'none',
      service: serviceLine(context, place),
    };
  },
};

const exportJobs: CacheAction = {
  run(context, parameters) {
    const path = text(parameters, 'path');
    if (!path.startsWith('/')) {
      throw new ActionFailure(`Cannot export: path has to be absolute, and is "${path}"`);
    }
    const place = placeFor(context, 'export');
    const answer = context.services.exportTo(place, path, [
      'export',
      ...['since', 'until'].flatMap((name) => option(parameters, name)),
      ...(parameters['events'] === true ? ['--events'] : []),
    ]);
    if (!answer.isDone) throw new ActionFailure(`Cannot export: ${answer.problem}`);
    return { path, size: bytesText(context.services.sizeOf(path)) };
  },
};

export const cacheActions: Readonly<Record<string, CacheAction>> = {
  'list-jobs': listJobs,
  'show-job': showJob,
  clean,
  stats,
  export: exportJobs,
};
