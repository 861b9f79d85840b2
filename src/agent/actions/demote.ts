// Stops being the primary, in one of the ways of core/ha/demotion.ts. The server ends up stopped; the next turn
// decides whom it follows.

import type { DemoteMode } from '#core/ha/demotion.ts';
import { demotions } from '#core/ha/demotion.ts';
import { isCaughtUp } from '#core/ha/caught-up.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { memberOf } from '#core/ha/look.ts';
import type { ActionHandle } from '../executor.ts';
import type { AgentContext } from '../context.ts';
import { forgetLease, releaseLock } from '../leadership.ts';
import { remember } from '../state.ts';

/** How long a peer may take to say how far it is, in milliseconds. */
const candidateTimeoutMs = 500;

/** How long the key waits for a candidate that is about to have everything, in milliseconds. */
const successorPatienceMs = 400;

/** The least time an orderly stop gets, in milliseconds, however short the lease is. */
const leastStopMs = 200;

/** Null: no limit. */
function stopTimeoutMs({ state, guard, deps }: AgentContext, mode: DemoteMode): number | null {
  const { global } = state.config;
  if (demotions[mode].isBoundByLease && guard.untilMs !== null) {
    return Math.max(leastStopMs, (guard.untilMs - deps.clock.monotonicMs()) / 2);
  }
  if (demotions[mode].isBoundByLease) return leastStopMs;
  const isBounded = global.synchronousMode !== 'off' && global.primaryStopTimeoutSeconds > 0;
  return isBounded ? global.primaryStopTimeoutSeconds * 1000 : null;
}

/**
 * Whether somebody who may take over has the shutdown checkpoint, within a short while: the walsenders are still
 * sending. Where nobody has, the key is released when the server has ended.
 */
export async function untilSuccessor(
  { state, deps }: AgentContext,
  candidate: string | null,
  lsn: Lsn,
): Promise<boolean> {
  const { cluster, config } = state;
  if (cluster === null) return false;
  const named = candidate === null ? null : memberOf(cluster, candidate);
  const asked = (named === null ? cluster.members : [named]).filter(
    ({ name, apiUrl }) => name !== config.name && apiUrl !== null,
  );
  const untilMs = deps.clock.monotonicMs() + successorPatienceMs;
  for (;;) {
    const answers = await deps.peers.getStatus(asked, candidateTimeoutMs);
    if (answers.some((peer) => peer.isReachable && peer.lsn !== null && peer.lsn >= lsn))
      return true;
    if (asked.length === 0 || deps.clock.monotonicMs() >= untilMs) return false;
    await deps.clock.delay(catchUpPollMs);
  }
}

/** How often the candidate is looked at before the stop, in milliseconds. */
const catchUpPollMs = 25;

/**
 * Waits until the candidate streams and has all that was written by now. False where it does not in the time of
 * one turn: stopping now would lose what it lacks.
 */
async function waitForCandidate(
  { deps, state }: AgentContext,
  candidate: string | null,
  handle: ActionHandle,
): Promise<boolean> {
  const { postgres, clock, log } = deps;
  const limitMs = Math.max(2000, state.config.global.loopWaitSeconds * 1000);
  const untilMs = clock.monotonicMs() + limitMs;
  await postgres.checkpoint(handle.signal);
  handle.signal.throwIfAborted();
  const { sql } = await postgres.observe();
  // A standby leader writes nothing that anybody could lack.
  if (sql?.isInRecovery === true) return true;
  const flushed = sql?.walFlushLsn ?? null;
  for (;;) {
    if (flushed !== null && isCaughtUp(await postgres.observe(), candidate, flushed)) return true;
    if (clock.monotonicMs() >= untilMs) break;
    await clock.delay(catchUpPollMs, handle.signal);
  }
  log.warning(
    `${candidate ?? 'No member'} does not stream from this primary or lags behind it after ${limitMs / 1000} seconds`,
  );
  return false;
}

/** Steps down for somebody who then has everything; a switchover to somebody who has not is called off. */
export async function stepDown(
  context: AgentContext,
  candidate: string | null,
  isForced: boolean,
  handle: ActionHandle,
): Promise<void> {
  const { deps, state } = context;
  const isReady = await waitForCandidate(context, candidate, handle);
  if (!isReady && !isForced) {
    deps.log.error('Switchover called off: it would lose what the candidate has not received');
    const { failover } = state.cluster ?? {};
    if (failover != null) await deps.dcs.setFailover(null, failover.modRevision);
    return;
  }
  await demote(context, 'graceful', candidate, handle);
}

export async function demote(
  context: AgentContext,
  mode: DemoteMode,
  candidate: string | null,
  handle: ActionHandle,
): Promise<void> {
  const { deps, state } = context;
  const { stop, isCheckpointFirst, isKeyReleased } = demotions[mode];
  const { postgres, watchdog, log } = deps;
  const releasing: { done: Promise<void> | null } = { done: null };
  let lastLsn: Lsn | null = null;
  const release = (lsn: Lsn | null): void => {
    releasing.done ??= releaseLock(context, lsn);
  };
  handle.commit();
  context.slots.onDemote();
  log.info(`Demoting self (${mode})`);
  const isStopped = await postgres.stop({
    mode: stop,
    checkpointFirst: isCheckpointFirst,
    timeoutMs: stopTimeoutMs(context, mode),
    callback: 'on_stop',
    onSafepoint: () => void watchdog.disable(),
    onShutdownCheckpoint: async (lsn, previousLsn) => {
      lastLsn = previousLsn;
      if (!isKeyReleased || releasing.done !== null) return;
      if (await untilSuccessor(context, candidate, lsn)) {
        postgres.setRole('demoted');
        release(previousLsn);
      }
    },
  });
  postgres.setRole('demoted');
  await watchdog.disable();
  remember(state, {
    isReturning: mode === 'graceful',
    demotedAtMs: deps.clock.monotonicMs(),
    rewind: { kind: 'unchecked', against: '', why: '' },
    lastStartFailedAtMs: null,
    isRecovering: false,
  });
  if (!isStopped) {
    log.critical('PostgreSQL could not be stopped; the leader key is kept until its lease ends');
    return;
  }
  if (isKeyReleased) {
    release(lastLsn);
    await releasing.done;
  } else if (mode !== 'demote-cluster') {
    forgetLease(context);
  }
  postgres.callbacks('on_role_change', 'demoted');
}
