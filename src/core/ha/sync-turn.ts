// The next step of a leader towards the synchronous state, from the world of a turn. A primary plans for its
// standbys; a leader about to be promoted first sees that nothing acknowledged can be lost by it.

import type { SyncState } from '#core/dcs/cluster.ts';
import { planPromotion } from '#core/sync/plan-promotion.ts';
import type { SyncInput, SyncStep } from '#core/sync/plan-sync.ts';
import { isWaitingForNobody, planSync } from '#core/sync/plan-sync.ts';
import { clusterOf, isPrimary } from './look.ts';
import type { SqlFacts } from './postgres-facts.ts';
import type { World } from './world.ts';

/** The key as this turn left it. */
function syncStateOf(world: World): SyncState {
  return world.learned.syncState ?? clusterOf(world).sync;
}

function inputOf(world: World, sql: SqlFacts): SyncInput {
  const { me, config, memory } = world;
  return {
    me: me.name,
    sync: syncStateOf(world),
    members: clusterOf(world).members,
    sql,
    config,
    memory: memory.sync,
    isOverriding: memory.isOverridingStandbyNames,
  };
}

/** Commits wait for standbys that are not there. */
export function waitsForNobody(world: World): boolean {
  const { sql } = world.postgres;
  return sql !== null && isPrimary(world) && isWaitingForNobody(inputOf(world, sql));
}

/** Null where nothing is to be done. `wait`: look again soon, nothing can be done now. */
export function nextSyncStep(world: World): SyncStep | null {
  const { me, config, postgres, learned } = world;
  const { sql } = postgres;
  if (sql === null) return null;
  const names = learned.standbyNames ?? sql.synchronousStandbyNames;
  const sync = syncStateOf(world);
  if (!isPrimary(world)) return planPromotion({ me: me.name, sync, names, config });
  // After one change of names nothing new is known until the server has been looked at again.
  if (learned.standbyNames !== null) return null;
  return planSync(inputOf(world, sql));
}

/** How soon to look again, in milliseconds, where a step waits for standbys to catch up. */
export const syncWaitMs = 250;
