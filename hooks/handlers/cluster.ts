// A unit of a cluster: gets its agent to run, brings about on the primary what clients ask for, and tells clients and
// the other units what came of it. Who the primary is, the agents decide; here that is only followed.

import { LeadershipError } from '#charm/leadership/leadership-error.ts';
import { canonicalJson } from '#charm/reactive/data-changed.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import { wakeEvent } from '../agent/place.ts';
import { agentPasswords, chooseAgentPasswords } from '../agent-passwords.ts';
import { departedRelations, isAnythingWaiting, servedRelations } from '../clients.ts';
import {
  agentFacts,
  agentPlace,
  clusterView,
  othersStay,
  publishedView,
  toldPeers,
} from '../cluster-facts.ts';
import type { OwnNews } from '../cluster-peers.ts';
import { type Context, words } from '../context.ts';
import { clusterMade, installed, settingsInForce } from '../facts.ts';
import { knownMember } from '../known-member.ts';
import { knownNetwork } from '../network.ts';
import { serveCluster } from './serve-cluster.ts';

const { handler, everyHook, hook, when, whenNot } = words;

/** Passwords count only once they were committed: a cluster that was made with lost ones could not be entered. */
const noteAgentPasswords = handler('note-agent-passwords', [everyHook()], (context) => {
  const { flags } = context;
  if (!flags.isSet('postgresql.clustered') || flags.isSet('postgresql.has_agent_passwords')) return;
  if (agentPasswords(context) === null) return;
  flags.set('postgresql.has_agent_passwords');
  flags.set('postgresql.look_again');
});

const chooseClusterPasswords = handler(
  'choose-cluster-passwords',
  [when('postgresql.clustered'), whenNot('postgresql.has_agent_passwords', 'postgresql.stopping')],
  (context) => {
    if (agentPasswords(context) !== null || !context.leadership.isLeader()) return;
    try {
      chooseAgentPasswords(context);
    } catch (error) {
      // The first hooks of a unit come before its peer relation; a later one chooses.
      if (!(error instanceof LeadershipError) || error.code !== 'NO_PEER_RELATION') throw error;
    }
  },
);

/** The agent tells of another role, or another unit came, went or told something. */
const noticeCluster = handler(
  'notice-cluster',
  [hook(wakeEvent, 'start', 'cluster-relation-{joined,changed,departed}')],
  (context) => {
    if (!context.flags.isSet('postgresql.clustered')) return;
    context.flags.set('postgresql.look_again');
    const isLeaving = context.hook.relation?.departingUnit === context.hook.unitName;
    if (isLeaving) othersStay.write(context.data, true);
  },
);

/** Once there is a cluster nobody may make another one. */
const noteClusterMade = handler('note-cluster-made', [everyHook()], (context) => {
  const { data, flags } = context;
  if (!flags.isSet('postgresql.clustered') || clusterMade.read(data) !== null) return;
  const facts = agentFacts(context);
  const programs = installed.read(data);
  const settings = settingsInForce.read(data);
  if (facts === null || programs === null || settings === null) return;
  if ((facts.systemId ?? '') === '' || facts.state !== 'running') return;
  clusterMade.write(data, { version: programs.version, locale: settings.locale });
  flags.set('postgresql.look_again');
});

const runCluster = handler(
  'run-cluster',
  [
    when(
      'postgresql.clustered',
      'postgresql.installed',
      'postgresql.has_primary',
      'postgresql.has_agent_passwords',
    ),
    whenNot('postgresql.stopping'),
  ],
  (context) => {
    const { data, flags, services } = context;
    const place = agentPlace(context);
    if (place === null) return;
    const view = clusterView(agentFacts(context));
    const isMoved = view !== null && publishedView.read(data) !== canonicalJson(view);
    const mayHaveChanged =
      flags.isSet('postgresql.look_again') || isMoved || !services.agent.isSupervised(place);
    if (!mayHaveChanged && !isAnythingWaiting(context)) return;
    const known = knownMember(context);
    if (known === null) return;
    flags.clear('postgresql.look_again');
    serveCluster(context, known, mayHaveChanged);
  },
);

/** The other units hear of it by their own hooks, which is how those wake that did not change themselves. */
const tellPeers = handler(
  'tell-peers',
  [when('postgresql.clustered', 'postgresql.has_primary'), whenNot('postgresql.stopping')],
  (context) => {
    const network = knownNetwork(context);
    if (network === null) return;
    const isPrimary = context.flags.isSet('postgresql.is_primary');
    const news: OwnNews = {
      host: network.host,
      primaryTimeline: isPrimary ? (agentFacts(context)?.timeline ?? 0) : null,
      served: isPrimary
        ? servedRelations(context).map(({ what }) => ({
            relation: what.relationName,
            database: what.database,
            user: what.user,
            roles: what.roles,
            extensions: what.extensions,
          }))
        : [],
    };
    const text = canonicalJson(news);
    // Once in a while it is told again: Juju may have refused what an earlier hook wrote.
    const isDue = context.hook.dispatchName === 'update-status';
    if (toldPeers.read(context.data) === text && !isDue) return;
    context.endpoints.cluster.tell(news);
    toldPeers.write(context.data, text);
  },
);

/** On a standby nothing is left of a relation that is gone: its user is shut out by the primary. */
const forgetOnStandby = handler(
  'forget-on-standby',
  [
    when('postgresql.clustered', 'postgresql.has_primary'),
    whenNot('postgresql.is_primary'),
    words.whenAny('db.departed', 'db-admin.departed'),
  ],
  (context) => {
    for (const { endpoint, what } of departedRelations(context)) {
      endpoint.forgetDeparted(what.relationId);
    }
    context.flags.set('postgresql.look_again');
  },
);

/** What is known of role and passwords comes before what is done with it. */
export const clusterNoteHandlers: readonly Handler<Context>[] = [
  noteAgentPasswords,
  noticeCluster,
  noteClusterMade,
];

export const clusterHandlers: readonly Handler<Context>[] = [
  chooseClusterPasswords,
  forgetOnStandby,
  runCluster,
  tellPeers,
];
