// What other members can be counted on for, from their answers (patroni/ha.py, _MemberStatus.failover_limitation).

import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Member } from '#core/dcs/cluster.ts';
import type { PeerStatus } from './values.ts';
import type { World } from './world.ts';
import { clusterOf } from './look.ts';

/** How long a peer may take to answer, in milliseconds. */
export const peerTimeoutMs = 2000;

export function peerOf({ learned }: World, name: string): PeerStatus | null {
  return learned.peers.find((peer) => peer.name === name) ?? null;
}

/** Members of these that were not asked in this turn. */
export function unasked(world: World, members: readonly Member[]): readonly string[] {
  return members
    .filter(({ name, apiUrl }) => name !== world.me.name && apiUrl !== null)
    .map(({ name }) => name)
    .filter((name) => peerOf(world, name) === null);
}

/** Why a member can't be promoted; null when it could. */
export function failoverLimitation(peer: PeerStatus | null): string | null {
  if (peer === null || !peer.isReachable) return 'not reachable';
  if (readTags(peer.tags).tags.nofailover) return 'not allowed to promote';
  return peer.isWatchdogFailed ? 'not watchdog capable' : null;
}

export function isNofailover(member: Member): boolean {
  return readTags(member.tags).tags.nofailover;
}

/** Of the synchronous set while there is one: the only ones that surely have every acknowledged commit. */
export function isSyncMember(world: World, name: string): boolean {
  const { sync } = clusterOf(world);
  const lower = name.toLowerCase();
  return (
    sync.leader?.toLowerCase() === lower ||
    sync.voters.some((voter) => voter.toLowerCase() === lower)
  );
}

export function isVoter(world: World, name: string): boolean {
  const lower = name.toLowerCase();
  return clusterOf(world).sync.voters.some((voter) => voter.toLowerCase() === lower);
}
