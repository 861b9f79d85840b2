// The heart of the charm: makes PostgreSQL what it is to be, and tells each client what came of it.
// pg-setup is called when there is something to do and not otherwise: once for all clients together,
// and once more only where several relations of one application wait at the same time.

import type { Handler } from '#charm/reactive/handler.ts';
import {
  findWork,
  impossibleRequests,
  isAnythingWaiting,
  type Of,
  servedRelations,
  type Work,
} from '../clients.ts';
import { type Context, words } from '../context.ts';
import { confirm } from '../confirm.ts';
import { convergeCommand, dataDirectoryOf, type Granted } from '../desired.ts';
import { serverFacts, serverTrouble, storageLocation } from '../facts.ts';
import { type KnownServer, knownServer } from '../known-server.ts';
import type { SetupAnswer } from '../setup/answer.ts';
import type { RevokedUser } from '../setup/desired.ts';
import { batchesOf, forgetDeparted, usersToRevoke, withCredentials } from './grants.ts';
import { type NotedServer, noteServer } from './note-server.ts';
import { admitMoved, answerGrant, republishAll } from './publish.ts';

const { handler, everyHook, when, whenAny, whenNot } = words;

/** Says no to what no server could do: it needs no PostgreSQL, and holds nobody else up (rule 7). */
const refuseImpossible = handler(
  'refuse-impossible',
  [
    when('postgresql.is_primary'),
    whenAny(
      'db.database.requested',
      'db.roles.requested',
      'db.extensions.requested',
      'db-admin.database.requested',
      'db-admin.roles.requested',
      'db-admin.extensions.requested',
    ),
  ],
  (context) => {
    for (const { endpoint, what } of impossibleRequests(context)) {
      endpoint.refuse(what.relationId, what.problems.join('; '));
    }
  },
);

/** Juju may have refused what an earlier hook wrote, for example as leadership had moved on (E64, E66). */
const confirmWritten = handler('confirm-written', [everyHook()], (context) => confirm(context));

/** A server that is dead, or not as it should be, is looked at again in every hook. */
const noticeTrouble = handler('notice-trouble', [everyHook()], (context) => {
  const { data, flags, services } = context;
  const server = serverFacts.read(data);
  const storage = storageLocation.read(data);
  const isDead =
    server !== null && storage !== null && !services.isServerAlive(dataDirectoryOf(storage));
  const isUnfinished =
    (server?.pendingRestart.length ?? 0) > 0 || serverTrouble.read(data) !== null;
  if (isDead || isUnfinished) flags.set('postgresql.look_again');
});

/** What one call of pg-setup is to do beside the server and its access rules. */
interface Batch {
  readonly now: readonly Of<Granted>[];
  readonly revoke: readonly RevokedUser[];
}

interface Job {
  readonly context: Context;
  readonly known: KnownServer;
  readonly work: Work;
  readonly granted: readonly Of<Granted>[];
}

/** One call of pg-setup. Null where the server did not become what it is to be. */
function callSetup(
  { context, known, work, granted }: Job,
  { now, revoke }: Batch,
): { readonly answer: SetupAnswer; readonly noted: NotedServer } | null {
  const { server, settings, network } = known;
  const command = convergeCommand({
    server,
    settings,
    served: servedRelations(context).map(({ isAdmin, what }) => ({ ...what, isAdmin })),
    moved: work.moved.map(({ what }) => what),
    granted: granted.map(({ what }) => what),
    now: now.map(({ what }) => what),
    revoke,
  });
  const answer = context.services.converge(command);
  for (const sentence of answer.did) context.log.info(sentence);
  const noted = noteServer(context, server, network, answer);
  return noted === null ? null : { answer, noted };
}

/** Tells each client of a batch what came of its request. */
function answerAll(
  { context, known }: Job,
  { now }: Batch,
  { answer, noted }: NonNullable<ReturnType<typeof callSetup>>,
): void {
  const answers = new Map(answer.access.map((each) => [each.relation, each]));
  const where = { server: noted.now, network: known.network };
  for (const one of now) {
    const found = answers.get(one.what.request.relationName);
    if (found !== undefined) answerGrant(context, one, found, where);
  }
}

function converge(job: Job): void {
  const { context, known, work, granted } = job;
  const { network } = known;
  const revoke = usersToRevoke(context, work, granted);
  for (const [index, now] of batchesOf(granted).entries()) {
    const isFirst = index === 0;
    const batch = { now, revoke: isFirst ? revoke : [] };
    const done = callSetup(job, batch);
    if (done === null) return;
    if (isFirst) {
      const { before, now: server } = done.noted;
      forgetDeparted(context, work, done.answer.revoked);
      admitMoved(context, work.moved);
      if (before?.host !== server.host || before.port !== server.port) {
        republishAll(context, { server, network });
      }
    }
    answerAll(job, batch, done);
  }
  // What failed for now is pending in the client's own book, so nobody is forgotten by this.
  context.flags.clear('postgresql.grant_again');
}

const serve = handler(
  'serve',
  [
    when('postgresql.installed', 'postgresql.is_primary'),
    whenNot('postgresql.stopping', 'postgresql.clustered'),
  ],
  (context) => {
    const mayHaveChanged = context.flags.isSet('postgresql.look_again');
    if (!mayHaveChanged && !isAnythingWaiting(context)) return;
    const known = knownServer(context);
    if (known === null) return;
    const work = findWork(context);
    const granted = withCredentials(context, work);
    const { moved, departed } = work;
    if (!mayHaveChanged && granted.length + moved.length + departed.length === 0) return;
    context.flags.clear('postgresql.look_again');
    converge({ context, known, work, granted });
  },
);

export const serveHandlers: readonly Handler<Context>[] = [
  confirmWritten,
  noticeTrouble,
  refuseImpossible,
  serve,
];
