// Worlds for tests of decisions: a leader, a standby and a member without a leader, of a cluster of three, of which a
// test changes what it is about. A world that can't be is refused (impossible.ts), before a decision is asked for it.

import assert from 'node:assert/strict';
import { freshMemory } from '#agent/state.ts';
import { readGlobalConfig } from '#core/config/patroni/global-config-reader.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster, Failover, JsonObject, Member } from '#core/dcs/cluster.ts';
import type { ControlData, PostgresFacts, SqlFacts } from '#core/ha/postgres-facts.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import type { DcsView, Learned, Me, Memory, RunningAction, World } from '#core/ha/world.ts';
import { nothingLearned } from '#core/ha/world.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { impossibilities } from './impossible.ts';

export const systemId = '7412345678901234567';
/** Where everybody is, unless a test says otherwise. */
export const position = 1000;
export const nowMs = 1_000_000;
export const wallMs = 1_763_640_000_000;

/** `a` is at 10.0.0.1, `b` at 10.0.0.2 and so on. */
export function member(name: string, more: Partial<Member> = {}): Member {
  const host = `10.0.0.${name.charCodeAt(0) - 96}`;
  return {
    name,
    session: '1',
    data: {},
    connUrl: `postgres://${host}:5432/postgres`,
    apiUrl: `http://${host}:8008/patroni`,
    state: 'running',
    role: 'replica',
    version: '4.1.4',
    tags: {},
    xlogLocation: lsnOf(position),
    timeline: 1,
    replicationState: 'streaming',
    checkpointAfterPromote: null,
    ...more,
  };
}

export const primaryMember: Partial<Member> = { role: 'primary', replicationState: null };

export function cluster(leader: string | null, more: Partial<Cluster> = {}): Cluster {
  const members =
    more.members ??
    ['a', 'b', 'c'].map((name) => member(name, name === leader ? primaryMember : {}));
  const found = members.find(({ name }) => name === leader) ?? null;
  return {
    initialize: systemId,
    config: { modRevision: '5', data: {} },
    leader:
      leader === null ? null : { modRevision: '7', name: leader, session: '1', member: found },
    status: { lastLsn: lsnOf(position), slots: {}, retainSlots: [] },
    members,
    failover: null,
    sync: { modRevision: null, leader: null, voters: [], quorum: 0 },
    history: null,
    failsafe: null,
    ...more,
  };
}

export function failover(more: Partial<Failover> = {}): Failover {
  return { modRevision: '9', leader: null, candidate: null, scheduledAtMs: null, ...more };
}

export function sync(leader: string, voters: readonly string[], quorum = 0): Cluster['sync'] {
  return { modRevision: '8', leader, voters, quorum };
}

/** The history of a cluster on this timeline. */
export function history(timeline: number): Cluster['history'] {
  const lines = Array.from({ length: timeline - 1 }, (_, index) => ({
    timeline: index + 1,
    lsn: lsnOf(100 * (index + 1)),
    reason: 'no recovery target specified',
    timestamp: null,
    newLeader: null,
  }));
  return { modRevision: '4', lines };
}

export const control: ControlData = {
  systemId,
  clusterState: 'in production',
  timeline: 1,
  checkpointLsn: lsnOf(900),
  redoLsn: lsnOf(890),
  minRecoveryEndLsn: lsnOf(0),
  minRecoveryEndTimeline: 0,
  isDataChecksummed: true,
  isWalLogHints: true,
  settings: {},
};

export const standbySql: SqlFacts = {
  isInRecovery: true,
  timeline: 1,
  walFlushLsn: null,
  receiveLsn: lsnOf(position),
  replayLsn: lsnOf(position),
  replayTimestamp: null,
  isReplayPaused: false,
  receiverState: 'streaming',
  receivedTimeline: 1,
  latestEndLsn: lsnOf(position),
  slotName: 'b',
  primaryConninfo: 'host=10.0.0.1',
  restoreCommand: null,
  synchronousCommit: 'on',
  synchronousStandbyNames: '',
  replication: [],
  postmasterStartTime: '2026-11-20 10:00:00+00',
  slots: [],
};

export const primarySql: SqlFacts = {
  ...standbySql,
  isInRecovery: false,
  walFlushLsn: lsnOf(position),
  receiveLsn: null,
  replayLsn: null,
  receiverState: null,
  receivedTimeline: null,
  latestEndLsn: null,
  slotName: null,
  primaryConninfo: null,
};

export const standbyFacts: PostgresFacts = {
  dataDirectory: 'cluster',
  dataDirectoryProblem: '',
  control: { ...control, clusterState: 'in archive recovery' },
  serverVersion: 150_018,
  isRunning: true,
  pid: 4711,
  state: 'running',
  stateSinceMs: 60_000,
  role: 'replica',
  sql: standbySql,
  sqlProblem: '',
  isSetUpAsStandby: true,
  pendingRestart: {},
  progress: null,
};

export const primaryFacts: PostgresFacts = {
  ...standbyFacts,
  control,
  role: 'primary',
  sql: primarySql,
  isSetUpAsStandby: false,
};

/** What is different of a server that does not run. */
export const stopped = {
  isRunning: false,
  pid: null,
  state: 'stopped',
  sql: null,
  sqlProblem: 'it does not run',
} as const;

/** What is different of a primary that was shut down in good order. */
export const formerPrimary = {
  ...stopped,
  role: 'demoted',
  isSetUpAsStandby: false,
  control: { ...control, clusterState: 'shut down' },
} as const;

