// What an agent that died left half done, taken up by the next one before its first turn.

import type { AgentContext } from './context.ts';
import { remember } from './state.ts';

/** How long a server of a half made cluster gets to stop, in milliseconds. */
const stopMs = 10_000;

export async function takeUpUnfinished({ deps, state }: AgentContext): Promise<void> {
  const { bootstrap, postgres, log } = deps;
  await bootstrap.clearUnfinished();
  const unfinished = await bootstrap.readUnfinished();
  switch (unfinished) {
    case 'nothing':
      return;
    case 'cluster':
      log.warning(
        'The agent died before the roles of a new cluster were made: its data is moved aside, and the cluster is made anew',
      );
      await postgres.stop({
        mode: 'immediate',
        checkpointFirst: false,
        timeoutMs: stopMs,
        callback: null,
      });
      await bootstrap.moveDataDirectoryAside('failed');
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
