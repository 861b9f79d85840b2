// Whether a member counts for acknowledged commits.

import type { Cluster } from '#core/dcs/cluster.ts';

/** Compared as Patroni does, without regard to case. */
export function isSyncStandby({ sync }: Pick<Cluster, 'sync'>, name: string): boolean {
  const lower = name.toLowerCase();
  return sync.leader !== null && sync.voters.some((voter) => voter.toLowerCase() === lower);
}
