// The first checkpoint of a new primary: until it is on disk nobody may rewind from this member.

import { wordsOf } from './executor.ts';
import type { AgentContext } from './context.ts';
import { remember } from './state.ts';

export async function makeFirstCheckpoint({ deps, state, wake }: AgentContext): Promise<void> {
  remember(state, { isCheckpointAfterPromoteDone: false });
  state.isMakingFirstCheckpoint = true;
  try {
    await deps.postgres.checkpoint();
  } catch (error) {
    deps.log.warning(`The first checkpoint of this primary failed: ${wordsOf(error)}`);
  }
  state.isMakingFirstCheckpoint = false;
  remember(state, { isCheckpointAfterPromoteDone: true });
  wake();
}
