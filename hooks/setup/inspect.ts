// The commands `inspect`, which changes nothing, and `stop`.

import { join } from 'node:path';
import { readRunningFacts } from '#adapters/pg/server-facts.ts';
import { sqlProblem } from '#adapters/pg/sql-problem.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { stopServer } from '#adapters/postgres-server/server-control.ts';
import type { Problem } from '#core/access/problem.ts';
import type { ServerAnswer, SetupAnswer } from './answer.ts';
import { connectTo } from './connect.ts';
import { runningAnswer } from './converge.ts';
import type { DesiredServer } from './desired.ts';
import type { FoundServer } from './find-server.ts';
import { findServer, idleAnswer } from './find-server.ts';

function answer(server: ServerAnswer, found: Problem | null, did: readonly string[]): SetupAnswer {
  return { ok: found === null, did, server, problem: found, refused: [], access: [], revoked: [] };
}

/** The number by which clusters are told apart, of a server that does not run. */
async function systemIdentifier(found: FoundServer): Promise<string> {
  const { binDirectory, dataDirectory, identity } = found.place;
  const printed = await runProgram({
    file: join(binDirectory, 'pg_controldata'),
    args: ['-D', dataDirectory],
    as: identity,
    timeoutMs: 10_000,
  });
  return /^Database system identifier:\s+(?<id>\d+)$/mu.exec(printed.stdout)?.groups?.['id'] ?? '';
}

async function stoppedAnswer(found: FoundServer): Promise<ServerAnswer> {
  return {
    ...idleAnswer(found.hasCluster ? 'stopped' : 'absent', found.version),
    systemIdentifier: found.hasCluster ? await systemIdentifier(found) : '',
  };
}

/** What is there and how it is. */
export async function inspect(desired: DesiredServer): Promise<SetupAnswer> {
  const found = await findServer(desired);
  if (found.kind === 'unusable') return answer(found.answer, found.problem, []);
  const postmaster = await findPostmaster(desired.dataDirectory);
  if (postmaster === null) return answer(await stoppedAnswer(found.server), null, []);
  try {
    await using session = await connectTo(postmaster)('postgres');
    return answer(runningAnswer(await readRunningFacts(session)), null, []);
  } catch (error) {
    const refused = sqlProblem(error, 'ask PostgreSQL how it is');
    if (refused === null) throw error;
    return answer(idleAnswer('running', found.server.version), refused, []);
  }
}

/** Stops the server; a server that does not run is what was asked for. */
export async function stop(desired: DesiredServer): Promise<SetupAnswer> {
  const found = await findServer(desired);
  if (found.kind === 'unusable') return answer(found.answer, found.problem, []);
  if ((await findPostmaster(desired.dataDirectory)) === null) {
    return answer(await stoppedAnswer(found.server), null, []);
  }
  const failed = await stopServer(found.server.place);
  if (failed !== null) return answer(idleAnswer('running', found.server.version), failed, []);
  return answer(await stoppedAnswer(found.server), null, ['Stopped PostgreSQL']);
}
