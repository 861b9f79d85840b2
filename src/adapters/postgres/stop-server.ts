// Stops a postmaster: by the signal of the wanted mode, then harder when the time is over. Tells two moments on
// the way at once: that no client backend is left, and that the shutdown checkpoint is on disk. After the
// second one the postmaster may go on for long, until its walsenders have sent everything.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { StopMode } from '#core/ha/values.ts';
import { controlFileMark, peekControl, readShutdownCheckpoint } from './control-reader.ts';
import type { ServerProcess } from './server-process.ts';
import { endsWithin, waitUntil } from './wait.ts';

export interface StopRequest {
  readonly dataDirectory: string;
  readonly mode: StopMode;
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal | undefined;
  readonly onSafepoint?: (() => void) | undefined;
  readonly onShutdownCheckpoint?:
    | ((lsn: Lsn, previousLsn: Lsn) => Promise<void> | void)
    | undefined;
  /** What went wrong in `onShutdownCheckpoint`; the stop goes on. */
  readonly onProblem: (error: unknown) => void;
}

const signals: Readonly<Record<StopMode, NodeJS.Signals>> = {
  smart: 'SIGTERM',
  fast: 'SIGINT',
  immediate: 'SIGQUIT',
};

const checkpointPollMs = 10;
const backendPollMs = 25;
/** From SIGQUIT to the end of the whole tree by SIGKILL. */
const immediatePatienceMs = 1500;
/** What does not go by SIGKILL waits for a disk. */
const killPatienceMs = 5000;

// `postgres: scope: checkpointer`; the name of the cluster stands in between where it is set. What is no
// helper of this list is a client's backend.
const helperTitle =
  /^postgres: (?:.*: )?(?:archiver|startup|autovacuum launcher|autovacuum worker|checkpointer|logger|stats collector|wal ?receiver|wal ?writer|wal ?sender|background writer|logical replication|slotsync worker|walsummarizer|io worker|bgworker:|background worker)\b/u;

/** Whether a process of this title serves a client. */
export function isClientBackend(title: string): boolean {
  return title.startsWith('postgres:') && !helperTitle.test(title);
}

function hasClientBackends(server: ServerProcess): boolean {
  return server.children().some((child) => isClientBackend(child.title));
}

/** Both watches end with the server, or when it is given up. */
async function watchSafepoint(
  server: ServerProcess,
  onSafepoint: () => void,
  signal: AbortSignal,
): Promise<void> {
  const isSafe = await waitUntil(() => !server.isRunning() || !hasClientBackends(server), {
    everyMs: backendPollMs,
    timeoutMs: null,
    signal,
  });
  if (isSafe) onSafepoint();
}

async function watchCheckpoint(
  server: ServerProcess,
  request: StopRequest,
  signal: AbortSignal,
): Promise<void> {
  const { dataDirectory, onShutdownCheckpoint } = request;
  let mark = '';
  let isOver = false;
  let found: Awaited<ReturnType<typeof readShutdownCheckpoint>> = null;
  await waitUntil(
    async () => {
      // Looked at once more after its end, as that may come right after the checkpoint.
      isOver = !server.isRunning();
      const now = await controlFileMark(dataDirectory);
      if (now !== mark || isOver) {
        mark = now;
        found = await readShutdownCheckpoint(dataDirectory, await peekControl(dataDirectory));
      }
      return found !== null || isOver;
    },
    { everyMs: checkpointPollMs, timeoutMs: null, signal },
  );
  const checkpoint = found as Awaited<ReturnType<typeof readShutdownCheckpoint>>;
  if (checkpoint === null) return;
  try {
    await onShutdownCheckpoint?.(checkpoint.lsn, checkpoint.previousLsn);
  } catch (error) {
    request.onProblem(error);
  }
}

async function waitForEnd(server: ServerProcess, request: StopRequest): Promise<boolean> {
  if (request.timeoutMs === null && request.signal === undefined) {
    await server.ended;
    return true;
  }
  const aborted = Promise.withResolvers<void>();
  const onAbort = (): void => aborted.resolve();
  request.signal?.addEventListener('abort', onAbort, { once: true });
  if (request.signal?.aborted === true) onAbort();
  try {
    const either = Promise.race([server.ended, aborted.promise]);
    if (request.timeoutMs === null) await either;
    else await endsWithin(either, request.timeoutMs);
  } finally {
    request.signal?.removeEventListener('abort', onAbort);
  }
  return !server.isRunning();
}

/**
 * Stops it. An abort of the signal counts as the end of the time: what has begun to stop is stopped for good.
 * True once it has ended.
 */
export async function stopServer(server: ServerProcess, request: StopRequest): Promise<boolean> {
  const watches: Promise<void>[] = [];
  const over = new AbortController();
  if (!server.signal(signals[request.mode])) return true;
  if (request.onSafepoint !== undefined) {
    watches.push(watchSafepoint(server, request.onSafepoint, over.signal));
  }
  if (request.onShutdownCheckpoint !== undefined)
    watches.push(watchCheckpoint(server, request, over.signal));
  const hasEnded = (await waitForEnd(server, request)) || (await endByForce(server, request.mode));
  if (!hasEnded) over.abort();
  await Promise.all(watches);
  return hasEnded;
}

async function endByForce(server: ServerProcess, mode: StopMode): Promise<boolean> {
  if (mode !== 'immediate') {
    server.signal('SIGQUIT');
    if (await endsWithin(server.ended, immediatePatienceMs)) return true;
  }
  server.killTree();
  return endsWithin(server.ended, killPatienceMs);
}
