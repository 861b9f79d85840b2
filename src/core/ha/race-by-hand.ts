// The race when somebody asked for it (patroni/ha.py, manual_failover_process_no_leader): the candidate goes first,
// and the others wait for it as long as it could.

import type { Failover } from '#core/dcs/cluster.ts';
import { actionName } from './failover-request.ts';
import { clusterOf, isPrimary, isSynchronous, memberOf } from './look.ts';
import { failoverLimitation, isSyncMember, peerOf, unasked } from './peers.ts';
import type { RaceVerdict } from './compare-positions.ts';
import { compareWithPeers, mayLead, mayNot, racersOf } from './compare-positions.ts';
import type { World } from './world.ts';

/** What the key says of a named candidate; null when it says nothing (any more). */
function judgeCandidate(world: World, failover: Failover, candidate: string): RaceVerdict | null {
  const { me, config } = world;
  if (candidate === me.name) return mayLead;
  const action = actionName(failover);
  const member = memberOf(clusterOf(world), candidate);
  if (config.isPaused) {
    return member === null && isPrimary(world)
      ? { kind: 'clear-failover', why: `${action}: ${candidate} is no member of the cluster` }
      : mayNot(`${action}: to ${candidate}, i am ${me.name}`);
  }
  if (member === null) return null;
  const names = unasked(world, [member]);
  if (names.length > 0) return { kind: 'ask', names };
  const limitation = failoverLimitation(peerOf(world, candidate));
  return limitation === null ? mayNot(`${action}: to ${candidate}, i am ${me.name}`) : null;
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
  const members = racersOf(world).filter(({ name }) => name !== failover.leader);
  return compareWithPeers(world, { isLagChecked: false, members });
}

/** The leader that stepped down leads again only where nobody else can. */
function judgeFormerLeader(world: World, failover: Failover): RaceVerdict {
  const others = racersOf(world).filter(
    ({ name, apiUrl }) => name !== world.me.name && apiUrl !== null,
  );
  const names = unasked(world, others);
  if (names.length > 0) return { kind: 'ask', names };
  const able = others.filter(({ name }) => failoverLimitation(peerOf(world, name)) === null);
  return able.length === 0
    ? mayLead
    : mayNot(
        `${actionName(failover)}: waiting for ${able.map(({ name }) => name).join(', ')} to take over`,
      );
}
