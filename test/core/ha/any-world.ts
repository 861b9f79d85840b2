// Worlds of every kind at the beginning of a turn, none of them impossible.

import * as fc from 'fast-check';
import { freshMemory } from '#agent/state.ts';
import { readGlobalConfig } from '#core/config/patroni/global-config-reader.ts';
import type { Cluster, JsonObject, Member } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { ActionKind, DcsView, Me, Memory, RunningAction, World } from '#core/ha/world.ts';
import { nothingLearned } from '#core/ha/world.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { noRejoinYet } from '#core/rewind/rejoin.ts';
import {
  checked,
  control,
  empty,
  history,
  meOf,
  member,
  nowMs,
  primaryFacts,
  standbyFacts,
  starting,
  stopped,
  systemId,
  wallMs,
} from './worlds.ts';

const names = ['a', 'b', 'c', 'd'] as const;

function sometimes<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.option(value, { freq: 2, nil: null });
}

const anyTags: fc.Arbitrary<JsonObject> = fc.record(
  {
    nofailover: fc.boolean(),
    failover_priority: fc.integer({ min: 0, max: 3 }),
    nosync: fc.boolean(),
    nostream: fc.boolean(),
    clonefrom: fc.boolean(),
    replicatefrom: fc.constantFrom(...names, 'elsewhere'),
  },
  { requiredKeys: [] },
);

const anyDynamic: fc.Arbitrary<JsonObject> = fc.record(
  {
    ttl: fc.constantFrom(5, 20, 30),
    loop_wait: fc.constantFrom(1, 10),
    retry_timeout: fc.constantFrom(3, 10),
    pause: fc.boolean(),
    synchronous_mode: fc.constantFrom('on', 'off', 'quorum'),
    synchronous_mode_strict: fc.boolean(),
    failsafe_mode: fc.boolean(),
    check_timeline: fc.boolean(),
    primary_start_timeout: fc.constantFrom(0, 300),
    primary_race_backoff: fc.constantFrom(0, 20),
    maximum_lag_on_failover: fc.constantFrom(0, 500, 1_048_576),
    standby_cluster: fc.constant({ host: '10.1.0.1', port: 5432 }),
    postgresql: fc.record({ use_pg_rewind: fc.boolean(), use_slots: fc.boolean() }),
  },
  { requiredKeys: [] },
);

const anyLsn = fc.constantFrom(0, 500, 1000, 1500, 3_000_000).map(lsnOf);

const anyMember: fc.Arbitrary<Member> = fc
  .record({
    name: fc.constantFrom(...names),
    hasApi: fc.boolean(),
    role: fc.constantFrom('replica', 'primary', 'standby_leader', 'demoted'),
    state: fc.constantFrom('running', 'running', 'stopped', 'starting', 'creating replica'),
    timeline: sometimes(fc.integer({ min: 1, max: 3 })),
    tags: anyTags,
    checkpointAfterPromote: fc.constantFrom(null, false),
  })
  .map(({ name, hasApi, ...more }) =>
    member(name, { ...more, ...(hasApi ? {} : { apiUrl: null }) }),
  );

const anyFailover = fc
  .record({
    leader: sometimes(fc.constantFrom(...names)),
    candidate: sometimes(fc.constantFrom(...names, 'gone')),
    scheduledAtMs: sometimes(fc.constantFrom(wallMs - 60_000, wallMs - 1000, wallMs + 60_000)),
  })
  .filter(({ leader, candidate }) => leader !== null || candidate !== null)
  .map((request) => ({ modRevision: '9', ...request }));

const anySync = fc
  .record({ leader: fc.constantFrom(...names), voters: fc.subarray([...names]) })
  .chain(({ leader, voters }) => {
    const others = voters.filter((voter) => voter !== leader);
    return fc
      .integer({ min: 0, max: Math.max(0, others.length - 1) })
      .map((quorum) => ({ modRevision: '8', leader, voters: others, quorum }));
  });

const noSync = { modRevision: null, leader: null, voters: [], quorum: 0 } as const;

