// What is published about a server beside its bare facts: role and state as others see them, how it replicates,
// whether it is a synchronous standby, and how far it is behind.

import type { Cluster } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { ApiView } from './api-view.ts';

/** `streaming`, `in archive recovery`, or null for a primary and for a standby that does neither. */
export function replicationState({ sql }: Pick<PostgresFacts, 'sql'>): string | null {
  if (sql === null || !sql.isInRecovery) return null;
  if (sql.receiverState === 'streaming') return 'streaming';
  return (sql.restoreCommand ?? '') === '' ? null : 'in archive recovery';
}

/** What the server said if it answered, and what the agent made of it otherwise. */
export function publishedRole({ facts, config }: ApiView): string {
  if (facts.sql === null) return facts.role;
  if (!facts.sql.isInRecovery) return 'primary';
  const isStandbyLeader = config.standbyCluster !== null && facts.role === 'standby_leader';
  return isStandbyLeader ? 'standby_leader' : 'replica';
}

/** Running only where it answers: a server that does not is `unknown` to everybody outside. */
export function publishedState({ facts }: ApiView): string {
  return facts.state === 'running' && facts.sql === null ? 'unknown' : facts.state;
}

/** The timeline a standby is on; 0 while it can't be told. */
export function publishedTimeline({ sql, control }: PostgresFacts): number {
  if (sql === null) return control?.timeline ?? 0;
  if (!sql.isInRecovery) return sql.timeline;
  return sql.receivedTimeline ?? (sql.timeline > 0 ? sql.timeline : (control?.timeline ?? 0));
}

/** Names in the synchronous state are compared without regard to case, as PostgreSQL does. */
export function isSyncVoter(cluster: Cluster, name: string): boolean {
  if (cluster.sync.leader === null) return false;
  const wanted = name.toLowerCase();
  return cluster.sync.voters.some((voter) => voter.toLowerCase() === wanted);
}

/** How a replica takes part in synchronous replication; null where it does not. */
export function syncRole(view: ApiView): 'sync' | 'quorum' | null {
  const { cluster, config } = view;
  if (cluster === null || config.synchronousMode === 'off' || publishedRole(view) !== 'replica') {
    return null;
  }
  if (!isSyncVoter(cluster, view.name)) return null;
  return config.synchronousMode === 'quorum' ? 'quorum' : 'sync';
}

/** The furthest position of the leader that is known here; null where none is. */
export function leaderLsn({ cluster, facts }: ApiView): Lsn | null {
  const published = cluster?.status.lastLsn ?? null;
  const heard = facts.sql?.latestEndLsn ?? null;
  if (published === null || (heard !== null && heard > published)) return heard;
  return published;
}

/** Whether the member is more than this many bytes behind the leader. No limit and no leader's position: never. */
export function isLagging(view: ApiView, position: Lsn | null, limitBytes: number | null): boolean {
  const leader = leaderLsn(view);
  if (leader === null || limitBytes === null) return false;
  return leader > (position ?? 0n) + BigInt(limitBytes);
}
