// The command `access`: databases, users and roles on a server that an agent runs. The agent writes the server's
// files and decides whether it runs and as what; here is only SQL, and a look at whether the files have arrived.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readHbaFaults, readRunningFacts } from '#adapters/pg/server-facts.ts';
import { sqlProblem } from '#adapters/pg/sql-problem.ts';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import { problem, type Problem } from '#core/access/problem.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import { ensureAgentUsers } from './agent-users.ts';
import type { SetupAnswer } from './answer.ts';
import { connectSoon, connectTo, reloadIfNeeded } from './connect.ts';
import { failure, runningAnswer, serve } from './converge.ts';
import type { AccessCommand } from './desired.ts';
import { findServer, idleAnswer } from './find-server.ts';
import type { SetupNotes } from './setup-context.ts';

/** Longest wait for the agent to write pg_hba.conf, milliseconds. */
const patienceMs = 10_000;
const pauseMs = 50;

/** Waits until every line is in the file; the text of the file, or why it is not as it is to be. */
async function waitForHba(path: string, lines: readonly string[]): Promise<string | Problem> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const text = (await readIfThere(path)) ?? '';
    const found = new Set(text.split('\n'));
    if (lines.every((line) => found.has(line))) return text;
    if (performance.now() > deadline) break;
    await delay(pauseMs);
  }
  return problem(
    'RELOAD_FAILED',
    `Cannot let clients in yet: after ${patienceMs / 1000} seconds the agent has not written pg_hba.conf as it was told`,
    "Look at the agent's log on this unit; it is tried again with the next hook",
  );
}

function isProblem(found: object | string): found is Problem {
  return typeof found === 'object' && 'hint' in found;
}

/** What a running server with the agent's files is asked to do. */
async function converge(command: AccessCommand, notes: SetupNotes): Promise<SetupAnswer> {
  const { dataDirectory } = command.server;
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster === null) {
    const why = problem(
      'SERVER_NOT_RUNNING',
      'Cannot set up databases and users: PostgreSQL does not run',
      'The agent starts it; its log on this unit says what it waits for',
    );
    return failure(command, notes, why, idleAnswer('stopped', null));
  }
  const connect = connectTo(postmaster);
  const opened = await connectSoon(connect);
  if (isProblem(opened)) return failure(command, notes, opened, idleAnswer('running', null));
  await using session = opened;
  const facts = await readRunningFacts(session);
  const text = await waitForHba(join(dataDirectory, 'pg_hba.conf'), command.hba);
  if (isProblem(text)) return failure(command, notes, text, runningAnswer(facts));
  const [fault] = await readHbaFaults(session);
  if (fault !== undefined) {
    const line = text.split('\n')[fault.line - 1] ?? '';
    const why = problem(
      'HBA_LINE_INVALID',
      `Cannot use ${shown(line)} in pg_hba.conf: PostgreSQL says "${fault.error}"`,
      'Correct the option extra-pg-auth; until then the lines in force stay',
    );
    return { ...failure(command, notes, why, runningAnswer(facts)), refused: [why] };
  }
  const loaded = await reloadIfNeeded(dataDirectory, session, connect, facts);
  if (isProblem(loaded)) return failure(command, notes, loaded, runningAnswer(facts));
  if (!loaded.inRecovery) {
    const made = await ensureAgentUsers(session, command.agentUsers);
    if (made.length > 0) notes.did.push(`Made ${made.join(' and ')} for the agents`);
  }
  const served = await serve({ connect, facts: loaded }, command, notes);
  const server = runningAnswer(loaded);
  return { ok: true, did: notes.did, server, problem: null, refused: [], ...served };
}

/** Does all of it, and tells what was done. Throws only where it met an error it does not know. */
export async function accessOnly(command: AccessCommand, notes: SetupNotes): Promise<SetupAnswer> {
  const found = await findServer(command.server);
  if (found.kind === 'unusable') return failure(command, notes, found.problem, found.answer);
  try {
    return await converge(command, notes);
  } catch (error) {
    const why = sqlProblem(error, 'set up databases and users');
    if (why === null) throw error;
    return failure(command, notes, why, idleAnswer('running', found.server.version));
  }
}
