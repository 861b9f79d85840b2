// Whether a client may believe a bag: the server has let this unit in, and has done what was asked.
// Every bag is judged by itself; one that is not ready is passed over and spoils no other.

import { covers } from './address-range.ts';
import { isSameExtensions, isSameRoles } from './request.ts';
import type { RequestText } from './request.ts';
import type { ServerBag } from './server-bag.ts';

/** What a client knows of itself. */
export interface ClientFacts {
  readonly unit: string;
  /** Ranges this unit is seen from; empty under Jujus that do not say (T11). */
  readonly egress: readonly string[];
  readonly request: RequestText;
}

export type NotReadyReason =
  | 'nothing-published'
  | 'unknown-state'
  | 'not-authorised'
  | 'database-differs'
  | 'roles-differ'
  | 'extensions-differ';

/** Null where the bag is ready, else the first reason why not. `isFirstGeneration` is a fact of the whole relation. */
export function notReadyReason(
  bag: ServerBag,
  client: ClientFacts,
  isFirstGeneration: boolean,
): NotReadyReason | null {
  const { text } = bag;
  if (bag.master === null && bag.standbys.length === 0 && bag.own === null) {
    return 'nothing-published';
  }
  // A word we do not know may well mean "not this one" (T14). Saying nothing is legal beyond W0.
  if (text.state !== '' && bag.state === null) return 'unknown-state';
  if (!isAuthorised(bag, client, isFirstGeneration)) return 'not-authorised';
  // The server has let us in; what remains is whether it has done what we asked of it.
  const { request } = client;
  if (request.database !== '' && text.database !== request.database) return 'database-differs';
  // A server of the first generation knows no echo, so its silence says nothing.
  if (!(isFirstGeneration && text.roles === '') && !isSameRoles(text.roles, request.roles)) {
    return 'roles-differ';
  }
  const isSilent = isFirstGeneration && text.extensions === '';
  if (!isSilent && !isSameExtensions(text.extensions, request.extensions)) {
    return 'extensions-differ';
  }
  return null;
}

/**
 * Subnets decide where the server names any, as they are what its access rules are made of and names
 * mean nothing across models (T9). Names decide with servers that know only names.
 */
function isAuthorised(bag: ServerBag, client: ClientFacts, isFirstGeneration: boolean): boolean {
  if (bag.allowedSubnets.length > 0) {
    return client.egress.every((mine) =>
      bag.allowedSubnets.some((allowed) => covers(allowed, mine)),
    );
  }
  if (bag.allowedUnits.length > 0) return bag.allowedUnits.includes(client.unit);
  // The oldest servers name nobody and let everybody in. A newer one names nobody when it lets nobody in.
  return isFirstGeneration;
}

/** What was asked of a server that can't say whether it was done; empty where there is nothing to say. */
export function silentEchoWarnings(bag: ServerBag, request: RequestText): readonly string[] {
  const silent = (['roles', 'extensions'] as const).filter(
    (key) => request[key] !== '' && bag.text[key] === '',
  );
  return silent.map(
    (key) => `the server speaks the oldest protocol and does not say whether it granted the ${key}`,
  );
}
