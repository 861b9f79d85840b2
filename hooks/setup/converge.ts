// The command `converge`: from whatever is there to a running server that serves the relations asked for.

import type { RunningFacts } from '#adapters/pg/server-facts.ts';
import { sqlProblem } from '#adapters/pg/sql-problem.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import type { RelationAnswer, RevokeAnswer, ServerAnswer, SetupAnswer } from './answer.ts';
import { bringUp } from './bring-up.ts';
import type { Up } from './bring-up.ts';
import type { ConvergeCommand } from './desired.ts';
import { fileProblem } from './file-problem.ts';
import { findServer, idleAnswer } from './find-server.ts';
import { revokeUser, serveRelation } from './serve-relation.ts';
import type { SetupNotes } from './setup-context.ts';

/** What of a command is carried out in SQL. */
export type SqlWork = Pick<ConvergeCommand, 'access' | 'revoke'>;

function withoutServer(command: SqlWork, why: Problem): readonly RelationAnswer[] {
  return command.access.map(({ relation }) => ({ relation, ok: false, did: [], problem: why }));
}

/** Joins what is wrong with a relation's addresses to how its SQL went. */
export function withAddressProblems(
  answers: readonly RelationAnswer[],
  problems: ReadonlyMap<string, Problem>,
): readonly RelationAnswer[] {
  const joined = answers.map((answer) => {
    const found = answer.problem ?? problems.get(answer.relation) ?? null;
    return { ...answer, ok: found === null, problem: found };
  });
  const others = [...problems].filter(
    ([name]) => !answers.some(({ relation }) => relation === name),
  );
  return [
    ...joined,
    ...others.map(([relation, found]) => ({ relation, ok: false, did: [], problem: found })),
  ];
}

interface Served {
  readonly access: readonly RelationAnswer[];
  readonly revoked: readonly RevokeAnswer[];
}

/** All SQL. Users to shut out come first, so that the place one leaves is free for another. */
export async function serve(
  up: Pick<Up, 'connect' | 'facts'>,
  command: SqlWork,
  notes: SetupNotes,
): Promise<Served> {
  if (up.facts.inRecovery && command.access.length + command.revoke.length > 0) {
    const why = problem(
      'SERVER_IN_RECOVERY',
      'Cannot set up databases and users here: this server is a standby, which only reads',
      'The primary does it; nothing is to be done here',
    );
    const revoked = command.revoke.map((entry) => ({ ...entry, ok: false, did: [], problem: why }));
    return { access: withoutServer(command, why), revoked };
  }
  const server = {
    connect: up.connect,
    serverVersionNumber: up.facts.versionNumber,
    progress: (sentence: string): void => notes.progress(sentence),
  };
  const revoked: RevokeAnswer[] = [];
  for (const entry of command.revoke) revoked.push(await revokeUser(server, entry));
  const access: RelationAnswer[] = [];
  for (const desired of command.access) {
    access.push(await serveRelation(server, desired));
  }
  return { access, revoked };
}

/** A server that runs, as an answer. */
export function runningAnswer(facts: RunningFacts): ServerAnswer {
  const { version, versionNumber, systemIdentifier, inRecovery, pendingRestart } = facts;
  return { state: 'running', version, versionNumber, systemIdentifier, inRecovery, pendingRestart };
}

/** The answer where there is no server to do any of it. */
export function failure(
  command: SqlWork,
  notes: SetupNotes,
  why: Problem,
  server: ServerAnswer,
): SetupAnswer {
  return {
    ok: false,
    did: notes.did,
    server,
    problem: why,
    refused: notes.refused,
    access: withoutServer(command, why),
    revoked: command.revoke.map((entry) => ({ ...entry, ok: false, did: [], problem: why })),
  };
}

/** Does all of it, and tells what was done. Throws only where it met an error it does not know. */
export async function converge(command: ConvergeCommand, notes: SetupNotes): Promise<SetupAnswer> {
  const found = await findServer(command.server);
  if (found.kind === 'unusable') return failure(command, notes, found.problem, found.answer);
  try {
    const up = await bringUp(found.server, command, notes);
    if (up.kind === 'down') return failure(command, notes, up.problem, up.server);
    const served = await serve(up, command, notes);
    const first = notes.refused[0] ?? null;
    return {
      ok: first === null,
      did: notes.did,
      server: runningAnswer(up.facts),
      problem: first,
      refused: notes.refused,
      access: withAddressProblems(served.access, up.relationProblems),
      revoked: served.revoked,
    };
  } catch (error) {
    const why = sqlProblem(error, 'set the server up') ?? fileProblem(error);
    if (why === null) throw error;
    const isRunning = (await findPostmaster(found.server.place.dataDirectory)) !== null;
    const state = isRunning ? 'running' : found.server.hasCluster ? 'stopped' : 'absent';
    return failure(command, notes, why, idleAnswer(state, found.server.version));
  }
}