/** What is different of a server that does not answer (yet). */
export const starting = { state: 'starting', sql: null, sqlProblem: 'starting' } as const;

/** What is different of a member without data. */
export const empty = {
  ...stopped,
  dataDirectory: 'empty',
  control: null,
  role: 'uninitialized',
  isSetUpAsStandby: false,
} as const;

export function action(
  kind: RunningAction['kind'],
  more: Partial<RunningAction> = {},
): RunningAction {
  return {
    kind,
    name: kind,
    sinceMs: nowMs - 1000,
    isCancellable: true,
    isCancelled: false,
    ...more,
  };
}

export function peer(name: string, more: Partial<PeerStatus> = {}): PeerStatus {
  return {
    name,
    isReachable: true,
    isInRecovery: true,
    timeline: 1,
    lsn: lsnOf(position),
    tags: {},
    isWatchdogFailed: false,
    leaseLeftMs: 0,
    ...more,
  };
}

export function silentPeer(name: string): PeerStatus {
  return peer(name, { isReachable: false, isInRecovery: null, timeline: null, lsn: null });
}

/** What of a world a test is about. */
export interface Changes {
  readonly me?: Partial<Me>;
  readonly tags?: JsonObject;
  /** Dynamic configuration, as the key /config has it. */
  readonly config?: JsonObject;
  readonly dcs?: DcsView;
  readonly cluster?: Partial<Cluster>;
  readonly lockedCluster?: Cluster;
  readonly isLeaderByFailsafe?: boolean;
  readonly postgres?: Partial<PostgresFacts>;
  readonly sql?: Partial<SqlFacts>;
  readonly memory?: Partial<Memory>;
  readonly learned?: Partial<Learned>;
  readonly action?: RunningAction | null;
  readonly nowMs?: number;
  readonly wallMs?: number;
  readonly chance?: number;
}

export function meOf(name: string, { me = {}, tags = {} }: Changes): Me {
  const { connUrl, apiUrl } = member(name);
  return {
    name,
    connUrl: connUrl ?? '',
    apiUrl: apiUrl ?? '',
    tags: readTags(tags).tags,
    hasBootstrapSection: true,
    hasMethodWithoutLeader: false,
    isWatchdogHealthy: true,
    isWatchdogRequired: false,
    ...me,
  };
}

function viewOf(base: Cluster, changes: Changes): DcsView {
  const found = { ...base, ...changes.cluster };
  return {
    kind: 'cluster',
    cluster: found,
    lockedCluster: changes.lockedCluster ?? found,
    isLeaderByFailsafe: changes.isLeaderByFailsafe ?? false,
  };
}

/** Refuses a world that can't be. */
export function checked(world: World): World {
  assert.deepEqual(impossibilities(world), [], 'this world can not be');
  return world;
}

interface Base {
  readonly name: string;
  readonly cluster: Cluster;
  readonly facts: PostgresFacts;
  readonly memory: Partial<Memory>;
}

function worldOf(base: Base, changes: Changes): World {
  const postgres = { ...base.facts, ...changes.postgres };
  const sql = postgres.sql === null ? null : { ...postgres.sql, ...changes.sql };
  return checked({
    me: meOf(base.name, changes),
    config: readGlobalConfig(changes.config ?? {}).global,
    dcs: changes.dcs ?? viewOf(base.cluster, changes),
    postgres: { ...postgres, sql },
    action: changes.action ?? null,
    memory: { ...freshMemory, hasStartedOnce: true, ...base.memory, ...changes.memory },
    learned: { ...nothingLearned, ...changes.learned },
    nowMs: changes.nowMs ?? nowMs,
    wallMs: changes.wallMs ?? wallMs,
    chance: changes.chance ?? 0,
  });
}

/** `a` leads, with its lease; its key was not proven in this turn yet. */
export function leader(changes: Changes = {}): World {
  const memory = { leaseUntilMs: nowMs + 20_000 };
  return worldOf({ name: 'a', cluster: cluster('a'), facts: primaryFacts, memory }, changes);
}

/** As `leader`, with the key proven in this turn. */
export function provenLeader(changes: Changes = {}): World {
  return leader({ ...changes, learned: { lock: 'refreshed', ...changes.learned } });
}

/** `b` follows `a`. */
export function standby(changes: Changes = {}): World {
  return worldOf({ name: 'b', cluster: cluster('a'), facts: standbyFacts, memory: {} }, changes);
}

/** `b` in a cluster whose leader key is gone; `a` led until now. */
export function orphan(changes: Changes = {}): World {
  return worldOf(
    { name: 'b', cluster: cluster(null), facts: standbyFacts, memory: {} },
    { lockedCluster: cluster('a'), ...changes },
  );
}

/** `a` in a cluster without a leader key, a primary all the same. */
export function primaryWithoutKey(changes: Changes = {}): World {
  return worldOf(
    { name: 'a', cluster: cluster(null), facts: primaryFacts, memory: {} },
    { lockedCluster: cluster('a'), ...changes },
  );
}

/** `b`, alone: nobody has made this cluster yet. */
export function newcomer(changes: Changes = {}): World {
  const nothing = cluster(null, { members: [member('b')], initialize: null, config: null });
  return worldOf(
    { name: 'b', cluster: nothing, facts: { ...standbyFacts, ...empty }, memory: {} },
    { memory: { hasStartedOnce: false }, ...changes },
  );
}

/** The store could not be read in this turn; this is what it said before. */
export function cut(cached: Cluster | null = cluster('a')): DcsView {
  return { kind: 'error', why: 'etcd does not answer', cached };
}
