// Brings one relation's database, user, roles and extensions about: reads, plans, does. A problem ends here
// and is the relation's own (rule: one relation's bad request never stops another's).

import type { AccessFacts } from '#core/access/access-model.ts';
import { planAccess } from '#core/access/plan-access.ts';
import type { AccessPlan } from '#core/access/plan-access.ts';
import { planRevoke } from '#core/access/plan-revoke.ts';
import type { Problem } from '#core/access/problem.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { AccessStep } from '#core/access/steps.ts';
import { stepSentence } from '#core/access/steps.ts';
import { readAccessFacts, readInside, readRevokeFacts } from '#adapters/pg/access-facts.ts';
import { statementsOf } from '#adapters/pg/access-statements.ts';
import type { StatementContext } from '#adapters/pg/access-statements.ts';
import { makeVerifier } from '#adapters/pg/scram-verifier.ts';
import type { SqlSession } from '#adapters/pg/session.ts';
import { inTransaction } from '#adapters/pg/session.ts';
import { sqlProblem } from '#adapters/pg/sql-problem.ts';
import type { RelationAnswer, RevokeAnswer } from './answer.ts';
import type { Connect } from './connect.ts';
import type { DesiredRelation, RevokedUser } from './desired.ts';

/** A running primary. Each relation gets sessions of its own, so that none inherits a broken one. */
export interface ServingServer {
  readonly connect: Connect;
  readonly serverVersionNumber: number;
  /** Gets one sentence before a step that may take long. */
  readonly progress: (sentence: string) => void;
}

async function perform(
  session: SqlSession,
  step: AccessStep,
  context: StatementContext,
): Promise<void> {
  for (const statement of statementsOf(step, context)) await session.query(statement);
}

/** Does the steps CREATE DATABASE is among; each is safe to be cut off after. */
async function performOutside(
  session: SqlSession,
  steps: readonly AccessStep[],
  context: StatementContext,
  did: string[],
): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'create-database') await perform(session, step, context);
    else await inTransaction(session, async () => perform(session, step, context));
    did.push(stepSentence(step));
  }
}

function contextFor(
  plan: AccessPlan & { readonly kind: 'steps' },
  password: string,
  serverVersionNumber: number,
): StatementContext {
  // Making a verifier takes some milliseconds on purpose; most runs need none.
  const needsPassword = plan.inside.some(
    (step) => step.kind === 'create-user' || step.kind === 'set-password',
  );
  return { verifier: needsPassword ? makeVerifier(password) : null, serverVersionNumber };
}

/** The second half: everything inside the relation's own database, in one transaction. */
async function convergeInside(
  session: SqlSession,
  desired: DesiredRelation,
  serverVersionNumber: number,
): Promise<AccessPlan> {
  return inTransaction(session, async () => {
    const outer = await readAccessFacts(session, desired, desired.password);
    const inside = await readInside(session, desired.user);
    const actual: AccessFacts = {
      ...outer,
      database: outer.database && { ...outer.database, inside },
    };
    const plan = planAccess(actual, desired);
    if (plan.kind === 'steps') {
      const context = contextFor(plan, desired.password, serverVersionNumber);
      for (const step of plan.inside) await perform(session, step, context);
    }
    return plan;
  });
}

async function converge(
  server: ServingServer,
  desired: DesiredRelation,
  did: string[],
): Promise<Problem | null> {
  const { connect, serverVersionNumber } = server;
  await using session = await connect('postgres');
  const first = planAccess(await readAccessFacts(session, desired, desired.password), desired);
  // Refused before anything is created: a request that can't be met leaves no half of it behind.
  if (first.kind === 'refused') return first.problem;
  if (first.outside.length > 0) server.progress(`Creating database ${shown(desired.database)}.`);
  await performOutside(session, first.outside, { verifier: null, serverVersionNumber }, did);
  await using inner = await connect(desired.database);
  const second = await convergeInside(inner, desired, serverVersionNumber);
  if (second.kind === 'refused') return second.problem;
  did.push(...second.inside.map(stepSentence));
  return null;
}

/** Serves one relation. */
export async function serveRelation(
  server: ServingServer,
  desired: DesiredRelation,
): Promise<RelationAnswer> {
  const { relation } = desired;
  const did: string[] = [];
  try {
    const found = await converge(server, desired, did);
    return { relation, ok: found === null, did, problem: found };
  } catch (error) {
    const tried = `set up database ${shown(desired.database)} and user ${shown(desired.user)} for relation ${relation}`;
    const found = sqlProblem(error, tried);
    if (found === null) throw error;
    return { relation, ok: false, did, problem: found };
  }
}

/** Shuts out the user of a relation that is gone. */
export async function revokeUser(
  server: ServingServer,
  request: RevokedUser,
): Promise<RevokeAnswer> {
  const { relation, user } = request;
  const { serverVersionNumber } = server;
  try {
    await using session = await server.connect('postgres');
    const plan = planRevoke(await readRevokeFacts(session, user), request);
    if (plan.kind === 'refused') {
      return { relation, user, ok: false, did: [], problem: plan.problem };
    }
    const context = { verifier: null, serverVersionNumber };
    await inTransaction(session, async () => {
      for (const step of plan.steps) {
        if (step.kind !== 'end-sessions') await perform(session, step, context);
      }
    });
    // After the commit: a session that comes back at once must find that it may not log in.
    for (const step of plan.steps) {
      if (step.kind === 'end-sessions') await perform(session, step, context);
    }
    return { relation, user, ok: true, did: plan.steps.map(stepSentence), problem: null };
  } catch (error) {
    const found = sqlProblem(error, `shut out user ${shown(user)} of relation ${relation}`);
    if (found === null) throw error;
    return { relation, user, ok: false, did: [], problem: found };
  }
}
