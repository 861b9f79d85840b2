// Brings a history that left the leader's back: pg_rewind, or a new clone beside the old data.

import type { BootstrapSource } from '#core/ha/bootstrap-source.ts';
import { memberOf } from '#core/ha/look.ts';
import type { Upstream } from '#core/ha/values.ts';
import { noteClone, noteRewind } from '#core/rewind/rejoin.ts';
import type { AgentContext } from '../context.ts';
import type { ActionHandle } from '../executor.ts';
import { remember } from '../state.ts';
import type { UpstreamNow } from './clone.ts';
import { clone } from './clone.ts';

/** The situation an attempt is counted against, as the rules name it. */
function situationOf({ state }: AgentContext): string {
  const leader = state.cluster?.leader ?? null;
  const member =
    leader === null || state.cluster === null ? null : memberOf(state.cluster, leader.name);
  return `${leader?.name ?? ''}@${member?.timeline ?? '?'}`;
}

async function stopFirst({ deps }: AgentContext): Promise<boolean> {
  return deps.postgres.stop({
    mode: 'fast',
    checkpointFirst: false,
    timeoutMs: 60_000,
    callback: null,
  });
}

export async function recoverFromCrash(context: AgentContext, handle: ActionHandle): Promise<void> {
  const { deps, state } = context;
  remember(state, { wasCrashRecoveryTried: true });
  const isDone = await deps.postgres.recoverInSingleUserMode(handle.signal);
  if (!isDone) deps.log.error('Crash recovery in single-user mode failed; see the lines before');
}

export async function rewind(
  context: AgentContext,
  leader: Upstream,
  handle: ActionHandle,
): Promise<void> {
  const { deps, state } = context;
  const against = situationOf(context);
  if (!(await stopFirst(context))) return;
  // Should we die meanwhile, the next agent knows that what is there must not be started.
  await deps.bootstrap.noteRewind('begun');
  const outcome = await deps.postgres.rewind(leader, handle.signal);
  if (outcome.kind !== 'failed') await deps.bootstrap.noteRewind('done');
  if (outcome.kind !== 'done')
    deps.log.error(`pg_rewind from ${leader.name} failed: ${outcome.why}`);
  remember(state, {
    rewind: { kind: 'unchecked', against: '', why: '' },
    rejoin: noteRewind(state.memory.rejoin, outcome, { against, nowMs: deps.clock.monotonicMs() }),
    lastStartFailedAtMs: null,
  });
}

export async function rejoinByClone(
  context: AgentContext,
  request: { readonly source: BootstrapSource; readonly isRemoving: boolean },
  upstreamNow: UpstreamNow,
  handle: ActionHandle,
): Promise<void> {
  const { deps, state } = context;
  const against = situationOf(context);
  if (!(await stopFirst(context))) return;
  handle.signal.throwIfAborted();
  if (request.isRemoving) await deps.bootstrap.removeDataDirectory();
  else await deps.bootstrap.moveDataDirectoryAside('replaced');
  const before = state.memory.rejoin;
  const isDone = await clone(context, request.source, upstreamNow, handle);
  remember(state, {
    rejoin: noteClone(before, isDone ? null : 'the clone failed; see the lines before', {
      against,
      nowMs: deps.clock.monotonicMs(),
    }),
  });
}
