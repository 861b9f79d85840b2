// Whether a cluster is whole: one primary with the key, and everybody else streaming along its timeline.

import { whatSlotIsMissing } from './slot-recovery.ts';
import { prefix } from '../member/member-config.ts';
import type { SimCluster } from '../run/sim-cluster.ts';

/** What is missing, in words; null where nothing is. */
export function whatIsMissing(cluster: SimCluster): string | null {
  const { machines, etcd } = cluster;
  const alive = machines.filter(({ isLost }) => !isLost);
  const down = alive.find(({ isUp, agent }) => !isUp || agent === null);
  if (down !== undefined) return `${down.name} is down`;
  const primaries = alive.filter(({ server }) => server.isAccepting);
  const [primary] = primaries;
  if (primary === undefined || primaries.length > 1) return `${primaries.length} primaries`;
  const leader = etcd.valueOf(`${prefix}leader`);
  if (leader !== primary.name) return `the key is ${leader ?? 'nobody'}’s, not ${primary.name}’s`;
  const { timeline } = primary.server.data.wal;
  for (const { name, server } of alive) {
    if (name === primary.name) continue;
    const sender = server.receiver?.sender ?? null;
    if (server.phase !== 'standby') return `${name} is ${server.phase}`;
    if (sender === null) return `${name} does not stream: ${server.receiver?.lastProblem ?? ''}`;
    if (server.data.wal.timeline !== timeline) return `${name} is on another timeline`;
  }
  return whatSlotIsMissing(cluster, primary);
}

/** How long after the last fault a cluster may need to be whole again, in milliseconds. */
export function recoveryBoundMs({ plan }: SimCluster): number {
  return plan.ttlSeconds * 2000 + plan.loopWaitSeconds * 4000 + 150_000;
}
