// Gets from whatever is there to a running server whose files are ours and are what it has read. The order
// matters: nothing that was never checked is in a file when the server starts.

import { readParameterFacts, readRunningFacts } from '#adapters/pg/server-facts.ts';
import type { RunningFacts } from '#adapters/pg/server-facts.ts';
import type { OpenSession } from '#adapters/pg/session.ts';
import { ensureDirectory } from '#adapters/postgres-server/atomic-file.ts';
import { createCluster } from '#adapters/postgres-server/initdb.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import type { Postmaster } from '#adapters/postgres-server/postmaster.ts';
import { signalReload } from '#adapters/postgres-server/server-control.ts';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { writeFirstAccess, writeFullAccess } from './access-files.ts';
import type { ServerAnswer } from './answer.ts';
import { connectSoon, connectTo, reloadIfNeeded } from './connect.ts';
import type { Connect } from './connect.ts';
import type { ConvergeCommand } from './desired.ts';
import { idleAnswer } from './find-server.ts';
import type { FoundServer } from './find-server.ts';
import { writeParameters } from './parameter-files.ts';
import { ensureRunning, restartServer } from './run-server.ts';
import type { SetupNotes } from './setup-context.ts';

export interface Up {
  readonly kind: 'up';
  readonly connect: Connect;
  readonly facts: RunningFacts;
  /** What is wrong with the addresses of single relations. */
  readonly relationProblems: ReadonlyMap<string, Problem>;
}

export interface Down {
  readonly kind: 'down';
  readonly problem: Problem;
  readonly server: ServerAnswer;
}

function down(found: FoundServer, state: ServerAnswer['state'], why: Problem): Down {
  return { kind: 'down', problem: why, server: idleAnswer(state, found.version) };
}

function isProblem(found: object): found is Problem {
  return 'code' in found && 'hint' in found;
}

async function ensureCluster(
  found: FoundServer,
  command: ConvergeCommand,
  notes: SetupNotes,
): Promise<Down | null> {
  const { dataDirectory, locale, encoding, mayInitialise, binDirectory } = command.server;
  if (found.hasCluster) return null;
  if (!mayInitialise) {
    const why = problem(
      'DATA_DIRECTORY_EMPTY',
      `Cannot start PostgreSQL: ${dataDirectory} has no cluster, and this unit is not to create one`,
      'The unit that serves creates it; nothing is to be done here',
    );
    return down(found, 'absent', why);
  }
  notes.progress(`Creating a cluster in ${dataDirectory}.`);
  const { identity } = found.place;
  const created = await createCluster({ binDirectory, dataDirectory, locale, encoding, identity });
  notes.did.push(...created.did);
  return created.problem === null ? null : down(found, 'absent', created.problem);
}

/** A socket's path has a fixed place in the kernel's tables, of 108 bytes with the one that ends it. */
function socketProblem(directory: string, port: number): Problem | null {
  const path = `${directory}/.s.PGSQL.${port}`;
  const length = Buffer.byteLength(path);
  if (length <= 107) return null;
  return problem(
    'SOCKET_PATH_TOO_LONG',
    `Cannot use ${path} as a socket: it is ${length} bytes long where the system takes 107`,
    'Use a socket directory with a shorter path',
  );
}

/** Everything up to a running server with files of ours. */
async function ensureServer(
  found: FoundServer,
  command: ConvergeCommand,
  notes: SetupNotes,
): Promise<Postmaster | Down> {
  const { server } = command;
  const { place } = found;
  const tooLong = socketProblem(server.socketDirectory, server.port);
  if (tooLong !== null) return down(found, found.hasCluster ? 'stopped' : 'absent', tooLong);
  const missing = await ensureCluster(found, command, notes);
  if (missing !== null) return missing;
  await ensureDirectory(server.socketDirectory, 0o755, place.identity);
  await ensureDirectory(server.logDirectory, 0o700, place.identity);
  const running = await findPostmaster(place.dataDirectory);
  if (running === null) {
    const broken = await writeParameters(place, server, null, notes);
    if (broken !== null) return down(found, 'stopped', broken);
  }
  const isNew = await writeFirstAccess(place, command, running !== null, notes);
  if (isNew && running !== null) {
    const deaf = await signalReload(place);
    if (deaf !== null) return down(found, 'running', deaf);
  }
  const result = await ensureRunning(place, server, running, notes);
  return result.kind === 'running' ? result.postmaster : down(found, 'stopped', result.problem);
}

/** Full files and parameters, checked by the running server and read by it. */
async function configure(
  found: FoundServer,
  command: ConvergeCommand,
  connect: Connect,
  notes: SetupNotes,
): Promise<Up | Down> {
  const session = await connectSoon(connect);
  if (isProblem(session)) return down(found, 'running', session);
  await using open: OpenSession = session;
  const facts = await readRunningFacts(open);
  const { place } = found;
  const broken = await writeParameters(
    place,
    command.server,
    await readParameterFacts(open),
    notes,
  );
  if (broken !== null) return down(found, 'running', broken);
  const relationProblems = await writeFullAccess(place, open, command, notes);
  const loaded = await reloadIfNeeded(place.dataDirectory, open, connect, facts);
  if (isProblem(loaded)) return down(found, 'running', loaded);
  return { kind: 'up', connect, facts: loaded, relationProblems };
}

/** Restarts for what waits for it, where the caller allows. */
async function settlePending(
  found: FoundServer,
  command: ConvergeCommand,
  up: Up,
  notes: SetupNotes,
): Promise<Up | Down> {
  const { pendingRestart } = up.facts;
  if (pendingRestart.length === 0 || !command.server.mayRestart) return up;
  const result = await restartServer(found.place, command.server, pendingRestart, notes);
  if (result.kind === 'kept') {
    notes.refused.push(result.problem);
    return up;
  }
  if (result.kind === 'stopped') return down(found, 'stopped', result.problem);
  const connect = connectTo(result.postmaster);
  const session = await connectSoon(connect);
  if (isProblem(session)) return down(found, 'running', session);
  await using open: OpenSession = session;
  return { ...up, connect, facts: await readRunningFacts(open) };
}

/** Gets the server to run with files of ours, or tells why it does not. */
export async function bringUp(
  found: FoundServer,
  command: ConvergeCommand,
  notes: SetupNotes,
): Promise<Up | Down> {
  const postmaster = await ensureServer(found, command, notes);
  if ('kind' in postmaster) return postmaster;
  const up = await configure(found, command, connectTo(postmaster), notes);
  return up.kind === 'up' ? settlePending(found, command, up, notes) : up;
}
