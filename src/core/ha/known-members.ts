// Everybody who may be there: members whose key has run out while the store was away are there all the same.

import type { Member } from '#core/dcs/cluster.ts';
import type { DcsView } from './world.ts';

/** A member of the failsafe topology that has no key: only where it answers is known. */
function memberAt(name: string, apiUrl: string): Member {
  return {
    name,
    session: '',
    data: {},
    connUrl: null,
    apiUrl,
    state: '',
    role: '',
    version: null,
    tags: {},
    xlogLocation: null,
    timeline: null,
    replicationState: null,
    checkpointAfterPromote: null,
  };
}

/** Members of the failsafe topology, of the last view with a leader, and of now; what is newer counts. */
export function knownMembers(dcs: DcsView): readonly Member[] {
  if (dcs.kind !== 'cluster') return [];
  const { cluster, lockedCluster } = dcs;
  const byAddress = Object.entries(cluster.failsafe ?? {}).map(([name, url]) =>
    memberAt(name, url),
  );
  const byName = new Map<string, Member>();
  for (const member of [...byAddress, ...lockedCluster.members, ...cluster.members])
    byName.set(member.name, member);
  return [...byName.values()];
}
