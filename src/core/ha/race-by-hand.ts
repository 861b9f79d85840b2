// The race when somebody asked for it (patroni/ha.py, manual_failover_process_no_leader): the candidate goes first,
// and the others wait for it as long as it could.

import type { Failover, Member } from '#core/dcs/cluster.ts';
import { actionName } from './failover-request.ts';
import { clusterOf, isPrimary, isSynchronous, memberOf, ownLsn, timelineOf } from './look.ts';
import type { PeerStatus } from './values.ts';
import { failoverLimitation, isSyncMember, isVoter, peerOf, unasked } from './peers.ts';
import type { RaceVerdict } from './compare-positions.ts';
import {
  compareWithPeers,
  lagObstacle,
  mayLead,
  mayNot,
  mayRace,
  racersOf,
} from './compare-positions.ts';
import type { World } from './world.ts';

/**
 * Everything the leader has told of, as far as nobody has to be asked: in mode `on` who is in the synchronous set has
 * it in any case, and a leader that gives up its key says with it how far it was.
 */
function hasAllThatIsKnown(world: World): boolean {
  if (isSynchronous(world)) return world.config.synchronousMode === 'on';
  const { lastLsn } = clusterOf(world).status;
  const ours = ownLsn(world);
  return lastLsn !== null && ours !== null && ours >= lastLsn;
}

/** Whether so many voters answer as have to confirm the position of the candidate. */
function canBeConfirmed(world: World, candidate: string): boolean {
  const { quorum, voters } = clusterOf(world).sync;
  if (!isSynchronous(world) || quorum === 0) return true;
  const answering = voters.filter((name) => {
    const peer = peerOf(world, name);
    return name !== candidate && peer?.isReachable === true && peer.lsn !== null;
  });
  return answering.length >= quorum;
}

/** What the key says of a named candidate; null when it says nothing (any more). */
function judgeCandidate(world: World, failover: Failover, candidate: string): RaceVerdict | null {
  const { me, config } = world;
  const action = actionName(failover);
  if (candidate === me.name) {
    // A leader that stepped down for us has seen to it that we have everything; one that died has not, and only a
    // failover says that this does not matter.
    const isForced = failover.leader === null || config.isPaused;
    if (isForced || hasAllThatIsKnown(world)) return mayLead;
    const members = racersBut(world, failover);
    return compareWithPeers(world, { isLagChecked: true, isNamed: true, members });
  }
  const member = mayRace(world, candidate) ? memberOf(clusterOf(world), candidate) : null;
  if (config.isPaused) {
    return member === null && isPrimary(world)
      ? { kind: 'clear-failover', why: `${action}: ${candidate} is no member of the cluster` }
      : mayNot(`${action}: to ${candidate}, i am ${me.name}`);
  }
  if (member === null) return null;
  const isFormerLeader = failover.leader === me.name;
  const names = unasked(world, isFormerLeader ? racersOf(world) : [member]);
  if (names.length > 0) return { kind: 'ask', names };
  // Whoever stepped down for it takes over again, as nobody else would.
  if (isFormerLeader && !canBeConfirmed(world, candidate)) return null;
  const peer = peerOf(world, candidate);
  const isAble = failoverLimitation(peer) === null;
  // It can't lead either where we are ahead of it, unless it is told to.
  const ours = ownLsn(world);
  const isBehind = peer !== null && peer.lsn !== null && ours !== null && peer.lsn < ours;
  return isAble && (failover.leader === null || !isBehind)
    ? mayNot(`${action}: to ${candidate}, i am ${me.name}`)
    : null;
}

/** Null where the key has nothing to say and everybody may race. */
export function judgeManualRace(world: World, failover: Failover): RaceVerdict | null {
  const { me, config } = world;
  const isLackingCommits =
    config.synchronousMode === 'on' && isSynchronous(world) && !isSyncMember(world, me.name);
  const notSynchronous = mayNot('I am not one of the synchronous standbys');
  if (isLackingCommits && failover.leader !== null) return notSynchronous;
  if (failover.candidate !== null) {
    const verdict = judgeCandidate(world, failover, failover.candidate);
    if (verdict !== null) return verdict;
  } else if (config.isPaused) {
    return mayNot('A failover in pause needs a candidate');
  }
  // Somebody may name a candidate that lacks commits; nobody takes its place with less.
  if (isLackingCommits) return notSynchronous;
  if (failover.leader === me.name) return judgeFormerLeader(world, failover);
  // A switchover may be old by now, its leader dead instead of stopped: it allows no loss that a race would not.
  const isLagChecked = failover.leader !== null;
  return compareWithPeers(world, { isLagChecked, members: racersBut(world, failover) });
}

/** Everybody but who is to stop leading. */
function racersBut(world: World, failover: Failover): readonly Member[] {
  return racersOf(world).filter(({ name }) => name !== failover.leader);
}

/** Whether a peer would find that it may lead, were it asked: a race it can't win is not waited for. */
function mayLeadAfterAll(world: World, peer: PeerStatus | null): boolean {
  if (peer === null || failoverLimitation(peer) !== null || !mayRace(world, peer.name))
    return false;
  const isOld = peer.timeline !== null && peer.timeline < timelineOf(world);
  if (world.config.isTimelineChecked && isOld) return false;
  return peer.lsn !== null && lagObstacle(world, peer.lsn) === null;
}

/** The leader that stepped down leads again only where nobody else can. */
function judgeFormerLeader(world: World, failover: Failover): RaceVerdict {
  const others = racersOf(world).filter(
    ({ name, apiUrl }) => name !== world.me.name && apiUrl !== null,
  );
  const names = unasked(world, others);
  if (names.length > 0) return { kind: 'ask', names };
  const able = others.filter(({ name }) => mayLeadAfterAll(world, peerOf(world, name)));
  const { quorum } = clusterOf(world).sync;
  // Whoever is to take over needs so many others that confirm its position, and of those we are none.
  const voters = able.filter(({ name }) => isVoter(world, name)).length;
  const isShort = isSynchronous(world) && quorum > 0 && voters <= quorum;
  if (isShort) return compareWithPeers(world, { isLagChecked: false, members: racersOf(world) });
  return able.length === 0
    ? mayLead
    : mayNot(
        `${actionName(failover)}: waiting for ${able.map(({ name }) => name).join(', ')} to take over`,
      );
}
