// An agent whose surroundings a test holds in its hands: a store in memory, a PostgreSQL that does what it is told,
// peers that answer what the test says.

import type {
  PeersPort,
  PostgresPort,
  StopOptions,
  WatchdogPort,
} from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import { DcsError } from '#adapters/ports/dcs.ts';
import type { BootstrapPort } from '#agent/bootstrap-port.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import { asText } from '#core/dcs/json.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { PeerStatus, StartOutcome } from '#core/ha/values.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { peer, primarySql, standbySql, stopped } from '../core/ha/worlds.ts';

/** What happened, in its order, for example `stop fast` or `deleteLeader`. */
export type Happened = string[];

function nothing(): never {
  throw new Error('The test did not expect this');
}

export interface FakeDcs extends Dcs {
  cluster: Cluster;
  /** Every call fails while it is. */
  isAway: boolean;
  /** What the leader key answers. */
  isRefused: boolean;
}

export function fakeDcs(happened: Happened, cluster: Cluster): FakeDcs {
  const told = <Value>(name: string, value: Value): Promise<Value> => {
    if (dcs.isAway) return Promise.reject(new DcsError('etcd does not answer', 'look at it'));
    happened.push(name);
    return Promise.resolve(value);
  };
  const dcs: FakeDcs = {
    cluster,
    isAway: false,
    isRefused: false,
    getCluster: async () => told('getCluster', dcs.cluster),
    watch: () => undefined,
    attemptToAcquireLeader: async () => told('acquire', !dcs.isRefused),
    updateLeader: async () => told('update', !dcs.isRefused),
    takeLeader: async () => told('takeLeader', true),
    deleteLeader: async (lsn) => told(`deleteLeader ${lsn ?? 'null'}`, true),
    writeStatus: async () => told('writeStatus', true),
    touchMember: async (data) => told(`touchMember ${asText(data['state']) ?? ''}`, true),
    deleteMember: async () => told('deleteMember', true),
    initialize: async () => told('initialize', true),
    cancelInitialization: async () => told('cancelInitialization', true),
    setConfigValue: async () => told('setConfigValue', true),
    setFailover: async (request) => told(`setFailover ${request === null ? 'null' : 'some'}`, true),
    writeSyncState: async () => told('writeSyncState', '10'),
    deleteSyncState: async () => told('deleteSyncState', true),
    setHistory: async (lines) => told(`setHistory ${lines.length}`, true),
    writeFailsafe: async () => told('writeFailsafe', true),
    setTtl: () => undefined,
    setRetryTimeout: () => undefined,
    close: async () => undefined,
  };
  return dcs;
}

export interface FakePostgres extends PostgresPort {
  facts: PostgresFacts;
  startOutcome: StartOutcome;
  isPromotable: boolean;
  isPrePromoteAgreeing: boolean;
  /** Called in the middle of a stop. */
  duringStop: (options: StopOptions) => Promise<void>;
  /** Resolves a checkpoint; at once unless a test replaces it. */
  checkpointEnd: Promise<void>;
}

function running(pg: FakePostgres, isPrimary: boolean): void {
  pg.facts = {
    ...pg.facts,
    isRunning: true,
    pid: 1,
    state: 'running',
    sql: isPrimary ? primarySql : standbySql,
    sqlProblem: '',
    isSetUpAsStandby: !isPrimary,
  };
}

export function fakePostgres(happened: Happened, facts: PostgresFacts): FakePostgres {
  const pg: FakePostgres = {
    facts,
    startOutcome: { kind: 'running' },
    isPromotable: true,
    isPrePromoteAgreeing: true,
    duringStop: async () => undefined,
    checkpointEnd: Promise.resolve(),
    observe: async () => pg.facts,
    lastFacts: () => pg.facts,
    onExit: () => undefined,
    start: async ({ role }) => {
      happened.push(`start ${role}`);
      if (pg.startOutcome.kind === 'running') running(pg, role === 'primary');
      return pg.startOutcome;
    },
    stop: async (options) => {
      happened.push(`stop ${options.mode}`);
      await pg.duringStop(options);
      options.onSafepoint?.();
      await options.onShutdownCheckpoint?.(lsnOf(1100), lsnOf(1050));
      pg.facts = { ...pg.facts, ...stopped };
      return true;
    },
    fence: async (withinMs) => {
      happened.push(`fence within ${Math.round(withinMs)}`);
      pg.facts = { ...pg.facts, ...stopped };
      return true;
    },
    restart: async ({ role }) => {
      happened.push(`restart ${role}`);
      return pg.startOutcome;
    },
    reload: async () => void happened.push('reload'),
    promote: async () => {
      happened.push('promote');
      if (pg.isPromotable) running(pg, true);
      return pg.isPromotable;
    },
    configureUpstream: async (role) => {
      happened.push(`configureUpstream ${role}`);
      return 'nothing';
    },
    checkpoint: async (signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      signal?.addEventListener('abort', () => resolve());
      await Promise.race([pg.checkpointEnd, promise]);
      happened.push('checkpoint');
      return signal?.aborted !== true;
    },
    setRole: (role) => {
      pg.facts = { ...pg.facts, role };
    },
    setState: (state) => {
      pg.facts = { ...pg.facts, state };
    },
    setSynchronousStandbyNames: async (names) => void happened.push(`names ${names ?? 'null'}`),
    writeDummyTransaction: async () => undefined,
    resumeReplay: async () => undefined,
    recoverInSingleUserMode: async () => true,
    readRewindFacts: nothing,
    rewind: nothing,
    readTimelineHistory: async () => [],
    canRewind: async () => true,
    reconfigure: async () => undefined,
    callbacks: (event, role) => void happened.push(`${event} ${role}`),
    runPrePromote: async () => pg.isPrePromoteAgreeing,
  };
  return pg;
}

export interface FakePeers extends PeersPort {
  answer: (name: string) => PeerStatus;
}

export function fakePeers(happened: Happened): FakePeers {
  const peers: FakePeers = {
    answer: (name) => peer(name),
    getStatus: async (members) => {
      happened.push(`ask ${members.map(({ name }) => name).join(' ')}`);
      return members.map(({ name }) => peers.answer(name));
    },
    postFailsafe: async (members) =>
      Object.keys(members).map((name) => ({ name, isAccepted: true, lsn: null, why: '' })),
    wake: () => undefined,
  };
  return peers;
}

export function fakeWatchdog(happened: Happened): WatchdogPort {
  return {
    activate: async () => true,
    keepalive: async () => undefined,
    disable: async () => void happened.push('watchdog off'),
    isRunning: false,
    isHealthy: true,
  };
}

export function fakeBootstrap(happened: Happened): BootstrapPort {
  const told = async (name: string): Promise<true> => {
    happened.push(name);
    return true;
  };
  return {
    bootstrap: async () => told('bootstrap'),
    postBootstrap: async () => told('postBootstrap'),
    clone: async (source) =>
      told(`clone ${source.kind === 'member' ? source.member.name : source.kind}`),
    hasMethodWithoutLeader: false,
    isRunningCustomBootstrap: false,
    clearUnfinished: async () => false,
    readUnfinished: async () => 'nothing',
    noteRewind: async () => undefined,
    noteGivenUp: async () => undefined,
    moveDataDirectoryAside: async (suffix) => void (await told(`aside ${suffix}`)),
    removeDataDirectory: async () => void (await told('removeDataDirectory')),
  };
}
