// Makes a replica by the first of the configured methods that works.

import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { basebackupArguments } from '#core/bootstrap/basebackup-arguments.ts';
import { basebackupMethod, chooseMethods } from '#core/bootstrap/choose-methods.ts';
import { replicaMethodArguments } from '#core/bootstrap/replica-method-arguments.ts';
import type { CloneSource } from '../bootstrap-port.ts';
import type { BootstrapDeps } from './bootstrap-deps.ts';
import { configuredMethods } from './configured-methods.ts';
import { CopyProgress } from './copy-progress.ts';
import type { DataDirectoryCare } from './data-directory-care.ts';
import { createPasswordFile } from './password-file.ts';
import { exitCodeOf, howItEnded, lastWordsOf, runLogged } from './run-logged.ts';
import { publicDsn, sourceConnection } from './source-connection.ts';

const basebackupAttempts = 2;
const basebackupPauseMs = 5_000;

export interface BasebackupRequest {
  /** Without a password. */
  readonly dsn: string;
  /** `PGPASSFILE` where there is a password. */
  readonly environment: Readonly<Record<string, string>>;
  /** `postgresql.basebackup` as configured. */
  readonly options: unknown;
}

/** What is to become of a data directory that holds something when a method wants it empty; and whether it then makes its own. */
type Clear = (isMadeByCommand?: boolean) => Promise<void>;

/** Waits, or returns at once when it is called off. */
async function pause(deps: BootstrapDeps, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await deps.clock.delay(delayMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * Copies the source by pg_basebackup, twice at the most. Returns the exit code of the last attempt, 0 for success, or
 * null where there is none. Each attempt begins with an empty directory, and after the last failure it is empty again.
 */
export async function createByBasebackup(
  deps: BootstrapDeps,
  clear: Clear,
  request: BasebackupRequest,
  signal: AbortSignal,
): Promise<number | null> {
  const { log, postgres } = deps;
  const args = basebackupArguments({
    dataDirectory: postgres.place.dataDirectory,
    dsn: request.dsn,
    options: request.options,
    majorVersion: await postgres.programsMajorVersion(),
    onError: (message) => log.error(message),
  });
  let exitCode: number | null = 1;
  for (let attempt = 1; attempt <= basebackupAttempts && !signal.aborted; attempt += 1) {
    await clear();
    const progress = new CopyProgress(deps, 'pg_basebackup');
    try {
      const end = await runLogged(deps, {
        label: 'pg_basebackup',
        file: postgres.place.program('pg_basebackup'),
        args,
        // Its lines are read, so they have to be in the language we read.
        environment: { ...request.environment, LC_ALL: 'C' },
        signal,
        takeLine: (line) => progress.takeLine(line),
      });
      exitCode = exitCodeOf(end);
      if (exitCode === 0) return 0;
      log.error(`Error when fetching backup: pg_basebackup ${howItEnded(end)}${lastWordsOf(end)}`);
    } finally {
      progress.end();
    }
    if (attempt < basebackupAttempts && !signal.aborted) {
      log.warning('Trying again in 5 seconds');
      await pause(deps, basebackupPauseMs, signal);
    }
  }
  await clear();
  return exitCode;
}

interface CustomRequest {
  readonly name: string;
  readonly section: JsonObject;
  readonly connstring: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function createByMethod(
  deps: BootstrapDeps,
  care: DataDirectoryCare,
  clear: Clear,
  request: CustomRequest,
  signal: AbortSignal,
): Promise<number | null> {
  const { log, postgres } = deps;
  const { dataDirectory } = postgres.place;
  const { command, isKeepingData } = replicaMethodArguments(request.name, request.section, {
    scope: deps.config().scope,
    dataDirectory,
    connstring: request.connstring,
  });
  if (command.kind === 'unusable') {
    log.error(`Error creating replica using method ${request.name}: ${command.why}`);
    return 1;
  }
  const isKept = isKeepingData && (await care.content()) !== 'empty';
  if (isKept) log.info('Leaving data directory uncleaned');
  else await clear(true);
  const progress = new CopyProgress(deps, `replica by ${request.name}`);
  progress.watchDirectory(dataDirectory);
  try {
    const end = await runLogged(deps, {
      label: request.name,
      file: command.file,
      args: command.args,
      environment: request.environment,
      signal,
    });
    const exitCode = exitCodeOf(end);
    if (exitCode === 0) return 0;
    log.error(
      `Error creating replica using method ${request.name}: ${command.file} ${howItEnded(end)}${lastWordsOf(end)}`,
    );
    if (!isKeepingData) await clear(true);
    return end.kind === 'not-started' ? 1 : exitCode;
  } finally {
    progress.end();
  }
}

/**
 * How a directory is cleared. What was in it before is removed only where there is a source to copy from: without one
 * it may be the last copy, and is moved aside.
 */
async function clearing(care: DataDirectoryCare, source: CloneSource): Promise<Clear> {
  let isPrecious = source.kind === 'none' && (await care.content()) === 'cluster';
  return async (isMadeByCommand = false) => {
    if ((await care.content()) !== 'empty') {
      if (isPrecious) await care.moveAside('replaced');
      else await care.remove();
    }
    isPrecious = false;
    await care.prepare(isMadeByCommand);
  };
}

/**
 * Tries the methods in their order. Returns 0 for success, else the last exit code, or null where the last one has
 * none.
 */
export async function createReplicaByMethods(
  deps: BootstrapDeps,
  care: DataDirectoryCare,
  source: CloneSource,
  fromLeaderOnly: boolean,
  signal: AbortSignal,
): Promise<number | null> {
  const { log, postgres } = deps;
  const { database, methods, basebackup, replication } = deps.config().postgresql;
  postgres.setState('creating replica');
  const connection: ConnectionParameters | null = sourceConnection(source, replication, database);
  const names = chooseMethods(
    configuredMethods(deps.config()),
    connection === null ? 'none' : 'connection',
    fromLeaderOnly,
  );
  if (names.length === 0) {
    log.error(
      'Cannot create a replica: nobody is known to copy from, and no method in postgresql.create_replica_methods works without one (no_leader)',
    );
  }
  const connstring =
    connection === null ? '' : publicDsn(connection, await postgres.programsMajorVersion());
  await using file = await createPasswordFile(connection, postgres.place.identity, log);
  const clear = await clearing(care, source);
  let exitCode: number | null = 1;
  for (const name of names) {
    if (signal.aborted) break;
    await care.begin('cloning', name, name !== basebackupMethod);
    const { environment } = file;
    exitCode =
      name === basebackupMethod
        ? await createByBasebackup(
            deps,
            clear,
            { dsn: connstring, environment, options: basebackup },
            signal,
          )
        : await createByMethod(
            deps,
            care,
            clear,
            { name, section: methods[name] ?? {}, connstring, environment },
            signal,
          );
    if (exitCode === 0) {
      log.info(`replica has been created using ${name}`);
      break;
    }
  }
  postgres.setState('stopped');
  return exitCode;
}
