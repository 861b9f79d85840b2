// Reads what the job cache has to be told: where it is, what the master is called, how long jobs are kept.
// What counts is decided next door; here are only files.

import { glob, readFile, stat } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '#adapters/files/error-code.ts';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import type { DatabaseTarget } from '../database/target.ts';
import { parseConnection, targetOf } from '../database/target.ts';
import { JobCacheError } from '../errors.ts';
import { parseServiceConfig, ServiceConfigError } from '../service/service-config.ts';
import type { Source, SourceOptions } from './choose-source.ts';
import { chooseSource, masterFileOf } from './choose-source.ts';
import type { Environment } from './libpq-environment.ts';
import { namingVariables, withEnvironment } from './libpq-environment.ts';
import {
  connectionOf,
  defaultKeepJobsSeconds,
  hasConnection,
  keepJobsSecondsOf,
  masterIdOf,
} from './master-settings.ts';
import { passwordFrom } from './password-file.ts';
import type { MasterOptions } from './yaml-options.ts';
import { includesOf, mergeOptions, parseMasterFile } from './yaml-options.ts';

export interface JobCacheSettings {
  readonly target: DatabaseTarget;
  /** As the master writes it into salt_events. */
  readonly masterId: string;
  /** 0: for ever. */
  readonly keepJobsSeconds: number;
  /** Where the connection comes from, for a person. */
  readonly origin: string;
}

export interface SettingsOptions extends SourceOptions {
  readonly masterId?: string | undefined;
}

/** Null where it is not there. */
async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new JobCacheError(
      `Cannot read ${path} (${code}). Run this as the user the file belongs to, or as root`,
      { kind: 'ConfigError' },
      { cause: error },
    );
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function matching(directory: string, pattern: string): Promise<readonly string[]> {
  const home = pattern.startsWith('~/') ? join(homedir(), pattern.slice(2)) : pattern;
  return (await Array.fromAsync(glob(resolve(directory, home)))).sort();
}

interface MasterFiles {
  readonly options: MasterOptions;
  readonly directory: string;
  /** Files that were read; where there are none, what was looked for. */
  readonly lookedAt: readonly string[];
}

/** Files of a directory such as master.d, or a main file with what it includes. */
async function readMaster(path: string): Promise<MasterFiles> {
  const isFolder = await isDirectory(path);
  const hasMain = isFolder && (await readIfThere(join(path, 'master'))) !== null;
  const main = isFolder && !hasMain ? null : hasMain ? join(path, 'master') : path;
  const directory = main === null ? path : dirname(main);
  const text = main === null ? null : await readIfThere(main);
  const first = main === null || text === null ? null : parseMasterFile(main, text);
  const patterns = main === null ? ['*.conf'] : includesOf(first ?? new Map());
  const paths = (
    await Promise.all(patterns.map(async (pattern) => matching(directory, pattern)))
  ).flat();
  const included: MasterOptions[] = [];
  for (const file of paths) included.push(parseMasterFile(file, (await readIfThere(file)) ?? ''));
  return {
    options: mergeOptions([...(first === null ? [] : [first]), ...included]),
    directory,
    lookedAt: [
      ...(main === null ? [] : [text === null ? `${main} (not there)` : main]),
      ...(paths.length === 0
        ? [`${patterns.map((one) => resolve(directory, one)).join(', ')} (no files)`]
        : paths),
    ],
  };
}

interface Found {
  readonly connection: ConnectionString;
  readonly masterId: string | null;
  readonly keepJobsSeconds: number;
  readonly origin: string;
}

async function fromMaster(path: string, isNamed: boolean): Promise<Found> {
  const { options, directory, lookedAt } = await readMaster(path);
  if (!isNamed && !hasConnection(options)) {
    throw new JobCacheError(
      'Cannot find the job cache: there is no --connection, no --config, none of ' +
        `${namingVariables} in the environment, and no master_job_cache.postgres.* in ` +
        `${lookedAt.join(', ')}. Name it in one of these ways`,
      { kind: 'ConfigError' },
    );
  }
  const connection = connectionOf(options, lookedAt);
  const minionId = await readIfThere(join(directory, 'minion_id'));
  return {
    connection,
    masterId: masterIdOf(options, minionId?.split('\n')[0] ?? null, hostname()),
    keepJobsSeconds: keepJobsSecondsOf(options),
    origin: path,
  };
}

/** The file of the service where it is JSON, else a Salt master's. */
async function fromFile(path: string): Promise<Found> {
  if (await isDirectory(path)) return fromMaster(path, true);
  const text = await readIfThere(path);
  if (text === null) {
    throw new JobCacheError(
      `Cannot read ${path}: it is not there. Name another one with --config`,
      {
        kind: 'ConfigError',
      },
    );
  }
  if (!text.trimStart().startsWith('{')) return fromMaster(path, true);
  try {
    const { connection, masterId, keepJobsSeconds } = parseServiceConfig(text);
    return { connection: parseConnection(connection), masterId, keepJobsSeconds, origin: path };
  } catch (error) {
    if (!(error instanceof ServiceConfigError)) throw error;
    throw new JobCacheError(
      `${error.message} (${path})`,
      { kind: 'ConfigError' },
      { cause: error },
    );
  }
}

async function find(source: Source): Promise<Found> {
  const unknown = { masterId: null, keepJobsSeconds: defaultKeepJobsSeconds };
  switch (source.kind) {
    case 'connection':
      return { ...unknown, connection: source.connection, origin: '--connection' };
    case 'environment':
      return { ...unknown, connection: new ConnectionString({}), origin: 'the environment' };
    case 'file':
      return fromFile(source.path);
    case 'master':
      return fromMaster(source.path, false);
    default:
      return source satisfies never;
  }
}

/** The password file, where it is nobody's but ours. */
async function passwordFile(
  path: string,
  warn: (sentence: string) => void,
): Promise<string | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return text;
  warn(`password file ${path} is not used, as others may read it; give it the mode 0600`);
  return null;
}

/**
 * @param warn told what a person should mend though it is no error
 * @throws JobCacheError with every place that was looked at
 */
export async function readSettings(
  options: SettingsOptions,
  environment: Environment,
  warn: (sentence: string) => void,
): Promise<JobCacheSettings> {
  const found = await find(chooseSource(options, environment));
  const connection = withEnvironment(found.connection, environment);
  const path = connection.get('passfile') ?? join(environment['HOME'] ?? homedir(), '.pgpass');
  const passwords = connection.password === null ? await passwordFile(path, warn) : null;
  const target = targetOf(connection.libpq, ({ host, port }, database, user) =>
    passwords === null ? null : passwordFrom(passwords, { host, port, database, user }),
  );
  return {
    target,
    masterId: options.masterId ?? found.masterId ?? (await ownMasterId(environment)),
    keepJobsSeconds: found.keepJobsSeconds,
    origin: found.origin,
  };
}

/** What the master of this machine calls itself, where its configuration was not asked for the connection. */
async function ownMasterId(environment: Environment): Promise<string> {
  try {
    const { options, directory } = await readMaster(masterFileOf(environment));
    const minionId = await readIfThere(join(directory, 'minion_id'));
    return masterIdOf(options, minionId?.split('\n')[0] ?? null, hostname());
  } catch (error) {
    // Not ours to read, or not readable: the machine's name is what such a master would take as well.
    if (!(error instanceof JobCacheError)) throw error;
    return masterIdOf(new Map(), null, hostname());
  }
}
