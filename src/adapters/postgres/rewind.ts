// Runs pg_rewind against the leader and says what came of it.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { printDsn } from '#core/config/patroni/dsn.ts';
import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import { passfileText } from '#core/config/patroni/pgpass.ts';
import type { RateWindow } from '#core/bootstrap/basebackup-progress.ts';
import { addSample, progressOf } from '#core/bootstrap/basebackup-progress.ts';
import type { Progress } from '#core/dcs/cluster.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { RewindOutcome } from '#core/rewind/rewind-facts.ts';
import { createSecretFile } from '#adapters/files/secret-file.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import { archiveReadyWal, configuredValue } from './archive-status.ts';
import { childEnvironment } from './child-environment.ts';
import { failureOf } from './command-failure.ts';
import { readControlData } from './control-reader.ts';
import type { MemberPlace } from './member-place.ts';
import { leaderProblem, upstreamTarget } from './rewind-facts.ts';

export interface RewindRequest {
  readonly place: MemberPlace;
  readonly config: AgentConfig;
  readonly serverVersion: number;
  readonly leader: Upstream;
  readonly log: LogPort;
  readonly monotonicMs: () => number;
  readonly onProgress: (progress: Progress | null) => void;
  readonly signal?: AbortSignal | undefined;
}

const progressForm = /^\s*(?<done>\d+)\/(?<total>\d+) kB \(\d+%\) copied/u;

/** `onCopy`: from the first of it on, the directory holds neither the old data nor the new. */
function progressReader(request: RewindRequest, onCopy: () => void): (line: string) => void {
  let window: RateWindow = [];
  return (line) => {
    const { done, total } = progressForm.exec(line)?.groups ?? {};
    if (done === undefined) {
      request.log.info(`pg_rewind: ${line}`);
      return;
    }
    onCopy();
    window = addSample(window, {
      atMs: request.monotonicMs(),
      bytesDone: Number(done) * 1024,
    });
    request.onProgress(progressOf('rewind', 'copying', window, Number(total) * 1024));
  };
}

function leaderConnection(request: RewindRequest): ConnectionParameters {
  const { rewind, database } = request.config.postgresql;
  return {
    dbname: database,
    target_session_attrs: 'read-write',
    ...request.leader.connection,
    ...rewind.connection,
    ...(rewind.username === null ? {} : { user: rewind.username }),
    ...(rewind.password === null ? {} : { password: rewind.password }),
  };
}

/** Missing WAL comes from the archive where there is one and this version knows where to look. */
async function archiveOptions(request: RewindRequest): Promise<readonly string[]> {
  const { place, serverVersion } = request;
  const isInside = place.configDirectory === place.dataDirectory;
  if (serverVersion < 150_000 && !isInside) return [];
  if ((await configuredValue(place, 'restore_command')) === '') return [];
  return isInside
    ? ['--restore-target-wal']
    : ['--restore-target-wal', `--config-file=${place.configDirectory}/postgresql.conf`];
}

/** The password in a file of its own, or where no file can hold it in the program's environment. */
async function secretOf(
  connection: ConnectionParameters,
  place: MemberPlace,
): Promise<AsyncDisposable & { readonly environment: Readonly<Record<string, string>> }> {
  const text = passfileText(connection);
  const { password } = connection;
  if (text === null) {
    return {
      environment: { ...(password === undefined ? {} : { PGPASSWORD: password }) },
      async [Symbol.asyncDispose]() {},
    };
  }
  const file = await createSecretFile(text, place.identity);
  return {
    environment: { PGPASSFILE: file.path },
    [Symbol.asyncDispose]: async () => file[Symbol.asyncDispose](),
  };
}

async function judgeFailure(
  request: RewindRequest,
  why: string,
  isHalfCopied: boolean,
): Promise<RewindOutcome> {
  if (isHalfCopied) return { kind: 'failed', why: `${why} in the middle of the copy` };
  const control = await readControlData(request.place);
  if (typeof control === 'string') {
    return { kind: 'failed', why: `${why}; the control file is damaged: ${control}` };
  }
  const { rewind, database } = request.config.postgresql;
  const target = upstreamTarget(request.leader, database);
  const problem = target === null ? 'it has no address' : await leaderProblem(target, rewind);
  return problem === null
    ? { kind: 'failed', why }
    : { kind: 'leader-lost', why: `${why}; the leader: ${problem}` };
}

/** The server must be stopped, and its data directory in a state after a clean shutdown. */
export async function runRewind(request: RewindRequest): Promise<RewindOutcome> {
  const { place, log, signal } = request;
  await archiveReadyWal(place, log, signal);
  const connection = leaderConnection(request);
  await using secret = await secretOf(connection, place);
  const { password: _password, ...open } = connection;
  const dsn = printDsn(open, request.serverVersion);
  log.info(`running pg_rewind from ${dsn}`);
  request.onProgress(progressOf('rewind', 'comparing', [], null));
  let isCopying = false;
  try {
    const end = await runCommandGroup({
      file: place.program('pg_rewind'),
      args: [
        ...(await archiveOptions(request)),
        '--progress',
        '-D',
        place.dataDirectory,
        '--source-server',
        dsn,
      ],
      as: place.identity,
      environment: childEnvironment({
        ...secret.environment,
        LC_ALL: 'C',
        PGOPTIONS: '-c statement_timeout=0',
      }),
      signal,
      onLine: progressReader(request, () => {
        isCopying = true;
      }),
    });
    const failure = failureOf(end);
    return failure === null
      ? { kind: 'done' }
      : await judgeFailure(request, `pg_rewind ${failure}`, isCopying);
  } finally {
    request.onProgress(null);
  }
}

/** Whether the program is there and runs. */
export async function canRunRewind(place: MemberPlace): Promise<boolean> {
  const end = await runProgram({
    file: place.program('pg_rewind'),
    args: ['--version'],
    as: place.identity,
    timeoutMs: 10_000,
  });
  return end.exitCode === 0;
}
