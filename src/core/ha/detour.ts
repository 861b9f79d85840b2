// When a cascading standby may go back to the member it is to replicate from, after it had to stream from the leader.

import { clusterOf, maxLsn, memberOf } from './look.ts';
import type { World } from './world.ts';

/** Where the member still gives us nothing we are back here soon, and in between we stream: not too often. */
const leastMs = 60_000;

/**
 * That member streams itself, and we have whatever it had when it last said so: all we need from now on passes through
 * its hands. True as well where it is gone, and where another one is wanted.
 */
export function isDetourOver(world: World): boolean {
  const { detour } = world.memory;
  if (detour === null) return false;
  const member = memberOf(clusterOf(world), detour.around);
  if (member === null || world.me.tags.replicatefrom !== detour.around) return true;
  if (world.nowMs - detour.sinceMs < leastMs) return false;
  const { sql } = world.postgres;
  const here = sql === null ? null : maxLsn(sql.receiveLsn, sql.replayLsn);
  const isFed = member.replicationState === 'streaming' && member.xlogLocation !== null;
  return isFed && here !== null && here >= member.xlogLocation;
}
