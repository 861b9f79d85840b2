// Tells clients what came of their requests: credentials and addresses where it worked; where it did not,
// they keep what they have, and the status says why.

import type { ProblemCode } from '#core/access/problem.ts';
import type { ClientRequest } from '#interfaces/pgsql/client-request.ts';
import type { Offer } from '#interfaces/pgsql/offer.ts';
import type { ServerState } from '#interfaces/pgsql/protocol.ts';
import type { Of } from '../clients.ts';
import { servedRelations } from '../clients.ts';
import { noteWritten } from '../confirm.ts';
import type { Context } from '../context.ts';
import type { Granted } from '../desired.ts';
import type { Network, ServerFacts } from '../facts.ts';
import { hostFor } from '../network.ts';
import type { RelationAnswer } from '../setup/answer.ts';
import { sentenceOf } from '../status.ts';

/** Problems that go away by themselves: the request stays open and is tried again. */
export const transientCodes: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'SQL_FAILED',
  'SERVER_UNREACHABLE',
  'SERVER_IN_RECOVERY',
  'SERVER_NOT_RUNNING',
]);

/** What this server is, and where the others are. */
export interface Standing {
  readonly state: ServerState;
  /** Null where it is this very server. */
  readonly primary: { readonly host: string; readonly port: number } | null;
  readonly standbys: readonly { readonly host: string; readonly port: number }[];
}

/** Without replicas it is `standalone`, its own primary (1.2). */
const alone: Standing = { state: 'standalone', primary: null, standbys: [] };

/** Where the servers are for one relation. */
export function placeOf(
  context: Context,
  relation: string,
  where: Where,
): Pick<Offer, 'host' | 'port' | 'state' | 'master' | 'standbys' | 'version'> {
  const { server, network, standing = alone } = where;
  const { port } = server;
  // While the server still listens elsewhere, what Juju says now would lead nowhere.
  const isWhereJujuSays = server.host === network.host;
  const host = isWhereJujuSays ? hostFor(context, relation, network) : server.host;
  const [version = ''] = server.version.split('.');
  const { state, primary, standbys } = standing;
  return { host, port, state, master: primary ?? { host, port }, standbys, version };
}

/** What of the servers a client is told. */
export interface Where {
  readonly server: ServerFacts;
  readonly network: Network;
  /** Left out for a single server. */
  readonly standing?: Standing;
}

/** Answers one client. An address that can't be let in is no reason to turn its other units away. */
export function answerGrant(
  context: Context,
  one: Of<Granted>,
  answer: RelationAnswer,
  where: Where,
): void {
  const { endpoint, what } = one;
  const { request, credentials } = what;
  const { problem } = answer;
  if (problem !== null && problem.code !== 'ADDRESS_INVALID') {
    endpoint.refuse(request.relationId, sentenceOf(problem), {
      retry: transientCodes.has(problem.code),
    });
    return;
  }
  endpoint.publish(request.relationId, {
    ...placeOf(context, request.relationName, where),
    database: request.database,
    user: credentials.user,
    password: credentials.password,
  });
  noteWritten(context, [request.relationName]);
}

/** Tells clients that were served already whom of their units is let in now. */
export function admitMoved(context: Context, moved: readonly Of<ClientRequest>[]): void {
  for (const { endpoint, what } of moved) endpoint.admit(what.relationId);
  noteWritten(
    context,
    moved.map(({ what }) => what.relationName),
  );
}

/** A new port or address is told to everybody who was told another one. */
export function republishAll(context: Context, where: Where): void {
  const served = servedRelations(context);
  for (const { endpoint, what } of served) {
    endpoint.republish(what.relationId, placeOf(context, what.relationName, where));
  }
  noteWritten(
    context,
    served.map(({ what }) => what.relationName),
  );
}
