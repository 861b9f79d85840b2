// What an agent tells its machine (agent-facts.ts), from what it knows: the cluster as the store has it, its own
// server, and what of both is not as it should be.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import { parseConnUrl } from '#core/config/patroni/dsn.ts';
import type { Cluster, Member } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { AgentFacts, MemberFacts } from './agent-facts.ts';
import { maxLsn } from './look.ts';
import { publishedTimeline, replicationStateOf } from './member-value.ts';
import type { PostgresFacts } from './postgres-facts.ts';
import { isSyncStandby } from './sync-membership.ts';

export interface FactsInputs {
  readonly name: string;
  readonly scope: string;
  readonly config: GlobalConfig;
  /** The last view of the store. */
  readonly cluster: Cluster | null;
  readonly isStoreReachable: boolean;
  readonly postgres: PostgresFacts;
  readonly rule: number;
  readonly message: string;
}

/** Bytes behind the leader's last published position; null where either is not known. */
function lagOf(cluster: Cluster, lsn: Lsn | null): number | null {
  const { lastLsn } = cluster.status;
  if (lastLsn === null || lsn === null) return null;
  return lsn >= lastLsn ? 0 : Number(lastLsn - lsn);
}

function memberFacts(cluster: Cluster, member: Member): MemberFacts {
  const place = member.connUrl === null ? null : parseConnUrl(member.connUrl);
  const isLeader = cluster.leader?.name === member.name;
  const state = member.state === 'running' ? (member.replicationState ?? 'running') : member.state;
  return {
    name: member.name,
    role: member.role,
    state,
    host: place?.['host'] ?? null,
    port: place?.['port'] === undefined ? null : Number(place['port']),
    timeline: member.timeline,
    lagBytes: isLeader ? 0 : lagOf(cluster, member.xlogLocation),
    isSynchronous: isSyncStandby(cluster, member.name),
  };
}

const healthyStates: ReadonlySet<string> = new Set(['running', 'starting', 'restarting']);

const busyStates: ReadonlySet<string> = new Set([
  'creating replica',
  'initializing new cluster',
  'running custom bootstrap script',
  'starting after custom bootstrap',
]);

/** What is wrong beyond this member. */
function clusterProblems(inputs: FactsInputs): readonly string[] {
  const { cluster, isStoreReachable, config } = inputs;
  const problems: string[] = [];
  if (!isStoreReachable) {
    problems.push('The configuration store does not answer: look at etcd and the network to it');
  }
  if (cluster === null) return problems;
  if (cluster.leader === null) {
    problems.push(
      cluster.initialize === null || cluster.initialize === ''
        ? 'There is no cluster yet: one member is about to make it'
        : 'Nobody leads: writes wait until a member is elected',
    );
  }
  for (const { name, state, role } of cluster.members) {
    // What of our own server is wrong is known better than by the key it wrote last. Who has no data yet is on its way.
    if (name === inputs.name || healthyStates.has(state) || role === 'uninitialized') continue;
    problems.push(
      busyStates.has(state)
        ? `Member ${name} is ${state}, which may take a while`
        : `Member ${name} is ${state}: look at its agent's log`,
    );
  }
  if (config.isPaused) {
    problems.push('Management is paused: nothing fails over until it is resumed');
  }
  return problems;
}

/** What is wrong with this member. */
function ownProblems(inputs: FactsInputs): readonly string[] {
  const { postgres, cluster, config, name } = inputs;
  const problems: string[] = [];
  const { sql, state, pendingRestart } = postgres;
  const isStandby = postgres.role === 'replica' && state === 'running' && sql !== null;
  const archives = (sql?.restoreCommand ?? '') !== '';
  if (isStandby && sql.receiverState !== 'streaming' && !archives && cluster?.leader !== null) {
    problems.push(
      `Does not stream from ${cluster?.leader?.name ?? 'the leader'}: ${inputs.message}`,
    );
  }
  if (isStandby && cluster !== null) {
    const lag = lagOf(cluster, maxLsn(sql.receiveLsn, sql.replayLsn));
    if (lag !== null && lag > config.maximumLagOnFailoverBytes) {
      problems.push(
        `${lag} bytes behind the leader, too far to take over (maximum_lag_on_failover ${config.maximumLagOnFailoverBytes})`,
      );
    }
  }
  if (state === 'start failed' || state === 'crashed' || state === 'stop failed') {
    problems.push(`PostgreSQL of ${name} is ${state}: ${inputs.message}`);
  }
  const waiting = Object.keys(pendingRestart);
  if (waiting.length > 0) {
    problems.push(`Parameters wait for a restart: ${waiting.toSorted().join(', ')}`);
  }
  return problems;
}

/** Our own key may be as old as the last turn. */
function ownState(postgres: PostgresFacts): Pick<MemberFacts, 'role' | 'state'> {
  const { role, state } = postgres;
  return { role, state: state === 'running' ? (replicationStateOf(postgres) ?? state) : state };
}

export function makeFacts(inputs: FactsInputs): AgentFacts {
  const { name, scope, config, cluster, postgres, isStoreReachable } = inputs;
  const { sql } = postgres;
  const isPrimary = sql !== null && !sql.isInRecovery;
  const initialize = cluster?.initialize ?? null;
  return {
    name,
    scope,
    role: postgres.role,
    state: postgres.state,
    leader: isStoreReachable ? (cluster?.leader?.name ?? null) : null,
    members: (cluster?.members ?? [])
      .map((member) => memberFacts(cluster as Cluster, member))
      .map((member) => (member.name === name ? { ...member, ...ownState(postgres) } : member))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    timeline: publishedTimeline(postgres),
    lagBytes:
      isPrimary || cluster === null || sql === null
        ? isPrimary
          ? 0
          : null
        : lagOf(cluster, maxLsn(sql.receiveLsn, sql.replayLsn)),
    systemId: initialize === '' ? null : initialize,
    serverVersion: postgres.serverVersion,
    isPaused: config.isPaused,
    isStoreReachable,
    pendingRestart: Object.keys(postgres.pendingRestart).toSorted(),
    problems: [...clusterProblems(inputs), ...ownProblems(inputs)],
    progress: postgres.progress,
    rule: String(inputs.rule),
    why: inputs.message,
  };
}
