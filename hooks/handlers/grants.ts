// Which relations are granted together, which users are shut out, and who is forgotten: the same for a single server
// and for the primary of a cluster.

import { type Of, servedRelations, type Work } from '../clients.ts';
import type { Context } from '../context.ts';
import { ensureCredentials, forgetPassword } from '../credentials.ts';
import type { Granted } from '../desired.ts';
import type { RevokeAnswer } from '../setup/answer.ts';
import type { RevokedUser } from '../setup/desired.ts';
import { sentenceOf } from '../status.ts';
import { transientCodes } from './publish.ts';

/** Relations with their credentials; without those whose password the leader, another unit, has still to choose. */
export function withCredentials(context: Context, work: Work): readonly Of<Granted>[] {
  return work.grants.flatMap(({ endpoint, isAdmin, what: request }) => {
    const credentials = ensureCredentials(context, request);
    return credentials === null ? [] : [{ endpoint, isAdmin, what: { request, credentials } }];
  });
}

/** Puts relations that share a user into different batches, so that each is judged by itself. */
export function batchesOf(granted: readonly Of<Granted>[]): readonly (readonly Of<Granted>[])[] {
  const batches: Of<Granted>[][] = [[]];
  const places = new Map<string, number>();
  for (const one of granted) {
    const { user } = one.what.credentials;
    const place = places.get(user) ?? 0;
    places.set(user, place + 1);
    (batches[place] ??= []).push(one);
  }
  return batches;
}

/** Users whose last relation is gone. One that serves another relation of its application stays. */
export function usersToRevoke(
  context: Context,
  work: Work,
  granted: readonly Of<Granted>[],
): readonly RevokedUser[] {
  if (work.departed.length === 0) return [];
  const inUse = new Set([
    ...servedRelations(context).map(({ what }) => what.user),
    ...granted.map(({ what }) => what.credentials.user),
  ]);
  const revoked = new Map<string, RevokedUser>();
  for (const { what } of work.departed) {
    const { user, application: owner, relationName: relation } = what;
    if (user !== null && !inUse.has(user)) revoked.set(user, { relation, owner, user });
  }
  return [...revoked.values()];
}

/** Forgets who is gone, but for users that could not be shut out and may be the next time. */
export function forgetDeparted(
  context: Context,
  work: Work,
  answers: readonly RevokeAnswer[],
): void {
  const failed = new Set<string>();
  for (const { user, problem } of answers) {
    if (problem === null) {
      forgetPassword(context, user);
      continue;
    }
    context.log.warning(sentenceOf(problem));
    if (transientCodes.has(problem.code)) failed.add(user);
  }
  for (const { endpoint, what } of work.departed) {
    if (what.user === null || !failed.has(what.user)) endpoint.forgetDeparted(what.relationId);
  }
}
