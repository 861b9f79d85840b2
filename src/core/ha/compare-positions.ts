// Comparison of our position with everybody else's (patroni/ha.py, _is_healthiest_node): who may race, and who is
// ahead of us.

import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Member } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { knownMembers } from './known-members.ts';
import {
  clusterOf,
  isStandbyCluster,
  isSynchronous,
  ownLsn,
  ownTimeline,
  timelineOf,
} from './look.ts';
import { isNofailover, isSyncMember, isVoter, peerOf, unasked } from './peers.ts';
import type { PeerStatus } from './values.ts';
import type { World } from './world.ts';

export type RaceVerdict =
  | { readonly kind: 'may-lead' }
  | { readonly kind: 'ask'; readonly names: readonly string[] }
  | { readonly kind: 'clear-failover'; readonly why: string }
  | { readonly kind: 'may-not'; readonly why: string };

export const mayLead: RaceVerdict = { kind: 'may-lead' };

export function mayNot(why: string): RaceVerdict {
  return { kind: 'may-not', why };
}

/** Everybody who may have something to say; in a synchronous cluster only who may hold every acknowledged commit. */
export function racersOf(world: World): readonly Member[] {
  return knownMembers(world.dcs).filter(
    ({ name }) => !isSynchronous(world) || isSyncMember(world, name),
  );
}

export function lagObstacle(world: World, lsn: Lsn): string | null {
  const { lastLsn } = clusterOf(world).status;
  const limit = BigInt(world.config.maximumLagOnFailoverBytes);
  return lastLsn !== null && lastLsn - lsn > limit
    ? 'My wal position exceeds maximum replication lag'
    : null;
}

function timelineObstacle(world: World): string | null {
  if (!world.config.isTimelineChecked || isStandbyCluster(world)) return null;
  const timeline = ownTimeline(world);
  if (timeline === null) return 'Can not figure out my timeline';
  const known = timelineOf(world);
  return timeline < known
    ? `My timeline ${timeline} is behind last known cluster timeline ${known}`
    : null;
}

/** Whether the leader that was is ahead of us only by what nobody was told is committed. */
function isFormerSyncLeader(world: World, name: string): boolean {
  return isSynchronous(world) && clusterOf(world).sync.leader === name;
}

function priorityOf(world: World, name: string): number {
  const peer = peerOf(world, name);
  return peer === null ? 1 : readTags(peer.tags).tags.failoverPriority;
}

/**
 * Only a lease blocks: a former leader that still holds one, while the store has lost its key, is waited for. A Patroni
 * does not tell of its lease and does not fence itself, so there an answering primary blocks as it does in Patroni.
 */
function stillLeading({ name, leaseLeftMs, isInRecovery }: PeerStatus): string | null {
  if (leaseLeftMs === null)
    return isInRecovery === false ? `Primary (${name}) is still alive` : null;
  return leaseLeftMs > 0 ? `${name} still holds a leader lease for ${leaseLeftMs} ms` : null;
}

/**
 * Who is further: the newer timeline before the greater position, as positions behind the place where timelines parted
 * can't be compared, and the election that made the newer one has decided between them.
 */
function isAhead(world: World, peer: PeerStatus, lsn: Lsn): boolean {
  const ours = ownTimeline(world);
  const isComparable = !isStandbyCluster(world) && ours !== null && peer.timeline !== null;
  if (isComparable && peer.timeline !== ours) return peer.timeline > ours;
  return peer.lsn !== null && peer.lsn > lsn;
}

/** With failsafe_mode nobody outside of the topology leads, however far it is. */
export function mayRace({ config, dcs }: World, name: string): boolean {
  const failsafe = dcs.kind === 'cluster' ? dcs.cluster.failsafe : null;
  if (!config.isFailsafeMode || failsafe === null) return true;
  return Object.keys(failsafe).length === 0 || failsafe[name] !== undefined;
}

interface Comparison {
  readonly isLagChecked: boolean;
  /** Somebody named this member: among equals the priority of others does not count. */
  readonly isNamed?: boolean;
  readonly members: readonly Member[];
}

/** Compares positions with everybody who answers (patroni/ha.py, _is_healthiest_node). */
export function compareWithPeers(
  world: World,
  { isLagChecked, isNamed = false, members }: Comparison,
): RaceVerdict {
  const lsn = ownLsn(world);
  if (lsn === null) return mayNot('My wal position is not known');
  const obstacle = (isLagChecked ? lagObstacle(world, lsn) : null) ?? timelineObstacle(world);
  if (obstacle !== null) return mayNot(obstacle);
  const { sync } = clusterOf(world);
  // Right after a change from quorum to on the key still asks for votes.
  const isQuorum =
    isSynchronous(world) && (world.config.synchronousMode === 'quorum' || sync.quorum > 0);
  const rivals = members.filter(
    (member) =>
      member.name !== world.me.name &&
      (!isNofailover(member) || (isQuorum && isVoter(world, member.name))),
  );
  const names = unasked(world, rivals);
  if (names.length > 0) return { kind: 'ask', names };
  let votes = isQuorum && !isSyncMember(world, world.me.name) ? -1 : 0;
  for (const { name } of rivals) {
    const peer = peerOf(world, name);
    if (peer === null || !peer.isReachable) continue;
    const leading = stillLeading(peer);
    if (leading !== null) return mayNot(leading);
    if (peer.isWatchdogFailed || peer.lsn === null) continue;
    if (isAhead(world, peer, lsn)) {
      // Who can't lead itself keeps nobody else from it.
      const isOut =
        !mayRace(world, name) || (isLagChecked && lagObstacle(world, peer.lsn) !== null);
      if (isFormerSyncLeader(world, name) || isOut) continue;
      return mayNot(`Wal position of ${name} is ahead of my wal position`);
    }
    const isRival =
      !isNamed && !isFormerSyncLeader(world, name) && (!isQuorum || isVoter(world, name));
    if (isRival && peer.lsn === lsn && priorityOf(world, name) > world.me.tags.failoverPriority) {
      return mayNot(
        `${name} has equally tolerable WAL position and priority ${priorityOf(world, name)}, ` +
          `while this node has priority ${world.me.tags.failoverPriority}`,
      );
    }
    if (isVoter(world, name)) votes += 1;
  }
  if (!isQuorum || clusterOf(world).sync.leader === world.me.name) return mayLead;
  const { quorum } = clusterOf(world).sync;
  return votes >= quorum
    ? mayLead
    : mayNot(`Quorum requirement ${quorum} is not reached: ${votes} voters confirmed my position`);
}
