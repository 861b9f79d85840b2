// The leader key and our lease on it. Every proof is measured from before it was asked for, on the monotonic clock,
// and gives the guard its deadline; every path that gives the key up goes through here.

import { fenceReserveMs } from '#core/ha/rules/store-rules.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { wordsOf } from './executor.ts';
import type { AgentContext } from './context.ts';
import { ttlMs } from './context.ts';
import { remember } from './state.ts';

/** The lease is proven from `fromMs` on, for one ttl. */
export function proveLease(context: AgentContext, fromMs: number): void {
  const { guard, state } = context;
  const untilMs = fromMs + ttlMs(context);
  guard.extend(untilMs, fenceReserveMs(state.config.global.ttlSeconds));
  remember(state, { leaseUntilMs: guard.untilMs });
}

export function forgetLease({ guard, state }: AgentContext): void {
  guard.clear();
  state.isLeadingByFailsafe = false;
  remember(state, { leaseUntilMs: null });
}

/** Whether this member leads by what it can prove at this instant. */
export function isLeading({ guard, deps }: AgentContext): boolean {
  return guard.untilMs !== null && deps.clock.monotonicMs() < guard.untilMs;
}

export async function refreshLock(context: AgentContext): Promise<'refreshed' | 'refused'> {
  const { dcs, clock, watchdog } = context.deps;
  const fromMs = clock.monotonicMs();
  if (!(await dcs.updateLeader())) {
    forgetLease(context);
    return 'refused';
  }
  context.state.isLeadingByFailsafe = false;
  proveLease(context, fromMs);
  await watchdog.keepalive();
  remember(context.state, { isWatchdogRunning: watchdog.isRunning });
  return 'refreshed';
}

export async function acquireLock(context: AgentContext): Promise<'acquired' | 'lost-race'> {
  const { dcs, clock } = context.deps;
  const fromMs = clock.monotonicMs();
  if (!(await dcs.attemptToAcquireLeader())) return 'lost-race';
  // What the leader before retained starts anew with its full time.
  context.state.retention = null;
  proveLease(context, fromMs);
  return 'acquired';
}

/**
 * Gives the key up. The server must have stopped accepting writes before. A store that can't be asked is no
 * obstacle: the lease then ends by itself.
 */
export async function releaseLock(context: AgentContext, lastLsn: Lsn | null): Promise<void> {
  const { dcs, log } = context.deps;
  forgetLease(context);
  try {
    await dcs.deleteLeader(lastLsn);
  } catch (error) {
    log.warning(`The leader key could not be deleted and has to run out: ${wordsOf(error)}`);
  }
}
