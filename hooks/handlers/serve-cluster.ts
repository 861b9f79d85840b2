// What a unit of a cluster does for clients. The primary brings databases and users about; a standby lets the same
// clients in and publishes the same once the primary has told that it is done.

import { canonicalJson } from '#charm/reactive/data-changed.ts';
import type { Problem } from '#core/access/problem.ts';
import type { RenderedHba } from '#core/access/hba.ts';
import { hbaLines, replicationUser, rewindUser } from '../agent/agent-hba.ts';
import { memberName, unitOfMember } from '../agent/agent-yaml.ts';
import { findWork, type Of, serverEndpoints, servedRelations, type Work } from '../clients.ts';
import {
  agentFacts,
  checkedParameters,
  type ClusterView,
  clusterView,
  publishedView,
  refusedHba,
  type ServerPlace,
} from '../cluster-facts.ts';
import type { ServedEntry } from '../cluster-peers.ts';
import type { Context } from '../context.ts';
import { passwordPrefix } from '../credentials.ts';
import { accessOf, clientsOf, type Granted } from '../desired.ts';
import { noteTrouble, refusedSettings, serverFacts, serverTrouble } from '../facts.ts';
import type { KnownMember } from '../known-member.ts';
import type { RelationAnswer, SetupAnswer } from '../setup/answer.ts';
import type { RevokedUser } from '../setup/desired.ts';
import { noteWritten } from '../confirm.ts';
import { batchesOf, forgetDeparted, usersToRevoke, withCredentials } from './grants.ts';
import { type NotedServer, noteServer } from './note-server.ts';
import {
  admitMoved,
  answerGrant,
  placeOf,
  republishAll,
  type Standing,
  type Where,
} from './publish.ts';
import { memberHba, runAgent, writeDynamicConfig } from './run-agent.ts';

/** Everything there is to do for clients in this hook. */
interface ClusterWork {
  readonly work: Work;
  /** On the primary: to bring about. On a standby: to publish as the primary did. */
  readonly granted: readonly Of<Granted>[];
  /** On a standby: what the primary told of each of `granted`. */
  readonly mirrored: ReadonlyMap<string, ServedEntry>;
}

interface Job extends ClusterWork {
  readonly context: Context;
  readonly known: KnownMember;
  readonly isPrimary: boolean;
  readonly view: ClusterView | null;
}

function primaryWork(context: Context): ClusterWork {
  const work = findWork(context);
  return { work, granted: withCredentials(context, work), mirrored: new Map() };
}

/** Relations of ours the primary has brought about, and that are not published here as they are there. */
function standbyWork(context: Context, view: ClusterView | null): ClusterWork {
  const found = findWork(context);
  const work = { ...found, grants: [], departed: [] };
  const entries =
    view === null ? [] : context.endpoints.cluster.servedBy(unitOfMember(view.primary.member));
  const byName = new Map(entries.map((entry) => [entry.relation, entry]));
  const served = new Map(servedRelations(context).map(({ what }) => [what.relationName, what]));
  const granted = [...byName.values()].flatMap((entry) => {
    const now = served.get(entry.relation);
    const isSame =
      now !== undefined &&
      (['database', 'user', 'roles', 'extensions'] as const).every(
        (key) => now[key] === entry[key],
      );
    return isSame ? [] : (mirrorOf(context, entry) ?? []);
  });
  return { work, granted, mirrored: byName };
}

/** Null where the relation is not known here yet, or its password. */
function mirrorOf(context: Context, entry: ServedEntry): Of<Granted> | null {
  const at = entry.relation.lastIndexOf(':');
  const name = serverEndpoints.find((each) => each === entry.relation.slice(0, at));
  if (name === undefined) return null;
  const endpoint = context.endpoints[name];
  const request = endpoint.request(Number(entry.relation.slice(at + 1)));
  const password = context.leadership.leaderGetOne(passwordPrefix + entry.user);
  if (request === null || password === null) return null;
  context.log.redact(password);
  const credentials = { user: entry.user, password };
  const what = { request: { ...request, database: entry.database }, credentials };
  return { endpoint, isAdmin: name === 'db-admin', what };
}

