// Starts the postmaster as our child, in a session of its own so that it survives us, and waits until it
// accepts connections. Its own file in the data directory tells when, so nothing has to be connected to.

import { spawn } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import { findPostmaster, readPostmasterFile } from '#adapters/postgres-server/postmaster.ts';
import { lastWords } from '#adapters/postgres-server/run-program.ts';
import { signalProcess } from '#adapters/system/process-table.ts';
import { childEnvironment } from './child-environment.ts';
import type { MemberPlace } from './member-place.ts';
import type { ServerProcess } from './server-process.ts';
import { ownedProcess, remainsOf } from './server-process.ts';
import { waitUntil } from './wait.ts';

/** How often the new postmaster's file is looked at. */
const readyPollMs = 10;
/** What a killed postmaster left gets this long to end by itself after it was told to. */
const remainsPatienceMs = 500;
const remainsLimitMs = 10_000;

export type Spawned =
  | { readonly kind: 'started'; readonly process: ServerProcess; readonly logMark: number }
  | { readonly kind: 'failed'; readonly why: string };

export type Readiness = 'ready' | 'waiting' | 'ended';

function openServerLog(place: MemberPlace): number | null {
  if (place.serverLog === null) return null;
  const file = openSync(
    place.serverLog,
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
    0o600,
  );
  if (place.identity.isOther) fchownSync(file, place.identity.uid, place.identity.gid);
  return file;
}

async function logLength(place: MemberPlace): Promise<number> {
  return place.serverLog === null ? 0 : ((await readIfThere(place.serverLog)) ?? '').length;
}

/** What the postmaster printed since the mark, in one line; empty where it went to our own output. */
export async function wordsSince(place: MemberPlace, mark: number): Promise<string> {
  if (place.serverLog === null) return '';
  const text = ((await readIfThere(place.serverLog)) ?? '').slice(mark);
  const grave = text.split('\n').filter((line) => /\b(?:FATAL|PANIC|ERROR|HINT):/u.test(line));
  return lastWords(grave.length > 0 ? grave.join('\n') : text);
}

/**
 * Ends what a killed postmaster left, as the postmaster itself would have after a crash: PostgreSQL refuses
 * to start beside them. Does nothing while a postmaster lives.
 */
export async function clearRemains(dataDirectory: string): Promise<void> {
  if ((await findPostmaster(dataDirectory)) !== null) return;
  const directory = await realpath(dataDirectory);
  const started = performance.now();
  const tell = (signal: NodeJS.Signals): boolean => {
    const remains = remainsOf(directory);
    for (const { entry } of remains) signalProcess(entry, signal);
    return remains.length === 0;
  };
  if (tell('SIGQUIT')) return;
  await waitUntil(
    () =>
      performance.now() - started > remainsPatienceMs
        ? tell('SIGKILL')
        : remainsOf(directory).length === 0,
    { everyMs: 5, timeoutMs: remainsLimitMs },
  );
}

/** Starts the program; it may end again at once, which `waitForReadiness` tells. */
export async function spawnServer(
  place: MemberPlace,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Spawned> {
  await clearRemains(place.dataDirectory);
  // What another server, or the one before, left there would be taken for the new one's.
  await rm(join(place.dataDirectory, 'promote'), { force: true });
  const logMark = await logLength(place);
  // The last moment: what was called off because a lease ended must not come up as a primary.
  if (signal?.aborted === true) return { kind: 'failed', why: 'it was called off' };
  const log = openServerLog(place);
  try {
    const child = spawn(place.program('postgres'), [...args], {
      cwd: '/',
      detached: true,
      // A pipe would end the server with its first message once we are gone.
      stdio: ['ignore', log ?? 'inherit', log ?? 'inherit'],
      // Node adds this one to every child's environment unless it is named.
      env: { ...childEnvironment(), NODE_V8_COVERAGE: undefined },
      ...(place.identity.isOther ? { uid: place.identity.uid, gid: place.identity.gid } : {}),
    });
    const failure = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
    });
    if (child.pid === undefined) return { kind: 'failed', why: await failure };
    return { kind: 'started', process: ownedProcess(child), logMark };
  } finally {
    if (log !== null) closeSync(log);
  }
}

/** Whether this very process says in its file that it accepts connections. */
export async function isReady(dataDirectory: string, pid: number): Promise<boolean> {
  const text = await readIfThere(join(dataDirectory, 'postmaster.pid'));
  const found = text === null ? null : readPostmasterFile(text);
  return found !== null && found.pid === pid && found.isReady;
}

/** Waits until it accepts connections, has ended, or the time is over or the signal aborted. */
export async function waitForReadiness(
  place: MemberPlace,
  server: ServerProcess,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Readiness> {
  let outcome: Readiness = 'waiting';
  await waitUntil(
    async () => {
      if (await isReady(place.dataDirectory, server.pid)) outcome = 'ready';
      else if (!server.isRunning()) outcome = 'ended';
      return outcome !== 'waiting';
    },
    { everyMs: readyPollMs, timeoutMs, signal },
  );
  return outcome;
}
