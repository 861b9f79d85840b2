// Starts the server as what it is to be. Whether the start worked is judged by the next turn.

import type { Role } from '#core/dcs/cluster.ts';
import { noteStart } from '#core/ha/crash-loop.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { ActionHandle } from '../executor.ts';
import type { AgentParts } from '../context.ts';
import { isLeading } from '../leadership.ts';
import { remember } from '../state.ts';

/** What a start is to bring about. Upstream null: it follows nobody. */
export type StartWanted =
  | { readonly role: 'primary' }
  | { readonly role: Exclude<Role, 'primary'>; readonly upstream: Upstream | null };

/** A required watchdog comes before the first write: nothing else stops a primary whose agent hangs. */
async function isWatched({ deps, state }: AgentParts): Promise<boolean> {
  const { watchdog, log, clock } = deps;
  const { global, watchdog: watched } = state.config;
  if (global.isPaused || watchdog.isRunning) return true;
  const isActive = await watchdog.activate(global.ttlSeconds, global.loopWaitSeconds);
  remember(state, { isWatchdogRunning: watchdog.isRunning });
  if (isActive || watched.mode !== 'required') return true;
  log.error('Not starting PostgreSQL as a primary: the watchdog could not be activated');
  remember(state, { lastStartFailedAtMs: clock.monotonicMs() });
  return false;
}

export async function startServer(
  context: AgentParts,
  wanted: StartWanted,
  handle: ActionHandle,
): Promise<boolean> {
  const { deps, state } = context;
  const { postgres, log, clock } = deps;
  const isPrimary = wanted.role === 'primary';
  if (isPrimary && !isLeading(context) && !state.config.global.isPaused) {
    log.warning('Not starting PostgreSQL as a primary: the leader lease ran out');
    return false;
  }
  if (isPrimary && !(await isWatched(context))) return false;
  const wasRecovering = state.memory.isRecovering;
  remember(state, { isRecovering: true, isReturning: false });
  postgres.setRole(isPrimary ? 'primary' : wanted.role);
  const outcome = await postgres.start(
    {
      role: wanted.role,
      upstream: isPrimary ? null : (wanted.upstream ?? 'none'),
      timeoutMs: state.config.postgresql.pgCtlTimeoutSeconds * 1000,
      callback: state.memory.hasStartedOnce && wasRecovering ? null : 'on_start',
    },
    handle.signal,
  );
  if (outcome.kind === 'failed') {
    log.error(`PostgreSQL could not be started: ${outcome.why}`);
    remember(state, { lastStartFailedAtMs: clock.monotonicMs() });
    return false;
  }
  remember(state, {
    crashLoop: noteStart(state.memory.crashLoop, clock.monotonicMs()),
    hasStartedOnce: true,
    lastStartFailedAtMs: null,
    wasCrashRecoveryTried: false,
    ...(isPrimary ? { demotedAtMs: null } : {}),
    ...(outcome.kind === 'running' ? { isRecovering: false } : {}),
  });
  return true;
}