interface Store {
  readonly leader: 'me' | 'other' | 'stranger' | 'failsafe' | null;
  readonly isCut: boolean;
  readonly cluster: Omit<Cluster, 'leader'>;
  readonly isLocked: boolean;
}

const anyStore: fc.Arbitrary<Store> = fc.record({
  leader: fc.constantFrom('me', 'me', 'other', 'other', 'stranger', 'failsafe', null, null),
  isCut: fc.integer({ min: 0, max: 4 }).map((chance) => chance === 0),
  isLocked: fc.boolean(),
  cluster: fc.record({
    initialize: fc.constantFrom(systemId, systemId, systemId, null, '', '7999999999999999999'),
    config: fc.constantFrom({ modRevision: '5', data: {} }, { modRevision: '5', data: {} }, null),
    status: sometimes(anyLsn).map((lastLsn) => ({ lastLsn, slots: {}, retainSlots: [] })),
    members: fc.uniqueArray(anyMember, { selector: ({ name }) => name, maxLength: 4 }),
    failover: sometimes(anyFailover),
    sync: fc.oneof(fc.constant(noSync), anySync),
    history: sometimes(fc.integer({ min: 1, max: 3 }).map(history)).map((found) => found ?? null),
    failsafe: sometimes(
      fc
        .subarray([...names])
        .map((known) => Object.fromEntries(known.map((name) => [name, `http://${name}/patroni`]))),
    ),
  }),
});

function leaderOf({ leader, cluster }: Store, me: string): Cluster['leader'] {
  if (leader === null) return null;
  const other = me === 'a' ? 'b' : 'a';
  const name = leader === 'me' ? me : leader === 'stranger' ? 'stranger' : other;
  const found = cluster.members.find((each) => each.name === name) ?? null;
  return { modRevision: '7', name, session: '1', member: found };
}

function viewOf(store: Store, me: string): DcsView {
  const found: Cluster = { ...store.cluster, leader: leaderOf(store, me) };
  if (store.isCut) {
    return { kind: 'error', why: 'it does not answer', cached: store.isLocked ? found : null };
  }
  const before: Cluster = { ...found, leader: leaderOf({ ...store, leader: 'other' }, me) };
  return {
    kind: 'cluster',
    cluster: found,
    lockedCluster: found.leader === null && store.isLocked ? before : found,
    isLeaderByFailsafe: store.leader === 'failsafe',
  };
}

const silent = { sql: null, sqlProblem: 'it does not answer' } as const;

/** Servers by what they are; positions and timelines are added. */
export const servers: Readonly<Record<string, PostgresFacts>> = {
  primary: primaryFacts,
  standby: standbyFacts,
  promoted: { ...standbyFacts, role: 'promoted' },
  standbyLeader: { ...standbyFacts, role: 'standby_leader' },
  silentPrimary: { ...primaryFacts, ...silent },
  silentStandby: { ...standbyFacts, ...silent },
  startingPrimary: { ...primaryFacts, ...starting, stateSinceMs: 400_000 },
  startingStandby: { ...standbyFacts, ...starting, stateSinceMs: 1000 },
  crashedPrimary: { ...primaryFacts, ...stopped, state: 'crashed' },
  stoppedPrimary: {
    ...primaryFacts,
    ...stopped,
    role: 'demoted',
    control: { ...control, clusterState: 'shut down' },
  },
  stoppedStandby: { ...standbyFacts, ...stopped },
  failedStart: { ...standbyFacts, ...stopped, state: 'start failed' },
  noControl: { ...standbyFacts, ...stopped, control: null },
  empty: { ...standbyFacts, ...empty },
  foreign: { ...standbyFacts, ...empty, dataDirectory: 'foreign' },
  unreadable: { ...standbyFacts, ...empty, dataDirectory: 'unreadable' },
};

const anyServer: fc.Arbitrary<PostgresFacts> = fc
  .record({
    facts: fc.constantFrom(...Object.values(servers)),
    lsn: anyLsn,
    timeline: fc.integer({ min: 1, max: 3 }),
    receiverState: fc.constantFrom('streaming', null),
  })
  .map(({ facts, lsn, timeline, receiverState }) => {
    const { sql } = facts;
    const known = facts.control === null ? null : { ...facts.control, timeline };
    if (sql === null) return { ...facts, control: known };
    const here = sql.isInRecovery
      ? { receiveLsn: lsn, replayLsn: lsn, receiverState, receivedTimeline: timeline }
      : { walFlushLsn: lsn, timeline };
    return { ...facts, control: known, sql: { ...sql, ...here } };
  });

