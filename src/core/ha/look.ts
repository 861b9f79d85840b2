// Questions about a world that many rules ask. Names follow patroni/ha.py where it asks the same.

import { clusterTimeline } from '#core/dcs/cluster-facts.ts';
import type { Cluster, Member } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { World } from './world.ts';

/** The cluster of a turn that could read the store. Rules behind 199 may call it. */
export function clusterOf(world: World): Cluster {
  if (world.dcs.kind !== 'cluster')
    throw new Error('A rule needs the cluster, and it is not known');
  return world.dcs.cluster;
}

export function memberOf(cluster: Cluster, name: string): Member | null {
  return cluster.members.find((member) => member.name === name) ?? null;
}

/** Nobody leads, as the store says or as this turn has brought about. */
export function isUnlocked(world: World): boolean {
  const { lock } = world.learned;
  if (lock === 'acquired') return false;
  return clusterOf(world).leader === null;
}

/** The leader key is ours, as far as this turn knows. */
export function ownsLock(world: World): boolean {
  const { lock } = world.learned;
  if (lock !== null) return lock === 'refreshed' || lock === 'acquired';
  if (world.dcs.kind !== 'cluster' || world.dcs.isLeaderByFailsafe) return false;
  return world.dcs.cluster.leader?.name === world.me.name;
}

/** The leader key is ours, and this turn has proven it. */
export function hasProvenLock({ learned }: World): boolean {
  return learned.lock === 'refreshed' || learned.lock === 'acquired';
}

/** The key was ours at the beginning of the turn and somebody has taken it. */
export function hasLostLock({ learned }: World): boolean {
  return learned.lock === 'refused';
}

/** The server accepts writes, or will as soon as it has started. */
export function isPrimary({ postgres }: World): boolean {
  if (!postgres.isRunning) return false;
  if (postgres.sql !== null) return !postgres.sql.isInRecovery;
  return (
    !postgres.isSetUpAsStandby && (postgres.role === 'primary' || postgres.role === 'promoted')
  );
}

/** It accepts writes, or it was told to: a promotion that was sent can't be taken back. */
export function mayAcceptWrites(world: World): boolean {
  const { isRunning, role } = world.postgres;
  return isPrimary(world) || (isRunning && role === 'promoted');
}

/** It stops being the primary. A step-down that still waits for its successor has not begun to. */
export function isDemoting({ action }: Pick<World, 'action'>): boolean {
  return action?.kind === 'demote' && !action.isCancellable;
}

/** A standby cluster has no primary: its leader replicates from elsewhere. */
export function isStandbyCluster({ config }: World): boolean {
  return config.standbyCluster !== null;
}

export function isSynchronous({ config, dcs }: World): boolean {
  return (
    config.synchronousMode !== 'off' &&
    config.standbyCluster === null &&
    dcs.kind === 'cluster' &&
    dcs.cluster.sync.leader !== null
  );
}

/** Received or replayed, whichever is further; the flush position of a primary. */
export function ownLsn({ postgres }: World): Lsn | null {
  const { sql } = postgres;
  if (sql === null) return null;
  if (!sql.isInRecovery) return sql.walFlushLsn;
  return maxLsn(sql.receiveLsn, sql.replayLsn);
}

export function maxLsn(one: Lsn | null, other: Lsn | null): Lsn | null {
  if (one === null) return other;
  return other === null || one > other ? one : other;
}

/** The timeline our server is on, as far as it says; null where it does not. */
export function ownTimeline({ postgres }: World): number | null {
  const { sql, control } = postgres;
  if (sql === null) return control?.timeline ?? null;
  if (!sql.isInRecovery) return sql.timeline;
  return sql.receivedTimeline ?? (sql.timeline > 0 ? sql.timeline : (control?.timeline ?? null));
}

export function timelineOf(world: World): number {
  return clusterTimeline(clusterOf(world));
}

/** An initialize key that names a cluster; while one is made it is empty. */
export function isSystemId(initialize: string | null): initialize is string {
  return initialize !== null && /^[1-9]\d{9,19}$/u.test(initialize);
}

/** The first words of every message while management is paused. */
export function pausePrefix({ config }: World): string {
  return config.isPaused ? 'PAUSE: ' : '';
}
