// Starts, stops and restarts the server with pg_ctl, and waits for it, always within a time.

import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import type { Identity } from './identity.ts';
import type { Postmaster } from './postmaster.ts';
import { findPostmaster, waitForRemains } from './postmaster.ts';
import { lastWords, runProgram } from './run-program.ts';
import { newWords, readMark } from './server-log.ts';

export interface ServerPlace {
  readonly binDirectory: string;
  readonly dataDirectory: string;
  readonly logDirectory: string;
  readonly identity: Identity;
  /** Longest time a start or stop is waited for, in seconds: a hook must not hold its machine up. */
  readonly waitSeconds: number;
}

/** Longest time for the rest of a killed server to end, in milliseconds. */
const remainsWaitMs = 10_000;

async function pgCtl(place: ServerPlace, args: readonly string[]): ReturnType<typeof runProgram> {
  return runProgram({
    file: join(place.binDirectory, 'pg_ctl'),
    args: ['-D', place.dataDirectory, ...args],
    as: place.identity,
    // Later than pg_ctl's own limit: it says more than a kill would.
    timeoutMs: (place.waitSeconds + 15) * 1000,
  });
}

function startFailed(words: string): Problem {
  return problem(
    'START_FAILED',
    `Cannot start PostgreSQL: it ended again, saying "${words}"`,
    "Correct what it says, or look at PostgreSQL's log on this unit; it is tried again with the next hook",
  );
}

function startTimeout(what: string, waitSeconds: number): Problem {
  return problem(
    'START_TIMEOUT',
    `Cannot use PostgreSQL yet: ${what} after ${waitSeconds} seconds`,
    'It may still recover from a crash, which takes as long as it takes; the next hook looks again',
  );
}

/** Waits until a server that is there already answers. Its file tells, so nothing has to be connected to. */
export async function waitUntilReady(place: ServerPlace): Promise<Postmaster | Problem> {
  const deadline = performance.now() + place.waitSeconds * 1000;
  for (;;) {
    const found = await findPostmaster(place.dataDirectory);
    if (found?.isReady === true) return found;
    if (found === null) return startFailed('it is not there any more');
    if (performance.now() > deadline) return startTimeout('it does not answer', place.waitSeconds);
    await delay(100);
  }
}

/** Starts the server; it stays after we are gone. Returns it, or why it is not running. */
export async function startServer(place: ServerPlace): Promise<Postmaster | Problem> {
  await waitForRemains(place.dataDirectory, remainsWaitMs);
  const mark = await readMark(place.logDirectory);
  const startLog = join(place.logDirectory, 'postgresql-start.log');
  // Made here, so that it is readable by nobody else whatever the mask of the caller is.
  const handle = await open(startLog, 'a', 0o600);
  try {
    if (place.identity.isOther) await handle.chown(place.identity.uid, place.identity.gid);
  } finally {
    await handle.close();
  }
  const started = await pgCtl(place, [
    'start',
    '-w',
    '-t',
    String(place.waitSeconds),
    '-l',
    startLog,
  ]);
  const found = await findPostmaster(place.dataDirectory);
  if (started.exitCode === 0 && found !== null) return found;
  if (found !== null) return startTimeout('it has started and does not answer', place.waitSeconds);
  const words = await newWords(place.logDirectory, mark);
  return startFailed(words || lastWords(started.stderr || started.failure) || 'nothing');
}

/** Stops the server, ending its sessions; null when it is stopped. */
export async function stopServer(place: ServerPlace): Promise<Problem | null> {
  const stopped = await pgCtl(place, ['stop', '-m', 'fast', '-w', '-t', String(place.waitSeconds)]);
  if (stopped.exitCode === 0 || (await findPostmaster(place.dataDirectory)) === null) return null;
  return problem(
    'STOP_FAILED',
    `Cannot stop PostgreSQL: pg_ctl says "${lastWords(stopped.stderr || stopped.failure)}"`,
    "Look at PostgreSQL's log on this unit; it is tried again with the next hook",
  );
}

/** Has the server read its files again, without a connection. Returns before it did. */
export async function signalReload(place: ServerPlace): Promise<Problem | null> {
  const signalled = await pgCtl(place, ['reload']);
  if (signalled.exitCode === 0) return null;
  return problem(
    'RELOAD_FAILED',
    `Cannot have PostgreSQL read its files again: pg_ctl says "${lastWords(signalled.stderr || signalled.failure)}"`,
    "Look at PostgreSQL's log on this unit",
  );
}
