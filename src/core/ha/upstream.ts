// Whom a standby streams from (patroni/ha.py, _get_node_to_follow), and as what.

import type { StandbyCluster } from '#core/config/patroni/global-config.ts';
import type { Member } from '#core/dcs/cluster.ts';
import { slotNameFromMemberName } from '#core/slots/slot-name.ts';
import { parseConnUrl } from '#core/config/patroni/dsn.ts';
import { clusterOf, isStandbyCluster, isUnlocked, memberOf, ownsLock } from './look.ts';
import type { Upstream } from './values.ts';
import type { World } from './world.ts';

/** The place of the cluster that a standby cluster follows; null in another cluster. */
export function remoteUpstream({ config }: World): Upstream | null {
  return config.standbyCluster === null ? null : upstreamOfCluster(config.standbyCluster);
}

export function upstreamOfCluster(from: StandbyCluster): Upstream {
  return {
    name: '',
    connection:
      from.host === null
        ? null
        : { host: from.host, ...(from.port === null ? {} : { port: from.port }) },
    slotName: from.primarySlotName,
    ...(from.restoreCommand === null ? {} : { restoreCommand: from.restoreCommand }),
    ...(from.archiveCleanupCommand === null
      ? {}
      : { archiveCleanupCommand: from.archiveCleanupCommand }),
    ...(from.recoveryMinApplyDelay === null
      ? {}
      : { recoveryMinApplyDelay: from.recoveryMinApplyDelay }),
  };
}

/** A member as an upstream of ours; null where it does not say where it is. */
export function memberUpstream(world: World, member: Member): Upstream | null {
  if (member.connUrl === null) return null;
  const connection = parseConnUrl(member.connUrl);
  if (connection === null) return null;
  return {
    name: member.name,
    connection,
    slotName: world.config.isUsingSlots ? slotNameFromMemberName(world.me.name) : null,
  };
}

/** Where the leader is, whoever we stream from; null where there is none or it says nothing. */
export function leaderUpstream(world: World): Upstream | null {
  const { leader } = clusterOf(world);
  if (leader === null || leader.name === world.me.name || leader.member === null) return null;
  return memberUpstream(world, leader.member);
}

/** The upstream this member should have now; null: nobody. */
export function upstreamOf(world: World): Upstream | null {
  const { me } = world;
  if (isStandbyCluster(world)) {
    const mustFollowRemote = ownsLock(world) || (isUnlocked(world) && !world.config.isPaused);
    if (mustFollowRemote) return remoteUpstream(world);
  }
  // From the archive only: a standby all the same.
  if (me.tags.nostream) return { name: '', connection: null, slotName: null };
  const wanted = me.tags.replicatefrom;
  if (wanted !== null && wanted !== me.name && wanted !== world.memory.detour?.around) {
    const member = memberOf(clusterOf(world), wanted);
    const upstream = member === null ? null : memberUpstream(world, member);
    if (upstream !== null) return upstream;
  }
  return leaderUpstream(world);
}

/** What a member is that is no primary. */
export function standbyRole(world: World): 'replica' | 'standby_leader' {
  return isStandbyCluster(world) && ownsLock(world) ? 'standby_leader' : 'replica';
}
