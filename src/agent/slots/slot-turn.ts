// What slot work of one turn starts from; gathered once, so that a later turn's news do not change it half way.

import type { Cluster, Role } from '#core/dcs/cluster.ts';
import { hasProvenLock, ownLsn } from '#core/ha/look.ts';
import type { SqlFacts } from '#core/ha/postgres-facts.ts';
import { leaderUpstream } from '#core/ha/upstream.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { World } from '#core/ha/world.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { SlotKeeper } from '#core/slots/desired-slots.ts';
import type { AgentParts } from '../context.ts';
import { clusterForSlots } from './cluster-for-slots.ts';

export interface SlotTurn {
  readonly world: World;
  readonly cluster: Cluster;
  readonly sql: SqlFacts;
  readonly slots: readonly SlotInfo[];
  readonly me: SlotKeeper;
  readonly hasLeaderKey: boolean;
  /** Null: nobody leads. */
  readonly leaderName: string | null;
  /** Flushed by a primary, replayed by a standby. */
  readonly localLsn: Lsn | null;
  /** Streams on the timeline the leader tells of; not known is no. */
  readonly isStreamingFromLeader: boolean;
  /** The store is away, or says nothing of the leader there is. */
  readonly isFailsafe: boolean;
}

/** Null where slots are to be left alone: too little is known, or something else is being done with the server. */
export function slotTurnOf(
  parts: AgentParts,
  world: World,
  slots: readonly SlotInfo[],
): SlotTurn | null {
  const { sql, state } = world.postgres;
  if (sql === null || state === 'starting' || parts.executor.running() !== null) return null;
  const cluster = clusterForSlots(parts, world.dcs);
  if (cluster === null) return null;
  const hasLeaderKey = hasProvenLock(world);
  const role: Role = parts.deps.postgres.lastFacts().role;
  return {
    world,
    cluster,
    sql,
    slots,
    me: { name: world.me.name, role, tags: world.me.tags },
    hasLeaderKey,
    leaderName: hasLeaderKey ? world.me.name : (cluster.leader?.name ?? null),
    isStreamingFromLeader:
      sql.receiverState === 'streaming' &&
      sql.receivedTimeline !== null &&
      sql.receivedTimeline === (cluster.leader?.member?.timeline ?? null),
    localLsn: sql.isInRecovery ? sql.replayLsn : ownLsn(world),
    isFailsafe: world.dcs.kind === 'error' || world.dcs.isLeaderByFailsafe,
  };
}

/** Where to ask about the primary's slots; null where nobody leads, or we do. */
export function leaderOf({ world, cluster }: SlotTurn): Upstream | null {
  const dcs = {
    kind: 'cluster',
    cluster,
    lockedCluster: cluster,
    isLeaderByFailsafe: false,
  } as const;
  return leaderUpstream({ ...world, dcs });
}
