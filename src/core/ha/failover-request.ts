// What the leader makes of the failover key (patroni/ha.py, process_manual_failover_from_leader): wait for its time,
// clear it with the reason, or step down for the candidate.

import type { Failover } from '#core/dcs/cluster.ts';
import { isFailoverPossible } from './failover-possible.ts';
import { clusterOf } from './look.ts';
import type { World } from './world.ts';

export type FailoverVerdict =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wait'; readonly why: string; readonly forMs: number }
  | { readonly kind: 'clear'; readonly why: string }
  | { readonly kind: 'ask'; readonly names: readonly string[] }
  | { readonly kind: 'step-down'; readonly action: string; readonly candidate: string | null };

export function actionName(failover: Failover): string {
  return failover.leader === null ? 'manual failover' : 'switchover';
}

function schedule(world: World, failover: Failover): FailoverVerdict | null {
  const { scheduledAtMs } = failover;
  if (scheduledAtMs === null) return null;
  const action = actionName(failover);
  const at = `${scheduledAtMs}`;
  if (world.config.isPaused) {
    return { kind: 'wait', why: `${action} waits: it does not run while paused`, forMs: 0 };
  }
  const inMs = scheduledAtMs - world.wallMs;
  const loopWaitMs = world.config.loopWaitSeconds * 1000;
  if (inMs > 0) {
    const seconds = Math.ceil(inMs / 1000);
    return { kind: 'wait', why: `Awaiting ${action} (in ${seconds} seconds)`, forMs: inMs };
  }
  return inMs < -1.5 * loopWaitMs
    ? { kind: 'clear', why: `Found a stale ${action} value, cleaning up: ${at}` }
    : null;
}

/** Why the request makes no sense; null when it does. */
function contradiction(world: World, failover: Failover): string | null {
  const action = actionName(failover);
  const { me } = world;
  if (failover.leader !== null && failover.leader !== me.name) {
    return `leader name does not match: ${failover.leader} != ${me.name}`;
  }
  if (failover.candidate === me.name) return `I am already the leader, no need to ${action}`;
  if (world.config.isPaused && failover.candidate === null) {
    return `${action} is possible only to a specific candidate in a paused state`;
  }
  return null;
}

export function judgeFailoverRequest(world: World): FailoverVerdict {
  const { failover } = clusterOf(world);
  if (failover === null || world.learned.isFailoverKeyCleared) return { kind: 'nothing' };
  const waiting = schedule(world, failover);
  if (waiting !== null) return waiting;
  const why = contradiction(world, failover);
  if (why !== null) return { kind: 'clear', why };
  const action = actionName(failover);
  const possible = isFailoverPossible(world, {
    action,
    candidate: failover.candidate,
    requiredLsn: null,
    isSyncRequired: failover.leader !== null,
  });
  switch (possible.kind) {
    case 'ask':
      return possible;
    case 'no':
      return {
        kind: 'clear',
        why: `no healthy members found, ${action} is not possible (${possible.why})`,
      };
    case 'yes':
      return { kind: 'step-down', action, candidate: failover.candidate };
    default:
      return possible satisfies never;
  }
}
