// Which unit runs the primary, and what the leader decides for it where the leader is another one.

import { LeadershipError } from '#charm/leadership/leadership-error.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import type { ClientRequest } from '#interfaces/pgsql/client-request.ts';
import { departedRelations, openRequests, serverEndpoints } from '../clients.ts';
import { type Context, words } from '../context.ts';
import { ensureCredentials } from '../credentials.ts';
import { agentFacts, clusterSettings, isPrimaryNow } from '../cluster-facts.ts';
import { clusterMade, primaryGone } from '../facts.ts';
import { primarySetting } from './primary-setting.ts';

const { handler, everyHook, hook, when, whenAny, whenNot } = words;

/**
 * Whether this unit runs the primary. Of a cluster the agent knows. Of a single server it is as it stood before
 * this hook: a claim counts only once it was committed, since the hook that makes it may still fail or lose
 * leadership (E66).
 */
const noteRole = handler('note-role', [everyHook()], (context) => {
  const primary = context.leadership.leaderGetOne(primarySetting);
  const isClustered = clusterSettings(context) !== null;
  const isPrimary = isClustered ? isPrimaryNow(context) : primary === context.hook.unitName;
  context.flags.toggle('postgresql.clustered', isClustered);
  if (isPrimary && !context.flags.isSet('postgresql.is_primary')) {
    context.flags.set('postgresql.look_again');
  }
  context.flags.toggle('postgresql.is_primary', isPrimary);
  context.flags.toggle('postgresql.has_primary', primary !== null);
});

/** The first leader runs the primary, and keeps it when leadership moves on: data does not move. */
const claimPrimary = handler(
  'claim-primary',
  [whenNot('postgresql.has_primary', 'postgresql.stopping')],
  (context) => {
    if (!context.leadership.isLeader()) return;
    try {
      context.leadership.leaderSet({ [primarySetting]: context.hook.unitName });
    } catch (error) {
      // The first hooks of a unit come before its peer relation; a later one claims.
      if (!(error instanceof LeadershipError) || error.code !== 'NO_PEER_RELATION') throw error;
    }
  },
);

/** A unit that left before it made the cluster had nothing: the leader makes it in its place. */
function makeClusterInstead(context: Context): void {
  const isUnmade =
    agentFacts(context)?.systemId === null && clusterMade.read(context.data) === null;
  if (!isUnmade || !context.leadership.isLeader()) return;
  context.leadership.leaderSet({ [primarySetting]: context.hook.unitName });
  context.flags.set('postgresql.look_again');
}

/** No unit takes over from one that left for good: it would serve empty databases and call them the same. */
const noteDepartedPrimary = handler(
  'note-departed-primary',
  [hook('cluster-relation-departed')],
  (context) => {
    const { departingUnit = '' } = context.hook.relation ?? {};
    const isPrimary = context.leadership.leaderGetOne(primarySetting) === departingUnit;
    if (!isPrimary || departingUnit === context.hook.unitName) return;
    if (clusterSettings(context) === null) primaryGone.write(context.data, departingUnit);
    else makeClusterInstead(context);
  },
);

/** Also where nobody saw it leave, as after all units were removed and others were added. */
const replaceMaker = handler('replace-maker', [hook('update-status')], (context) => {
  if (clusterSettings(context) === null) return;
  const maker = context.leadership.leaderGetOne(primarySetting);
  const { units } = context.endpoints.cluster;
  if (maker === null || maker === context.hook.unitName || units.includes(maker)) return;
  makeClusterInstead(context);
});

/** Hooks in which the leader looks through all requests: it may have become the leader since they were made. */
const sweepingHooks: readonly string[] = ['leader-elected', 'update-status', 'upgrade-charm'];

/** Requests the leader may have to choose a password for: in a relation's own hook only that relation's. */
function requestsToPrepare(context: Context): readonly ClientRequest[] {
  const { relation, dispatchName } = context.hook;
  const endpoint = serverEndpoints.find((name) => name === relation?.endpoint);
  if (endpoint !== undefined && relation !== null) {
    const request = context.endpoints[endpoint].request(relation.id);
    return request === null || request.problems.length > 0 ? [] : [request];
  }
  return sweepingHooks.includes(dispatchName) ? openRequests(context).map(({ what }) => what) : [];
}

/** The primary makes the users, but only the leader may choose their passwords, for all units to read. */
const choosePasswords = handler(
  'choose-passwords',
  [when('postgresql.has_primary'), whenNot('postgresql.is_primary', 'postgresql.stopping')],
  (context) => {
    const requests = requestsToPrepare(context);
    if (requests.length === 0 || !context.leadership.isLeader()) return;
    // One look at all settings costs less than one at each of several.
    if (requests.length > 1) context.leadership.leaderGetAll();
    for (const request of requests) ensureCredentials(context, request);
  },
);

/** A relation that was never served left nothing behind; a unit that is not the primary has no others. */
const forgetUnserved = handler(
  'forget-unserved',
  [when('postgresql.has_primary'), whenAny('db.departed', 'db-admin.departed')],
  (context) => {
    for (const { endpoint, what } of departedRelations(context)) {
      if (what.user === null) endpoint.forgetDeparted(what.relationId);
    }
  },
);

export const roleHandlers: readonly Handler<Context>[] = [
  noteRole,
  claimPrimary,
  noteDepartedPrimary,
  replaceMaker,
  choosePasswords,
  forgetUnserved,
];
