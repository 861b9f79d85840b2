// The next step of a leader towards the synchronous state, from the world of a turn. A primary plans for its
// standbys; a leader about to be promoted first sees that nothing acknowledged can be lost by it.

import type { SyncState } from '#core/dcs/cluster.ts';
import { planPromotion } from '#core/sync/plan-promotion.ts';
import type { SyncStep } from '#core/sync/plan-sync.ts';
import { planSync } from '#core/sync/plan-sync.ts';
import { clusterOf, isPrimary } from './look.ts';
import type { World } from './world.ts';

/** The key as this turn left it. */
function syncStateOf(world: World): SyncState {
  return world.learned.syncState ?? clusterOf(world).sync;
}

/** Null where nothing is to be done. `wait`: look again soon, nothing can be done now. */
export function nextSyncStep(world: World): SyncStep | null {
  const { me, config, postgres, memory, learned } = world;
  const { sql } = postgres;
  if (sql === null) return null;
  const names = learned.standbyNames ?? sql.synchronousStandbyNames;
  const sync = syncStateOf(world);
  if (!isPrimary(world)) return planPromotion({ me: me.name, sync, names, config });
  // After one change of names nothing new is known until the server has been looked at again.
  if (learned.standbyNames !== null) return null;
  return planSync({
    me: me.name,
    sync,
    members: clusterOf(world).members,
    sql,
    config,
    memory: memory.sync,
    isOverriding: memory.isOverridingStandbyNames,
  });
}

/** How soon to look again, in milliseconds, where a step waits for standbys to catch up. */
export const syncWaitMs = 250;
