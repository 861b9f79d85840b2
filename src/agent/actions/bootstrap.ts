// Makes a new cluster (B-2 to B-7): the server first, then what it owes to be one, then its identity and its leader.

import { isSystemId } from '#core/ha/look.ts';
import { upstreamOfCluster } from '#core/ha/upstream.ts';
import type { AgentContext } from '../context.ts';
import type { ActionHandle } from '../executor.ts';
import { wordsOf } from '../executor.ts';
import { proveLease } from '../leadership.ts';
import { remember } from '../state.ts';
import { takeClaimBack } from '../unfinished.ts';
import { makeFirstCheckpoint } from '../first-checkpoint.ts';
import { startServer } from './start.ts';

/** A new cluster could not be made; the message is what the process ends with. */
export class BootstrapFailed extends Error {
  constructor() {
    super('Failed to bootstrap cluster');
    this.name = 'BootstrapFailed';
  }
}

export async function bootstrap(context: AgentContext, handle: ActionHandle): Promise<void> {
  const { deps, state } = context;
  const standby = state.config.global.standbyCluster;
  try {
    if (standby === null) {
      const isStarted = await deps.bootstrap.bootstrap(handle.signal);
      remember(state, { bootstrap: { kind: isStarted ? 'started' : 'failed' } });
      return;
    }
    const source = { kind: 'remote', from: standby } as const;
    const wanted = { role: 'replica', upstream: upstreamOfCluster(standby) } as const;
    const isStarted =
      (await deps.bootstrap.clone(source, false, handle.signal)) &&
      (await startServer(context, wanted, handle));
    remember(state, { bootstrap: { kind: isStarted ? 'started' : 'failed' } });
  } catch (error) {
    deps.log.error(`The cluster could not be made: ${wordsOf(error)}`);
    remember(state, { bootstrap: { kind: 'failed' } });
  }
}

export async function postBootstrap(context: AgentContext, handle: ActionHandle): Promise<void> {
  const { deps, state } = context;
  const isDone = await deps.bootstrap.postBootstrap(handle.signal).catch((error: unknown) => {
    deps.log.error(`post_bootstrap: ${wordsOf(error)}`);
    return false;
  });
  remember(state, { bootstrap: { kind: isDone ? 'finished' : 'failed' } });
}

/** The cluster is whole: it gets its identity, its configuration and its leader. Answers whether that is us. */
export async function finishBootstrap(context: AgentContext): Promise<'acquired' | 'lost-race'> {
  const { deps, state } = context;
  const { dcs, postgres, watchdog, log, clock } = deps;
  const { global, bootstrap: section, watchdog: watched } = state.config;
  const isStandby = global.standbyCluster !== null;
  if (!isStandby) {
    const isWatched = await watchdog.activate(global.ttlSeconds, global.loopWaitSeconds);
    if (!isWatched && watched.mode === 'required') {
      log.error('Cancelling bootstrap because watchdog activation failed');
      await cancelBootstrap(context);
    }
    remember(state, { isWatchdogRunning: watchdog.isRunning });
  }
  const facts = await postgres.observe();
  const systemId = facts.control?.systemId ?? '';
  if (!isSystemId(systemId)) {
    log.error('Cancelling bootstrap because the new cluster has no system identifier');
    await cancelBootstrap(context);
  }
  await dcs.initialize(false, systemId);
  if (state.cluster?.config?.data == null) await dcs.setConfigValue(section?.dcs ?? {}, undefined);
  const fromMs = clock.monotonicMs();
  const hasLock = await dcs.takeLeader();
  if (hasLock) proveLease(context, fromMs);
  postgres.setRole(isStandby ? 'standby_leader' : 'primary');
  remember(state, { bootstrap: null, hasStartedOnce: true, isRecovering: false });
  // Replicas start from it; it does not hold the leader up.
  if (!isStandby) void makeFirstCheckpoint(context);
  // A standby was started as a replica, and told of it then.
  if (isStandby) postgres.callbacks('on_role_change', 'standby_leader');
  else postgres.callbacks('on_start', 'primary');
  return hasLock ? 'acquired' : 'lost-race';
}

/** How often the store is asked, and at what interval in milliseconds, to take the claim back. */
const mostAttempts = 100;
const askAgainMs = 1000;

/** Gives the initialize key back, sets the data aside, and ends the process. */
export async function cancelBootstrap(context: AgentContext): Promise<never> {
  const { deps, state } = context;
  await deps.postgres.stop({
    mode: 'immediate',
    checkpointFirst: false,
    timeoutMs: state.config.global.retryTimeoutSeconds * 1000,
    callback: null,
  });
  await deps.bootstrap.moveDataDirectoryAside('failed');
  // Only now may somebody else make the cluster: two of them must not be written to.
  deps.log.info('removing initialize key after failed attempt to bootstrap the cluster');
  for (let attempt = 1; attempt < mostAttempts && !(await takeClaimBack(context)); attempt += 1) {
    await deps.clock.delay(askAgainMs);
  }
  throw new BootstrapFailed();
}
