// The one way by which a server becomes a primary (DESIGN rule 6): with a proven lease, after the script that may
// say no, and with everything behind it that a new primary owes the others.

import type { ActionHandle } from '../executor.ts';
import { wordsOf } from '../executor.ts';
import type { AgentContext } from '../context.ts';
import { isLeading, releaseLock } from '../leadership.ts';
import { remember } from '../state.ts';
import { makeFirstCheckpoint } from '../first-checkpoint.ts';
import { keepHistory } from '../history.ts';

export async function promote(context: AgentContext, handle: ActionHandle): Promise<void> {
  const { deps, state, guard } = context;
  const { postgres, log, clock } = deps;
  if (!(await mayPromote(context, handle))) return;
  if (!isLeading(context) && !state.config.global.isPaused) {
    log.warning('Promotion called off: the leader lease ran out before it was sent');
    return;
  }
  handle.commit();
  await context.slots.onPromote();
  postgres.setRole('promoted');
  remember(state, { isCheckpointAfterPromoteDone: false, raceBackoffSinceMs: null });
  const leftMs = guard.untilMs === null ? 0 : guard.untilMs - clock.monotonicMs();
  const limitMs = Math.max(state.config.global.loopWaitSeconds * 1000, leftMs);
  if (!(await postgres.promote(limitMs, handle.signal))) {
    log.error('PostgreSQL did not end recovery in time after it was promoted');
    return;
  }
  postgres.setRole('primary');
  remember(state, { demotedAtMs: null, hasStartedOnce: true });
  postgres.callbacks('on_role_change', 'primary');
  void afterPromotion(context);
}

/** `postgresql.pre_promote` may say no; then somebody else gets the key for one ttl. */
async function mayPromote(context: AgentContext, handle: ActionHandle): Promise<boolean> {
  const { deps, state } = context;
  if (await deps.postgres.runPrePromote(handle.signal)) return true;
  handle.signal.throwIfAborted();
  deps.log.info('Promotion cancelled because the pre-promote script failed');
  remember(state, { prePromoteFailedAtMs: deps.clock.monotonicMs() });
  await releaseLock(context, null);
  return false;
}

/** What a new primary owes the others; also one whose recovery ended later than it was waited for. */
export async function afterPromotion(context: AgentContext): Promise<void> {
  context.state.isMakingFirstCheckpoint = true;
  await keepHistory(context).catch((error: unknown) => {
    context.deps.log.warning(`The history could not be written: ${wordsOf(error)}`);
  });
  await makeFirstCheckpoint(context);
}
