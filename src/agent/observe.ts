// Gathers the world of a turn: the store and PostgreSQL at the same time, and what is remembered of both.

import type { Cluster, Leader, Member } from '#core/dcs/cluster.ts';
import { nothingLearned } from '#core/ha/world.ts';
import type { DcsView, Me, World } from '#core/ha/world.ts';
import { noteDeath } from '#core/ha/crash-loop.ts';
import { isSystemId, maxLsn } from '#core/ha/look.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { noRejoinYet } from '#core/rewind/rejoin.ts';
import { noteNames } from '#core/sync/plan-sync.ts';
import { fenceReserveMs, orderlyStopMs } from '#core/ha/rules/store-rules.ts';
import { DcsError } from '#adapters/ports/dcs.ts';
import type { AgentContext, AgentParts } from './context.ts';
import type { FailsafeSender } from './state.ts';
import { remember } from './state.ts';

/** Turns may follow each other closely; a disk is not asked as often, in milliseconds. */
const leastProbePauseMs = 1000;

/** The least time the store gets to answer, in milliseconds. */
const leastReadMs = 200;

export async function observe(context: AgentContext): Promise<World> {
  const [dcs, postgres] = await Promise.all([
    readStore(context),
    context.deps.postgres.observe(),
    probeStorage(context),
  ]);
  noteFacts(context, postgres, dcs);
  return worldOf(context, dcs, settled(context, postgres));
}

/** In pause a server that is not there has been stopped by somebody: it is not a crash to be mended. */
function settled({ deps, state }: AgentContext, facts: PostgresFacts): PostgresFacts {
  const isMissing = !facts.isRunning && ['crashed', 'running', 'starting'].includes(facts.state);
  if (!isMissing || !state.config.global.isPaused) return facts;
  deps.postgres.setState('stopped');
  return deps.postgres.lastFacts();
}

/** The same world with the store as it was read last: for decisions between two turns. */
export function worldOf(context: AgentParts, dcs: DcsView, postgres: PostgresFacts): World {
  const { state, deps, executor } = context;
  return {
    me: meOf(context),
    config: state.config.global,
    dcs,
    postgres,
    action: executor.running(),
    memory: state.memory,
    learned: nothingLearned,
    nowMs: deps.clock.monotonicMs(),
    wallMs: deps.clock.now(),
    chance: deps.random(),
  };
}

export function meOf({ state, deps }: AgentParts): Me {
  const { config } = state;
  const { watchdog } = deps;
  return {
    name: config.name,
    connUrl: deps.connUrl,
    apiUrl: deps.apiUrl,
    tags: state.isLeaving ? { ...config.tags, nosync: true, syncPriority: 0 } : config.tags,
    hasBootstrapSection: config.bootstrap !== null,
    hasMethodWithoutLeader: deps.bootstrap.hasMethodWithoutLeader,
    isWatchdogHealthy: watchdog.isHealthy,
    isWatchdogRequired: config.watchdog.mode === 'required',
  };
}

/** Noted before the facts are: what can't be written counts with what does not answer. */
async function probeStorage({ deps, state }: AgentContext): Promise<void> {
  if (deps.storage === null || !deps.postgres.lastFacts().isRunning) return;
  const atMs = deps.clock.monotonicMs();
  if (atMs - state.probedAtMs < leastProbePauseMs) return;
  state.probedAtMs = atMs;
  const storageProblem = await deps.storage.check();
  const isNews = storageProblem !== null && state.memory.storageProblem === null;
  if (isNews) deps.log.error(`The storage of PostgreSQL fails: ${storageProblem}`);
  remember(state, { storageProblem });
}

async function readStore(context: AgentContext): Promise<DcsView> {
  const { deps, state } = context;
  try {
    const found = await withinLease(context, deps.dcs.getCluster());
    state.clusterSeenMs = deps.clock.monotonicMs();
    state.dcsLastSeenMs = deps.clock.now();
    return viewOf(context, found);
  } catch (error) {
    if (!(error instanceof DcsError)) throw error;
    deps.log.error(`${error.message}. ${error.hint}`);
    return { kind: 'error', why: error.message, cached: state.cluster };
  }
}

