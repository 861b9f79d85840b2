// Carries out one step towards the synchronous state.

import type { SyncStep } from '#core/sync/plan-sync.ts';
import { nobodyWarning } from '#core/sync/plan-sync.ts';
import type { Learned } from '#core/ha/world.ts';
import type { AgentContext } from './context.ts';
import { remember } from './state.ts';

export async function performSync(
  { deps, state }: AgentContext,
  step: SyncStep,
): Promise<Partial<Learned>> {
  const { dcs, postgres, log } = deps;
  switch (step.kind) {
    case 'wait':
      return {};
    case 'write-sync': {
      const { leader, voters, quorum, expected, why } = step;
      const modRevision = await dcs.writeSyncState({ leader, voters, quorum }, expected);
      if (modRevision === null) return { isSyncLost: true };
      log.info(why);
      return { syncState: { modRevision, leader, voters, quorum } };
    }
    case 'delete-sync': {
      if (!(await dcs.deleteSyncState(step.expected))) return { isSyncLost: true };
      log.info(step.why);
      return { syncState: { modRevision: null, leader: null, voters: [], quorum: 0 } };
    }
    case 'set-names':
      // The leader's turn warns of it where commits wait for nobody.
      if (step.why !== nobodyWarning) log.info(step.why);
      await postgres.setSynchronousStandbyNames(step.names);
      // Commits that wait under the old names are looked at again when a standby next answers: to this.
      await postgres.writeDummyTransaction();
      remember(state, { sync: null, isOverridingStandbyNames: step.names !== null });
      return { standbyNames: step.names ?? '' };
    default:
      return step satisfies never;
  }
}
