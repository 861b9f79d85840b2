// Whether the cluster would find a new leader if this one stepped down (patroni/ha.py, is_failover_possible):
// asked before a healthy lease is given up.

import type { Member } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { clusterOf, isSynchronous, ownTimeline } from './look.ts';
import { failoverLimitation, isNofailover, isSyncMember, peerOf, unasked } from './peers.ts';
import type { World } from './world.ts';

export interface FailoverQuestion {
  /** `switchover` or `failover`, for messages. */
  readonly action: string;
  readonly candidate: string | null;
  /** What the new leader must have; null: the lag limit counts. */
  readonly requiredLsn: Lsn | null;
  /** A failover by hand without a leader may leave the synchronous set. */
  readonly isSyncRequired: boolean;
}

export type FailoverPossibility =
  | { readonly kind: 'ask'; readonly names: readonly string[] }
  | { readonly kind: 'yes'; readonly healthy: readonly string[] }
  | { readonly kind: 'no'; readonly why: string };

function candidatesOf(world: World, question: FailoverQuestion): readonly Member[] {
  return clusterOf(world).members.filter(
    (member) =>
      member.name !== world.me.name &&
      member.apiUrl !== null &&
      (question.candidate === null || member.name === question.candidate) &&
      (question.candidate !== null || !isNofailover(member)) &&
      (!question.isSyncRequired || !isSynchronous(world) || isSyncMember(world, member.name)),
  );
}

/** Why this member can't take over; null when it can. */
function obstacleOf(world: World, name: string, question: FailoverQuestion): string | null {
  const peer = peerOf(world, name);
  const limitation = failoverLimitation(peer);
  if (limitation !== null || peer === null)
    return `Member ${name} is ${limitation ?? 'not reachable'}`;
  const { config } = world;
  const lsn = peer.lsn ?? 0n;
  const { lastLsn } = clusterOf(world).status;
  if (question.requiredLsn !== null) {
    if (lsn < question.requiredLsn) return `Member ${name} has not received everything yet`;
  } else if (lastLsn !== null && lastLsn - lsn > BigInt(config.maximumLagOnFailoverBytes)) {
    return `Member ${name} exceeds maximum replication lag`;
  }
  const timeline = ownTimeline(world);
  const isBehind = peer.timeline !== null && timeline !== null && peer.timeline < timeline;
  return config.isTimelineChecked && isBehind
    ? `Timeline ${peer.timeline} of member ${name} is behind the cluster timeline ${timeline}`
    : null;
}

export function isFailoverPossible(world: World, question: FailoverQuestion): FailoverPossibility {
  const candidates = candidatesOf(world, question);
  if (candidates.length === 0) {
    return { kind: 'no', why: `${question.action}: candidates list is empty` };
  }
  const names = unasked(world, candidates);
  if (names.length > 0) return { kind: 'ask', names };
  const obstacles = candidates.map(({ name }) => obstacleOf(world, name, question));
  const healthy = candidates
    .filter((_, index) => obstacles[index] === null)
    .map(({ name }) => name);
  const { sync } = clusterOf(world);
  const needsQuorum =
    world.config.synchronousMode === 'quorum' &&
    isSynchronous(world) &&
    question.candidate === null;
  if (needsQuorum && healthy.length - 1 < sync.quorum) {
    return { kind: 'no', why: `Quorum requirement ${sync.quorum} can not be reached` };
  }
  if (healthy.length > 0) return { kind: 'yes', healthy };
  return { kind: 'no', why: obstacles.filter((one) => one !== null).join('; ') };
}