/**
 * A leader asks the store for no longer than its lease allows: what is left then is for stopping in good order. The
 * call goes on by itself and ends within its own time.
 */
async function withinLease(
  { deps, state, guard }: AgentContext,
  reading: Promise<Cluster>,
): Promise<Cluster> {
  if (guard.untilMs === null || state.config.global.isPaused) return reading;
  const { ttlSeconds } = state.config.global;
  const reserveMs = fenceReserveMs(ttlSeconds) + orderlyStopMs(ttlSeconds);
  const leftMs = Math.max(leastReadMs, guard.untilMs - deps.clock.monotonicMs() - reserveMs);
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = deps.clock.after(leftMs, () => {
    const words = 'The configuration store did not answer before the leader lease was about to end';
    reject(new DcsError(words, 'Look at etcd and the network to it'));
  });
  try {
    return await Promise.race([reading, promise]);
  } finally {
    timer.cancel();
    reading.catch(() => undefined);
  }
}

function viewOf({ state, deps }: AgentContext, found: Cluster): DcsView {
  const sender = state.failsafeSender;
  const isInjected =
    found.leader === null &&
    state.config.global.isFailsafeMode &&
    sender !== null &&
    deps.clock.monotonicMs() < sender.untilMs;
  const cluster = isInjected ? { ...found, leader: leaderByFailsafe(found, sender) } : found;
  state.cluster = cluster;
  if (cluster.leader !== null || state.lockedCluster === null) state.lockedCluster = cluster;
  return {
    kind: 'cluster',
    cluster,
    lockedCluster: state.lockedCluster,
    isLeaderByFailsafe: isInjected,
  };
}

export function leaderByFailsafe(cluster: Cluster, sender: FailsafeSender): Leader {
  const known = cluster.members.find(({ name }) => name === sender.name);
  const member: Member = known ?? {
    name: sender.name,
    session: '',
    data: {},
    connUrl: sender.connUrl,
    apiUrl: sender.apiUrl,
    state: 'running',
    role: 'primary',
    version: null,
    tags: {},
    xlogLocation: null,
    timeline: null,
    replicationState: null,
    checkpointAfterPromote: null,
  };
  return { modRevision: '0', name: sender.name, session: '', member };
}

/** What of this turn the next ones need. */
function noteFacts({ state, deps }: AgentContext, postgres: PostgresFacts, dcs: DcsView): void {
  const { sql } = postgres;
  const { memory } = state;
  state.observedAtMs = deps.clock.monotonicMs();
  const position =
    sql === null
      ? memory.lastLsn
      : sql.isInRecovery
        ? (maxLsn(sql.receiveLsn, sql.replayLsn) ?? lsnOf(0))
        : sql.walFlushLsn;
  const isMute = sql === null && postgres.state === 'running';
  const isSilent = postgres.isRunning && (isMute || memory.storageProblem !== null);
  const isLocked = dcs.kind === 'cluster' && dcs.cluster.leader !== null;
  remember(state, {
    previousLsn: memory.lastLsn,
    lastLsn: position,
    ...(isLocked ? { raceBackoffSinceMs: null } : {}),
    ...(dcs.kind === 'cluster' && isSystemId(dcs.cluster.initialize) ? { hasJoined: true } : {}),
    ...(sql !== null && !sql.isInRecovery
      ? { sync: noteNames(memory.sync, sql.synchronousStandbyNames, sql.walFlushLsn) }
      : {}),
    ...(postgres.sql === null ? {} : { isRecovering: false, hasStartedOnce: true }),
    ...(sql?.receiverState === 'streaming' ? { rejoin: noRejoinYet } : {}),
    ...(postgres.isRunning
      ? {}
      : { crashLoop: noteDeath(memory.crashLoop, deps.clock.monotonicMs()) }),
    silentSinceMs: isSilent ? (memory.silentSinceMs ?? state.observedAtMs) : null,
    wasPaused: state.config.global.isPaused,
  });
}