function hbaOf({ context, known, work, granted }: Job): RenderedHba {
  const served = servedRelations(context).map(({ isAdmin, what }) => ({ ...what, isAdmin }));
  const clients = clientsOf(
    served,
    work.moved.map(({ what }) => what),
    granted.map(({ what }) => what),
  );
  return memberHba(context, known, clients);
}

/** Joins what is wrong with a relation's addresses to how its SQL went. */
function withAddressProblems(
  answers: readonly RelationAnswer[],
  problems: ReadonlyMap<string, Problem>,
): readonly RelationAnswer[] {
  const known = new Set(answers.map(({ relation }) => relation));
  return [
    ...answers.map((one) => ({
      ...one,
      problem: one.problem ?? problems.get(one.relation) ?? null,
    })),
    ...[...problems]
      .filter(([relation]) => !known.has(relation))
      .map(([relation, problem]) => ({ relation, ok: false, did: [], problem })),
  ];
}

/** One call of pg-setup; null where the server could not be asked. */
function callSetup(
  job: Job,
  hba: RenderedHba,
  now: readonly Of<Granted>[],
  revoke: readonly RevokedUser[],
): { readonly answer: SetupAnswer; readonly noted: NotedServer | null } {
  const { context, known, isPrimary } = job;
  const { server, settings, network, passwords } = known;
  const served = servedRelations(context).map(({ isAdmin, what }) => ({ ...what, isAdmin }));
  const found = context.services.access({
    command: 'access',
    server,
    hba: hbaLines(hba.text),
    access: isPrimary ? now.map(({ what }) => accessOf(what, served, settings.privileges)) : [],
    revoke,
    agentUsers: {
      replication: { user: replicationUser, password: passwords.replication },
      rewind: { user: rewindUser, password: passwords.rewind },
    },
  });
  for (const sentence of found.did) context.log.info(sentence);
  const refusedByServer = checkedParameters.read(context.data)?.refused?.problem ?? null;
  const refused = [
    ...found.refused,
    ...hba.problems,
    ...(refusedByServer === null ? [] : [refusedByServer]),
  ];
  const answer = {
    ...found,
    refused,
    access: withAddressProblems(found.access, hba.relationProblems),
  };
  return { answer, noted: noteServer(context, server, network, answer) };
}

/** The address clients find a member at: the one it told, which may be of another network than the members'. */
function clientPlace(context: Context, place: ServerPlace): ServerPlace {
  const host = context.endpoints.cluster.hostOf(unitOfMember(place.member));
  return { ...place, host: host ?? place.host };
}

/** Null while nobody is known to be the primary. */
function standingOf({ context, known, isPrimary, view }: Job): Standing | null {
  if (view === null) return null;
  const own = memberName(context.hook.unitName);
  // Every unit publishes the same, so this one is named as the others name it.
  const named = (place: ServerPlace): ServerPlace =>
    place.member === own ? { ...place, host: known.network.host } : clientPlace(context, place);
  const isAlone = view.standbys.length === 0 && known.standbys === 0;
  return {
    state: isPrimary ? (isAlone ? 'standalone' : 'master') : 'hot standby',
    primary: named(view.primary),
    standbys: view.standbys.map((place) => named(place)),
  };
}

/** A standby publishes what the primary brought about. */
function mirror({ context, mirrored }: Job, granted: readonly Of<Granted>[], where: Where): void {
  for (const { endpoint, what } of granted) {
    const { request, credentials } = what;
    const entry = mirrored.get(request.relationName);
    if (entry === undefined) continue;
    endpoint.publish(request.relationId, {
      ...placeOf(context, request.relationName, where),
      database: entry.database,
      user: credentials.user,
      password: credentials.password,
      roles: entry.roles,
      extensions: entry.extensions,
    });
    noteWritten(context, [request.relationName]);
  }
}

function answerBatch(
  { context }: Job,
  now: readonly Of<Granted>[],
  answer: SetupAnswer,
  where: Where,
): void {
  const answers = new Map(answer.access.map((each) => [each.relation, each]));
  for (const one of now) {
    const found = answers.get(one.what.request.relationName);
    if (found !== undefined) answerGrant(context, one, found, where);
  }
}

