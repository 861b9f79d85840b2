// 1000 to 1099: somebody else leads.

import {
  clusterOf,
  isPrimary,
  isStandbyCluster,
  mayAcceptWrites,
  memberOf,
  pausePrefix,
} from '../look.ts';
import type { Rule } from '../rule.ts';
import { standbyRole, upstreamOf } from '../upstream.ts';
import type { World } from '../world.ts';

function leaderName(world: World): string {
  return clusterOf(world).leader?.name ?? '';
}

function kindOfLeader(world: World): string {
  return isStandbyCluster(world) ? 'a standby leader' : 'a leader';
}

/** 1000 to 1009: a primary that does not lead. They stand before the rules for a history that went apart. */
export const primaryWithoutKeyRules: readonly Rule[] = [
  {
    id: 1001,
    why: 'In pause two primaries may stand: somebody works on this cluster',
    decide: (world) =>
      isPrimary(world) && world.config.isPaused
        ? { kind: 'done', message: `${pausePrefix(world)}continue to run as primary without lock` }
        : null,
  },
  {
    id: 1002,
    why: 'A primary without the key stops at once',
    decide: (world) =>
      mayAcceptWrites(world) && !world.config.isPaused
        ? {
            kind: 'start-action',
            action: { kind: 'demote', mode: 'immediate-nolock' },
            name: 'immediate-nolock: demote',
            message: isStandbyCluster(world)
              ? 'cannot be a real primary in a standby cluster'
              : 'demoting self because I do not have the lock and I was a leader',
          }
        : null,
  },
];

/** How often a standby that has just started looks whether it streams, and for how long, in milliseconds. */
const streamingPollMs = 250;
const streamingPatienceMs = 60_000;

/** That it streams is news for everybody, and comes without an event. */
function untilStreaming(world: World): { readonly wakeInMs?: number } {
  const { sql, stateSinceMs } = world.postgres;
  const isWaiting =
    sql !== null && sql.receiverState !== 'streaming' && stateSinceMs < streamingPatienceMs;
  return isWaiting && upstreamOf(world)?.connection != null ? { wakeInMs: streamingPollMs } : {};
}

/** 1090 to 1099: following. */
export const followRules: readonly Rule[] = [
  {
    id: 1090,
    why: 'The leader key names somebody who published nothing: where it is, is not known yet',
    decide: (world) =>
      isStandbyCluster(world) && memberOf(clusterOf(world), leaderName(world)) === null
        ? { kind: 'done', message: 'continue following the old known standby leader' }
        : null,
  },
  {
    id: 1099,
    why: 'All is well: somebody else leads, and this member follows',
    decide: (world) => ({
      kind: 'follow',
      role: standbyRole(world),
      upstream: upstreamOf(world),
      message:
        `${pausePrefix(world)}no action. I am (${world.me.name}), a secondary, ` +
        `and following ${kindOfLeader(world)} (${leaderName(world)})`,
      ...untilStreaming(world),
    }),
  },
];
