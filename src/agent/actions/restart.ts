// A restart and a new clone that people asked for over REST.

import type { AgentContext } from '../context.ts';
import type { ActionHandle } from '../executor.ts';
import type { UpstreamNow } from './clone.ts';
import { clone } from './clone.ts';
import { isLeading } from '../leadership.ts';
import { memberOf } from '#core/ha/look.ts';
import { remember } from '../state.ts';
import type { BootstrapSource } from '#core/ha/bootstrap-source.ts';

/** Restarts the server in the role it has; the words for the caller. */
export async function restart(
  context: AgentContext,
  upstreamNow: UpstreamNow,
  timeoutMs: number | null,
  handle: ActionHandle,
): Promise<{ readonly isDone: boolean; readonly message: string }> {
  const { deps, state } = context;
  const facts = await deps.postgres.observe();
  const isPrimary = facts.role === 'primary' || facts.role === 'promoted';
  if (isPrimary && !state.config.global.isPaused && !isLeading(context)) {
    return {
      isDone: false,
      message: 'restart refused: this primary does not hold the leader lease',
    };
  }
  if (state.memory.rejoin.isDamaged) {
    const message =
      'restart refused: pg_rewind left data that can’t be used, and a clone is to take its place';
    return { isDone: false, message };
  }
  remember(state, { startTimeoutMs: timeoutMs });
  handle.commit();
  const role = isPrimary ? 'primary' : upstreamNow().role;
  const outcome = await deps.postgres.restart(
    {
      role,
      upstream: isPrimary ? null : (upstreamNow().upstream ?? 'none'),
      timeoutMs: timeoutMs ?? state.config.postgresql.pgCtlTimeoutSeconds * 1000,
      callback: 'on_restart',
      stopTimeoutMs: null,
    },
    // A lease that ends meanwhile calls it off: what stopped as a primary must not come up as one.
    handle.signal,
  );
  switch (outcome.kind) {
    case 'running':
      remember(state, { startTimeoutMs: null, lastStartFailedAtMs: null });
      return { isDone: true, message: 'restarted successfully' };
    case 'starting':
      return { isDone: false, message: 'postgres is still starting' };
    case 'failed':
      deps.log.error(`PostgreSQL could not be restarted: ${outcome.why}`);
      remember(state, { isRecovering: true, lastStartFailedAtMs: deps.clock.monotonicMs() });
      return { isDone: false, message: 'restart failed' };
    default:
      return outcome satisfies never;
  }
}

/** How long a source may take to say that it is there, in milliseconds. */
const sourceTimeoutMs = 2000;

/** What is here may be the last copy: it goes only where there is another one. */
async function isThere({ deps, state }: AgentContext, source: BootstrapSource): Promise<boolean> {
  if (source.kind !== 'member') return true;
  const member = state.cluster === null ? null : memberOf(state.cluster, source.name);
  const [peer] = member === null ? [] : await deps.peers.getStatus([member], sourceTimeoutMs);
  if (peer?.isReachable === true) return true;
  deps.log.error(
    `Reinitialize called off: ${source.name} does not answer, and the data here may be the last copy. Try again once it does`,
  );
  return false;
}

/** Clones this member anew. What was there is removed: that is what was asked for. */
export async function reinitialize(
  context: AgentContext,
  source: BootstrapSource,
  upstreamNow: UpstreamNow,
  handle: ActionHandle,
): Promise<void> {
  const { deps } = context;
  if (!(await isThere(context, source))) return;
  await deps.postgres.stop({
    mode: 'immediate',
    checkpointFirst: false,
    timeoutMs: 10_000,
    callback: null,
  });
  handle.signal.throwIfAborted();
  await deps.bootstrap.removeDataDirectory();
  await clone(context, source, upstreamNow, handle);
}