/** The server takes a line of extra-pg-auth for a fault: the agent is told to go on without those lines. */
function refuseExtraHba({ context, known }: Job, answer: SetupAnswer): boolean {
  const isRefused = answer.problem?.code === 'HBA_LINE_INVALID';
  if (!isRefused || known.settings.extraHba.length === 0) return false;
  refusedHba.write(context.data, known.settings.extraHba);
  return true;
}

/** Brings about and publishes, on a server that runs and has the agent's files. */
function serveClients(job: Job, hba: RenderedHba): void {
  const { context, known, isPrimary, view, work, granted } = job;
  const standing = standingOf(job);
  const revoke = isPrimary ? usersToRevoke(context, work, granted) : [];
  const batches = isPrimary ? batchesOf(granted) : [granted];
  for (const [index, now] of batches.entries()) {
    const { answer, noted } = callSetup(job, hba, now, index === 0 ? revoke : []);
    if (index === 0 && refuseExtraHba(job, answer)) {
      const again = hbaOf(job);
      if (runAgent(context, known, again.text).problem === null) {
        serveClients(job, { ...again, problems: [...again.problems, ...answer.refused] });
      }
      return;
    }
    if (noted === null) return;
    if (index === 0 && isPrimary) forgetDeparted(context, work, answer.revoked);
    if (index === 0) admitMoved(context, work.moved);
    if (standing === null) continue;
    const where = { server: noted.now, network: known.network, standing };
    if (isPrimary) answerBatch(job, now, answer, where);
    else mirror(job, now, where);
    if (index === 0 && isStale(context, view, noted)) {
      republishAll(context, where);
      publishedView.write(context.data, canonicalJson(view));
    }
  }
  if (isPrimary) context.flags.clear('postgresql.grant_again');
}

/** Whether clients were told of other servers, or of this one at another place. */
function isStale(
  context: Context,
  view: ClusterView | null,
  { before, now }: NotedServer,
): boolean {
  const isSame = before?.host === now.host && before.port === now.port;
  return !isSame || publishedView.read(context.data) !== canonicalJson(view);
}

/**
 * Where only the servers' places are others than clients were told, they are told at once: after a failover every
 * call of a program is time in which they can't write. False where something else may have to be done.
 */
function tellMoved(job: Job): boolean {
  const { context, known, view } = job;
  const server = serverFacts.read(context.data);
  const standing = standingOf(job);
  const isTold = publishedView.read(context.data) === canonicalJson(view);
  const isWell = server !== null && serverTrouble.read(context.data) === null;
  if (!isWell || standing === null || isTold) return false;
  republishAll(context, { server, network: known.network, standing });
  publishedView.write(context.data, canonicalJson(view));
  // What is left to do is done by the next hook, which is not in a hurry.
  context.flags.set('postgresql.look_again');
  return true;
}

/** Does all a unit of a cluster has to do in this hook. `mayHaveChanged` asks for it also without a client's wish. */
export function serveCluster(context: Context, known: KnownMember, mayHaveChanged: boolean): void {
  const facts = agentFacts(context);
  const view = clusterView(facts);
  const isPrimary = context.flags.isSet('postgresql.is_primary');
  const todo = isPrimary ? primaryWork(context) : standbyWork(context, view);
  const { moved, departed } = todo.work;
  const isNothing = todo.granted.length + moved.length + departed.length === 0;
  if (isNothing && !mayHaveChanged) return;
  const job: Job = { context, known, isPrimary, view, ...todo };
  const hba = hbaOf(job);
  const ran = runAgent(context, known, hba.text);
  if (ran.problem !== null) {
    noteTrouble(serverTrouble, context.data, ran.problem, context.now());
    return;
  }
  if (facts?.state !== 'running') {
    // The agent wakes this charm when its server runs.
    noteTrouble(serverTrouble, context.data, null, context.now());
    refusedSettings.write(context.data, hba.problems.length === 0 ? null : hba.problems);
    return;
  }
  if (isNothing && !ran.isChanged && tellMoved(job)) return;
  serveClients(job, hba);
  if (isPrimary) writeDynamicConfig(context, known);
}
