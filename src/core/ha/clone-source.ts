// Whom an empty member is cloned from (patroni/dcs, get_clone_member): a running member that offers itself, else
// the leader, else a method that needs nobody.

import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Member } from '#core/dcs/cluster.ts';
import type { BootstrapSource } from './bootstrap-source.ts';
import { clusterOf, isUnlocked } from './look.ts';
import type { World } from './world.ts';

export interface FoundSource {
  readonly source: BootstrapSource;
  /** For example `bootstrap from leader 'postgres-0'`. */
  readonly name: string;
}

function offersItself(member: Member, world: World): boolean {
  return (
    member.name !== world.me.name &&
    member.name !== clusterOf(world).leader?.name &&
    member.state === 'running' &&
    member.connUrl !== null &&
    readTags(member.tags).tags.clonefrom
  );
}

/** Equals are told apart by the chance drawn for the turn, so that not everybody clones from the first. */
export function cloneMemberOf(world: World): Member | null {
  const { leader, members } = clusterOf(world);
  const wanted = world.me.tags.replicatefrom;
  const named = members.find(({ name, state }) => name === wanted && state === 'running');
  if (named !== undefined && named.name !== world.me.name && offersItself(named, world))
    return named;
  const offered = members.filter((member) => offersItself(member, world));
  const chosen = offered[Math.floor(world.chance * offered.length)];
  return chosen ?? leader?.member ?? null;
}

/** Null where there is nothing to clone from. */
export function cloneSourceOf(world: World): FoundSource | null {
  const { initialize, leader } = clusterOf(world);
  if (!isUnlocked(world)) {
    const member = cloneMemberOf(world);
    if (member === null || member.connUrl === null || member.name === world.me.name) return null;
    const isLeader = member.name === leader?.name;
    return {
      source: { kind: 'member', name: member.name, isLeader },
      name: `bootstrap from ${isLeader ? 'leader' : 'replica'} '${member.name}'`,
    };
  }
  // An empty key: somebody makes the cluster at this moment.
  return world.me.hasMethodWithoutLeader && initialize !== ''
    ? { source: { kind: 'none' }, name: 'bootstrap (without leader)' }
    : null;
}
