// A restart that was asked for at a time (patroni/ha.py, evaluate_scheduled_restart).

import { unmetCondition } from '#core/rest/restart-request.ts';
import type { AgentContext } from './context.ts';
import { restart } from './actions/restart.ts';
import { upstreamNowOf } from './start-action.ts';

export async function runScheduledRestart(context: AgentContext): Promise<void> {
  const { deps, state, executor } = context;
  const scheduled = state.scheduledRestart;
  if (scheduled === null || executor.running() !== null || state.config.global.isPaused) return;
  const facts = deps.postgres.lastFacts();
  const startTime = facts.sql?.postmasterStartTime ?? scheduled.postmasterStartTime;
  if (startTime !== scheduled.postmasterStartTime) {
    deps.log.info(
      `Cancelling scheduled restart: postgres restart has already happened at ${startTime}`,
    );
    state.scheduledRestart = null;
    return;
  }
  const { request } = scheduled;
  if (deps.clock.now() < request.atMs) return;
  state.scheduledRestart = null;
  const unmet = unmetCondition(request, facts);
  if (unmet !== null) {
    deps.log.info(`Scheduled restart not done: ${unmet}`);
    return;
  }
  executor.start('restart', 'scheduled restart', async (handle) => {
    const timeoutMs = request.timeoutSeconds === null ? null : request.timeoutSeconds * 1000;
    const { message } = await restart(context, upstreamNowOf(context), timeoutMs, handle);
    deps.log.info(`Scheduled restart: ${message}`);
  });
  await Promise.resolve();
}
