// Both endpoints' clients together: what there is to do for them in this hook. Reads flags, and the book
// of the endpoints only where the flags say that something waits; never a bag.

import type { ClientRequest } from '#interfaces/pgsql/client-request.ts';
import type { PostgreSQL } from '#interfaces/pgsql/provides.ts';
import type { DepartedRelation } from '#interfaces/pgsql/server-ledger.ts';
import type { ServedRelation } from '#interfaces/pgsql/server-record.ts';
import type { Context } from './context.ts';
import type { ServerEndpoint } from './flags.ts';

export const serverEndpoints: readonly ServerEndpoint[] = ['db', 'db-admin'];

/** Something about a relation, with the endpoint that has it. */
export interface Of<What> {
  readonly endpoint: PostgreSQL;
  readonly isAdmin: boolean;
  readonly what: What;
}

function both<What>(
  context: Context,
  read: (endpoint: PostgreSQL) => readonly What[],
): readonly Of<What>[] {
  return serverEndpoints.flatMap((name) => {
    const endpoint = context.endpoints[name];
    return read(endpoint).map((what) => ({ endpoint, isAdmin: name === 'db-admin', what }));
  });
}

/** Whether a relation waits for more than to have its addresses let in. */
function wantsSql({ what }: Of<ClientRequest>): boolean {
  return what.pending.some((kind) => kind !== 'addresses');
}

/** Relations that wait for something that needs SQL and may be carried out. */
export function openRequests(context: Context): readonly Of<ClientRequest>[] {
  return both(context, (endpoint) => endpoint.requests()).filter(
    (one) => wantsSql(one) && one.what.problems.length === 0,
  );
}

/** Relations that ask for what can't be done, whatever the server. */
export function impossibleRequests(context: Context): readonly Of<ClientRequest>[] {
  return both(context, (endpoint) => endpoint.requests()).filter(
    (one) => wantsSql(one) && one.what.problems.length > 0,
  );
}

/** What is served to one relation, by its name. Costs one look, however many are served. */
export function servedRelation(context: Context, name: string): Of<ServedRelation> | null {
  const at = name.lastIndexOf(':');
  const endpointName = serverEndpoints.find((each) => each === name.slice(0, at));
  if (endpointName === undefined) return null;
  const endpoint = context.endpoints[endpointName];
  const what = endpoint.servedRelation(Number(name.slice(at + 1)));
  return what === null ? null : { endpoint, isAdmin: endpointName === 'db-admin', what };
}

export function servedRelations(context: Context): readonly Of<ServedRelation>[] {
  return both(context, (endpoint) => endpoint.served());
}

export function departedRelations(context: Context): readonly Of<DepartedRelation>[] {
  return both(context, (endpoint) => endpoint.departed());
}

export interface Work {
  /** Relations to bring about in SQL. */
  readonly grants: readonly Of<ClientRequest>[];
  /** Relations that are served already, and whose units or addresses changed. */
  readonly moved: readonly Of<ClientRequest>[];
  /** Relations that were served and are gone. */
  readonly departed: readonly Of<DepartedRelation>[];
}

const nothing: Work = { grants: [], moved: [], departed: [] };

/** Whether any client waits for anything. Reads flags only. */
export function isAnythingWaiting(context: Context): boolean {
  return serverEndpoints.some((name) =>
    context.flags.anySet(
      'postgresql.grant_again',
      `${name}.database.requested`,
      `${name}.roles.requested`,
      `${name}.extensions.requested`,
      `${name}.addresses.changed`,
      `${name}.departed`,
    ),
  );
}

/**
 * Served relations whose user may hold what it should not any more, or lack what it should have: all of
 * them where the configured privileges changed, else those that shared a user with one that is gone.
 */
function grantsDueAgain(
  context: Context,
  departed: readonly Of<DepartedRelation>[],
): readonly Of<ClientRequest>[] {
  const isForAll = context.flags.isSet('postgresql.grant_again');
  if (!isForAll && departed.length === 0) return [];
  const users = new Set(departed.map(({ what }) => what.user));
  return servedRelations(context)
    .filter(({ what }) => isForAll || users.has(what.user))
    .flatMap(({ endpoint, isAdmin, what }) => {
      const request = endpoint.request(what.relationId);
      const isPossible = request !== null && request.problems.length === 0;
      return isPossible ? [{ endpoint, isAdmin, what: request }] : [];
    });
}

/** Everything clients wait for that can be done. Costs a look at some flags where there is nothing. */
export function findWork(context: Context): Work {
  if (!isAnythingWaiting(context)) return nothing;
  const departed = departedRelations(context);
  const requests = both(context, (endpoint) => endpoint.requests());
  const asked = requests.filter((one) => wantsSql(one) && one.what.problems.length === 0);
  const names = new Set(asked.map(({ what }) => what.relationName));
  const again = grantsDueAgain(context, departed).filter(
    ({ what }) => !names.has(what.relationName),
  );
  const grants = [...asked, ...again];
  const granted = new Set(grants.map(({ what }) => what.relationName));
  return {
    grants,
    moved: requests.filter(
      ({ what }) => what.pending.includes('addresses') && !granted.has(what.relationName),
    ),
    departed,
  };
}
