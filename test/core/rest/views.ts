// Views of members for tests: a whole one, of which a test changes what it is about.

import * as fc from 'fast-check';

import { readGlobalConfig } from '#core/config/patroni/global-config-reader.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster, JsonObject, Member } from '#core/dcs/cluster.ts';
import { postgresStates } from '#core/dcs/cluster.ts';
import { readMember } from '#core/dcs/member.ts';
import { emptySyncState } from '#core/dcs/sync-state.ts';
import type { PostgresFacts, SqlFacts } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { ApiView } from '#core/rest/api-view.ts';

export const standbySql: SqlFacts = {
  isInRecovery: true,
  timeline: 0,
  walFlushLsn: null,
  receiveLsn: lsnOf(67_419_584),
  replayLsn: lsnOf(67_419_584),
  replayTimestamp: '2026-11-20 10:05:01.5+00',
  isReplayPaused: false,
  receiverState: 'streaming',
  receivedTimeline: 2,
  latestEndLsn: lsnOf(67_419_584),
  slotName: 'postgres_1',
  primaryConninfo: 'host=10.0.0.1',
  restoreCommand: null,
  synchronousCommit: 'on',
  synchronousStandbyNames: '',
  replication: [],
  postmasterStartTime: '2026-11-20 10:00:00.123456+00',
  slots: [],
};

export const primarySql: SqlFacts = {
  ...standbySql,
  isInRecovery: false,
  timeline: 2,
  walFlushLsn: lsnOf(67_419_584),
  receiveLsn: null,
  replayLsn: null,
  replayTimestamp: null,
  receiverState: null,
  receivedTimeline: null,
  latestEndLsn: null,
  slotName: null,
  replication: [
    {
      pid: 12,
      usename: 'replicator',
      applicationName: 'postgres-1',
      clientAddr: '10.0.0.2',
      state: 'streaming',
      syncState: 'async',
      syncPriority: 0,
      writeLsn: null,
      flushLsn: null,
      replayLsn: null,
    },
  ],
};

export const standbyFacts: PostgresFacts = {
  dataDirectory: 'cluster',
  dataDirectoryProblem: '',
  control: null,
  serverVersion: 160_004,
  isRunning: true,
  pid: 4711,
  state: 'running',
  stateSinceMs: 0,
  role: 'replica',
  sql: standbySql,
  sqlProblem: '',
  isSetUpAsStandby: true,
  pendingRestart: {},
  progress: null,
};

export const primaryFacts: PostgresFacts = {
  ...standbyFacts,
  role: 'primary',
  isSetUpAsStandby: false,
  sql: primarySql,
};

export function member(name: string, data: JsonObject = {}): Member {
  const host = `10.0.0.${Number(name.at(-1)) + 1}`;
  const value = {
    conn_url: `postgres://${host}:5432/postgres`,
    api_url: `http://${host}:8008/patroni`,
    state: 'running',
    role: 'replica',
    ...data,
  };
  return readMember(name, JSON.stringify(value), '');
}

export function clusterWith(changes: Partial<Cluster> = {}): Cluster {
  const leader = member('postgres-0', { role: 'primary', timeline: 2 });
  return {
    initialize: '7412345678901234567',
    config: { modRevision: '5', data: {} },
    leader: { modRevision: '7', name: 'postgres-0', session: '', member: leader },
    status: { lastLsn: lsnOf(67_419_584), slots: {}, retainSlots: [] },
    members: [leader, member('postgres-1'), member('postgres-2')],
    failover: null,
    sync: emptySyncState(null),
    history: null,
    failsafe: null,
    ...changes,
  };
}

/** A synchronous state with this leader and these voters. */
export function syncWith(leader: string, ...voters: readonly string[]): Cluster['sync'] {
  return { modRevision: '9', leader, voters, quorum: 0 };
}

/** The tags in force of these as a file has them. */
export function tagsOf(raw: JsonObject): ApiView['tags'] {
  return readTags(raw).tags;
}

/** The dynamic configuration of this JSON. */
export function configOf(dynamic: JsonObject): ApiView['config'] {
  return readGlobalConfig(dynamic).global;
}

/** A standby that streams and is up to date. */
export const standby: ApiView = {
  name: 'postgres-1',
  scope: 'batman',
  version: '4.1.4',
  facts: standbyFacts,
  cluster: clusterWith(),
  config: configOf({}),
  tags: tagsOf({}),
  isLeader: false,
  leaseLeftMs: 0,
  systemId: '7412345678901234567',
  observedAtMs: 1000,
  nextRunAtMs: 11_000,
  dcsLastSeenMs: 1_763_633_101_900,
  isFailsafeActive: false,
  failsafe: null,
  isWatchdogFailed: false,
  scheduledRestart: null,
  lastDecision: null,
  logQueue: null,
  slots: {
    summaries: [],
    reports: [],
    givenUp: new Map(),
    counters: { skipped: 0, copies: 0, copyRestarts: 0, advancesInFlight: 0, errors: new Map() },
  },
};

/** The primary, with its lease. */
export const primary: ApiView = {
  ...standby,
  name: 'postgres-0',
  facts: primaryFacts,
  isLeader: true,
};

/** The leader of a standby cluster. */
export const standbyLeader: ApiView = {
  ...standby,
  name: 'postgres-0',
  facts: { ...standbyFacts, role: 'standby_leader' },
  config: configOf({ standby_cluster: { host: '10.1.0.1' } }),
  isLeader: true,
};

/** Any view whatsoever, sensible or not. */
export const anyView: fc.Arbitrary<ApiView> = fc
  .record({
    base: fc.constantFrom(standby, primary, standbyLeader),
    isLeader: fc.boolean(),
    role: fc.constantFrom(
      'primary',
      'replica',
      'standby_leader',
      'demoted',
      'promoted',
      'uninitialized',
    ),
    state: fc.oneof(fc.constant('running'), fc.constantFrom(...postgresStates)),
    sql: fc.constantFrom(standbySql, primarySql, { ...standbySql, receiverState: null }, null),
    hasCluster: fc.boolean(),
    lastLsn: fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n }).map(lsnOf)),
    dynamic: fc.record(
      {
        pause: fc.boolean(),
        synchronous_mode: fc.constantFrom('on', 'off', 'quorum'),
        standby_cluster: fc.constant({ host: 'elsewhere' }),
      },
      { requiredKeys: [] },
    ),
    voters: fc.subarray(['POSTGRES-1', 'postgres-0', 'postgres-2']),
    noloadbalance: fc.boolean(),
  })
  .map(
    ({
      base,
      isLeader,
      role,
      state,
      sql,
      hasCluster,
      lastLsn,
      dynamic,
      voters,
      noloadbalance,
    }) => ({
      ...base,
      isLeader,
      facts: { ...base.facts, role, state, sql } as PostgresFacts,
      cluster: hasCluster
        ? clusterWith({
            status: { lastLsn, slots: {}, retainSlots: [] },
            sync: syncWith('postgres-0', ...voters),
          })
        : null,
      config: configOf(dynamic),
      tags: tagsOf({ noloadbalance }),
    }),
  );
