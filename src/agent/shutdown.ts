// The orderly end of an agent (patroni/ha.py, shutdown): a primary hands the key over as soon as somebody else has
// everything, a synchronous standby first asks to be let go, and in pause PostgreSQL is left alone.

import { isSyncStandby } from '#core/ha/sync-membership.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { DcsError } from '#adapters/ports/dcs.ts';
import { untilSuccessor } from './actions/demote.ts';
import type { Agent } from './agent.ts';
import type { AgentContext } from './context.ts';
import { wordsOf } from './executor.ts';
import { isLeading, releaseLock } from './leadership.ts';
import { publishMember } from './publish.ts';

/** How often the primary is looked at while it lets us go, in milliseconds. */
const askAgainMs = 200;

export async function shutDown(agent: Agent, isRunEnded: Promise<unknown>): Promise<void> {
  const { context } = agent;
  const { deps, state, executor } = context;
  if (state.config.global.isPaused) {
    agent.stop();
    await isRunEnded;
    deps.log.info('Leader key is not deleted and Postgresql is not stopped due paused state');
    return;
  }
  await leaveSynchronousSet(context);
  agent.stop();
  executor.close();
  await executor.cancel();
  await isRunEnded;
  await stopServer(context);
  await deps.watchdog.disable();
  await publishMember(context, await deps.postgres.observe()).catch((error: unknown) => {
    deps.log.warning(`The last state could not be published: ${wordsOf(error)}`);
  });
}

/** Commits would wait for a standby that is not coming back. The loop goes on publishing meanwhile. */
async function leaveSynchronousSet({ state, deps, wake }: AgentContext): Promise<void> {
  state.isLeaving = true;
  const isCounted = (): boolean =>
    state.cluster !== null && isSyncStandby(state.cluster, state.config.name);
  if (!isCounted()) return;
  deps.log.info('Waiting for primary to release us from synchronous standby');
  wake();
  const untilMs = deps.clock.monotonicMs() + 2000 * state.config.global.loopWaitSeconds;
  while (isCounted() && deps.clock.monotonicMs() < untilMs) {
    await deps.clock.delay(askAgainMs);
    try {
      state.cluster = await deps.dcs.getCluster();
    } catch (error) {
      if (!(error instanceof DcsError)) throw error;
      return;
    }
  }
}

async function stopServer(context: AgentContext): Promise<void> {
  const { deps, state } = context;
  const isLeader = isLeading(context) || state.cluster?.leader?.name === state.config.name;
  let lastLsn: Lsn | null = null;
  const releasing: { done: Promise<void> | null } = { done: null };
  const isStopped = await deps.postgres.stop({
    mode: 'fast',
    checkpointFirst: isLeader,
    timeoutMs: null,
    callback: 'on_stop',
    onSafepoint: () => void deps.watchdog.disable(),
    onShutdownCheckpoint: async (lsn, previousLsn) => {
      lastLsn = previousLsn;
      if (!isLeader || releasing.done !== null) return;
      if (await untilSuccessor(context, null, lsn)) {
        releasing.done ??= releaseLock(context, previousLsn);
      }
    },
  });
  if (isLeader && !isStopped) {
    deps.log.critical(
      'PostgreSQL could not be stopped; the leader key is kept until its lease ends',
    );
  } else if (isLeader) {
    releasing.done ??= releaseLock(context, lastLsn);
    await releasing.done;
  }
}
