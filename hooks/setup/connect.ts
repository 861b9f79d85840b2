// Connects to the running server, waits for it where it has just been told to let us in, and has it read its
// files again when one of them is newer than what it has read.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { configuredFile, managedFile } from '#core/config/render-conf.ts';
import type { RunningFacts } from '#adapters/pg/server-facts.ts';
import { readRunningFacts, requestReload } from '#adapters/pg/server-facts.ts';
import type { OpenSession, SqlSession } from '#adapters/pg/session.ts';
import { openSession } from '#adapters/pg/session.ts';
import { sqlProblem } from '#adapters/pg/sql-problem.ts';
import type { Postmaster } from '#adapters/postgres-server/postmaster.ts';

/** Longest time for the server to let us in or to read its files, in milliseconds. */
const patienceMs = 10_000;
const pauseMs = 20;
/** The file system's clock goes in ticks, and may be one behind the server's. In microseconds. */
const clockSlack = 10_000n;

export type Connect = (database: string) => Promise<OpenSession>;

/** Opens sessions with this server, wherever it listens at present. */
export function connectTo(postmaster: Postmaster): Connect {
  return async (database) =>
    openSession({ host: postmaster.socketDirectory, port: postmaster.port, database });
}

/** A session with the server's own database; tries again for a while, as a reload takes a moment. */
export async function connectSoon(
  connect: Connect,
  waitMs: number = patienceMs,
): Promise<OpenSession | Problem> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return await connect('postgres');
    } catch (error) {
      const found = sqlProblem(error, 'connect to PostgreSQL as its superuser');
      if (found === null) throw error;
      if (performance.now() > deadline) return found;
    }
    await delay(pauseMs);
  }
}

/** When the newest of the server's files came to be as it is, in microseconds since 1970. */
async function newestFile(dataDirectory: string): Promise<bigint> {
  const names = ['postgresql.conf', managedFile, configuredFile, 'pg_hba.conf', 'pg_ident.conf'];
  let newest = 0n;
  for (const name of names) {
    const found = await stat(join(dataDirectory, name), { bigint: true }).catch(() => null);
    // The time of the last change of any kind: that of its text is from before it was moved into place.
    if (found !== null && found.ctimeNs > newest) newest = found.ctimeNs;
  }
  return newest / 1000n;
}

/**
 * Has the server read its files again if one of them is newer than its last reading, and waits until it has.
 * Comparing times, not remembering what this run wrote, also makes up for a run that was cut off (T31).
 */
export async function reloadIfNeeded(
  dataDirectory: string,
  session: SqlSession,
  connect: Connect,
  facts: RunningFacts,
  waitMs: number = patienceMs,
): Promise<RunningFacts | Problem> {
  if ((await newestFile(dataDirectory)) + clockSlack < BigInt(facts.loadedAt)) return facts;
  await requestReload(session);
  const deadline = performance.now() + waitMs;
  while (performance.now() < deadline) {
    // A new session has what the server has; an old one hears of it in its own time.
    await using fresh = await connect('postgres');
    const found = await readRunningFacts(fresh);
    if (found.loadedAt !== facts.loadedAt) return found;
    await delay(pauseMs);
  }
  return problem(
    'RELOAD_FAILED',
    `Cannot have PostgreSQL read its files again: after ${waitMs / 1000} seconds it still has the old ones`,
    "Look at PostgreSQL's log on this unit for the line of a file it refuses",
  );
}
