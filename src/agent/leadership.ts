// The leader key and our lease on it. Every proof is measured from before it was asked for, on the monotonic clock,
// and gives the guard its deadline; every path that gives the key up goes through here.

import { fenceReserveMs } from '#core/ha/rules/store-rules.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { wordsOf } from './executor.ts';
import type { AgentContext, AgentParts } from './context.ts';
import { ttlMs } from './context.ts';
import { remember } from './state.ts';

/** What a server gets to stop by itself where there is no time left, in milliseconds. */
const leastFenceMs = 200;

/** The lease is proven from `fromMs` on, for one ttl. */
export function proveLease(context: AgentContext, fromMs: number): void {
  guardUntil(context, fromMs + ttlMs(context));
  const { guard, deps } = context;
  if (guard.untilMs === null) return;
  // In pause nobody stops a primary, whatever becomes of its agent.
  const isKept = !context.state.config.global.isPaused;
  deps.leaseNote?.write(isKept ? guard.untilMs - deps.clock.monotonicMs() : null);
}

function guardUntil({ guard, state }: AgentContext, untilMs: number): void {
  guard.extend(untilMs, fenceReserveMs(state.config.global.ttlSeconds));
  remember(state, { leaseUntilMs: guard.untilMs });
}

/**
 * Takes up the lease of an agent that died and left its primary running: it ends when it would have, whatever the
 * store says or does not say by then.
 */
export async function resumeLease(context: AgentContext): Promise<void> {
  const { state } = context;
  const { leaseNote, postgres, clock } = context.deps;
  const readAtMs = clock.monotonicMs();
  const leftMs = (await leaseNote?.read()) ?? null;
  if (leftMs === null) return;
  state.isResumingLease = true;
  guardUntil(context, readAtMs + leftMs);
  const { isRunning, sql, isSetUpAsStandby } = await postgres.observe();
  state.isResumingLease = false;
  if (!isRunning || (sql?.isInRecovery ?? isSetUpAsStandby) || state.config.global.isPaused) return;
  // One that does not answer may be the primary it was.
  if (sql === null) postgres.setRole('primary');
  if (isLeading(context)) return;
  context.deps.log.critical('Stopping PostgreSQL: the lease of the agent that died is over');
  await postgres.fence(leastFenceMs);
}

export function forgetLease({ deps, guard, state }: AgentContext): void {
  guard.clear();
  deps.leaseNote?.write(null);
  state.isLeadingByFailsafe = false;
  remember(state, { leaseUntilMs: null });
}

/** Whether this member leads by what it can prove at this instant. */
export function isLeading({ guard, deps }: Pick<AgentParts, 'guard' | 'deps'>): boolean {
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
