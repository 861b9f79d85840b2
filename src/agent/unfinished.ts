// What an agent that died left half done, taken up by the next one before its first turn.

import { DcsError } from '#adapters/ports/dcs.ts';
import type { AgentContext } from './context.ts';
import { remember } from './state.ts';

/** How long a server of a half made cluster gets to stop, in milliseconds. */
const stopMs = 10_000;
const askAgainMs = 1000;

export async function takeUpUnfinished(context: AgentContext, signal: AbortSignal): Promise<void> {
  const { deps, state } = context;
  const unfinished = await deps.bootstrap.readUnfinished();
  await deps.bootstrap.clearUnfinished();
  switch (unfinished) {
    case 'nothing':
      return;
    case 'cluster':
      await giveUpCluster(context, signal);
      return;
    case 'rewind': {
      const lastError = 'the agent died while pg_rewind was at work';
      remember(state, { rejoin: { ...state.memory.rejoin, isDamaged: true, lastError } });
      return;
    }
    default:
      unfinished satisfies never;
  }
}

async function giveUpCluster(context: AgentContext, signal: AbortSignal): Promise<void> {
  const { bootstrap, postgres, clock, log } = context.deps;
  log.warning(
    'The agent died while it made a new cluster: what there is of it is moved aside, and who makes it is open again',
  );
  await postgres.stop({
    mode: 'immediate',
    checkpointFirst: false,
    timeoutMs: stopMs,
    callback: null,
  });
  await bootstrap.moveDataDirectoryAside('failed');
  while (!signal.aborted && !(await takeClaimBack(context))) {
    await clock.delay(askAgainMs, signal).catch(() => undefined);
  }
}

/**
 * Nobody else makes the cluster as long as the store says that we do. A claim does not say whose it is, so it is taken
 * back once: that this is so is noted first. False where the store can't be asked now.
 */
export async function takeClaimBack({ deps }: AgentContext): Promise<boolean> {
  const { bootstrap, dcs, log } = deps;
  try {
    await dcs.getCluster();
    await bootstrap.noteGivenUp();
    await dcs.cancelInitialization();
    return true;
  } catch (error) {
    if (!(error instanceof DcsError)) throw error;
    log.error(`The initialize key could not be removed: ${error.message}. ${error.hint}`);
    return false;
  }
}