const actionKinds: readonly ActionKind[] = [
  'clone',
  'reinitialize',
  'demote',
  'restart',
  'start-primary',
  'start-standby',
  'crash-recovery',
  'rejoin',
  'follow',
  'copy-slots',
  'promote',
];

const anyAction: fc.Arbitrary<RunningAction> = fc.record({
  kind: fc.constantFrom(...actionKinds),
  name: fc.constant('something'),
  sinceMs: fc.constantFrom(nowMs - 400_000, nowMs - 1000),
  isCancellable: fc.boolean(),
  isCancelled: fc.boolean(),
});

const recently = sometimes(fc.constantFrom(nowMs - 100_000, nowMs - 5000, nowMs - 100));

const anyMemory: fc.Arbitrary<Partial<Memory>> = fc.record(
  {
    isRecovering: fc.boolean(),
    wasCrashRecoveryTried: fc.boolean(),
    rewind: fc.record({
      kind: fc.constantFrom('unchecked', 'needed', 'not-needed'),
      against: fc.constantFrom('a@1', 'a@2', 'b@1', 'b@2'),
      why: fc.constant('because'),
    }),
    rejoin: fc
      .record({
        against: fc.constantFrom('a@1', 'b@1'),
        rewinds: fc.integer({ min: 0, max: 3 }),
        clones: fc.integer({ min: 0, max: 4 }),
        isDamaged: fc.boolean(),
        lastAttemptMs: recently,
      })
      .map((rejoin) => ({ ...noRejoinYet, ...rejoin })),
    raceBackoffSinceMs: recently,
    prePromoteFailedAtMs: recently,
    lastStartFailedAtMs: recently,
    demotedAtMs: recently,
    leaseUntilMs: sometimes(fc.constantFrom(nowMs - 1, nowMs + 2000, nowMs + 20_000)),
    lastLsn: sometimes(anyLsn),
    previousLsn: sometimes(anyLsn),
    isWatchdogRunning: fc.boolean(),
    isOverridingStandbyNames: fc.boolean(),
  },
  { requiredKeys: [] },
);

const anyMe: fc.Arbitrary<Me> = fc
  .record({
    name: fc.constantFrom('a', 'b'),
    tags: anyTags,
    hasBootstrapSection: fc.boolean(),
    hasMethodWithoutLeader: fc.boolean(),
    isWatchdogHealthy: fc.boolean(),
    isWatchdogRequired: fc.boolean(),
  })
  .map(({ name, tags, ...me }) => meOf(name, { tags, me }));

/** Only a running standby is promoted. */
function isSensible({ action, postgres }: Pick<World, 'action' | 'postgres'>): boolean {
  if (action?.kind !== 'promote') return true;
  const isSent = postgres.role === 'promoted';
  return postgres.isRunning && postgres.isSetUpAsStandby && isSent === !action.isCancellable;
}

/** The beginning of a turn: nothing was learned yet. */
export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    me: anyMe,
    store: anyStore,
    dynamic: anyDynamic,
    postgres: anyServer,
    action: sometimes(anyAction),
    memory: anyMemory,
    bootstrap: fc.constantFrom(null, null, null, 'started', 'finished', 'failed'),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .filter(isSensible)
  .map(({ me, store, dynamic, postgres, action, memory, bootstrap, chance }) => {
    const isMaking = bootstrap !== null && store.leader === null && postgres.control !== null;
    return checked({
      me,
      config: readGlobalConfig(dynamic).global,
      dcs: viewOf(store, me.name),
      postgres,
      action,
      memory: {
        ...freshMemory,
        hasStartedOnce: true,
        ...memory,
        bootstrap: isMaking ? { kind: bootstrap } : null,
      },
      learned: nothingLearned,
      nowMs,
      wallMs,
      chance,
    });
  });
