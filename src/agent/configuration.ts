// Follows the dynamic configuration of the store, and the file when it is read again.

import type { Cluster, JsonObject } from '#core/dcs/cluster.ts';
import { wordsOf } from './executor.ts';
import type { AgentContext } from './context.ts';

/** Takes the store's configuration over where it changed since the last turn. */
export async function followDynamic(context: AgentContext, cluster: Cluster): Promise<void> {
  const { deps, state } = context;
  const dynamic = cluster.config?.data ?? null;
  if (dynamic === null || cluster.config === null) return;
  if (cluster.config.modRevision === state.configRevision) return;
  await apply(context, dynamic);
  state.configRevision = cluster.config.modRevision;
  await deps.keepDynamic(dynamic).catch((error: unknown) => {
    deps.log.warning(`The dynamic configuration could not be kept on disk: ${wordsOf(error)}`);
  });
}

/** Reads the file and the environment again, keeping what the store said last. */
export async function reloadFile(context: AgentContext): Promise<void> {
  await apply(context, context.state.cluster?.config?.data ?? context.deps.ownDynamic());
}

async function apply({ deps, state }: AgentContext, dynamic: JsonObject): Promise<void> {
  const before = state.config.global;
  state.config = deps.merge(dynamic);
  const { ttlSeconds, retryTimeoutSeconds } = state.config.global;
  if (ttlSeconds !== before.ttlSeconds) deps.dcs.setTtl(ttlSeconds);
  if (retryTimeoutSeconds !== before.retryTimeoutSeconds) {
    deps.dcs.setRetryTimeout(retryTimeoutSeconds);
  }
  const isOtherTiming =
    ttlSeconds !== before.ttlSeconds ||
    state.config.global.loopWaitSeconds !== before.loopWaitSeconds;
  // It has to reset the machine before the lease ends, which is another one now.
  if (isOtherTiming && deps.watchdog.isRunning) {
    await deps.watchdog.activate(ttlSeconds, state.config.global.loopWaitSeconds);
  }
  if (deps.bootstrap.isRunningCustomBootstrap) {
    deps.log.info('Skipping PostgreSQL configuration update while in custom bootstrap.');
    return;
  }
  await deps.postgres.reconfigure(state.config);
  await deps.onConfigured(state.config);
}
