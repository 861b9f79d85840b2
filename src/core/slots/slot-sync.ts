// Decides whether the server itself has to take slots over from the primary: where a permanent logical slot asks for it,
// and this member streams from the primary and keeps logical slots at all.

import type { Tags } from '#core/config/patroni/global-config.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import { readConfiguredSlots } from './configured-slots.ts';
import { firstWithFailoverSlots, type SlotConfig } from './desired-slots.ts';

/** Whether a permanent logical slot of this cluster is to be kept on standbys by the servers themselves. */
export function hasSlotsOfServer(
  { permanentSlots, isUsingSlots, standbyCluster }: SlotConfig,
  serverVersion: number,
): boolean {
  if (serverVersion < firstWithFailoverSlots || !isUsingSlots || standbyCluster !== null) {
    return false;
  }
  const { slots } = readConfiguredSlots(permanentSlots);
  return slots.some((slot) => slot.type === 'logical' && slot.isFailover);
}

/** Whether `sync_replication_slots` is to be on whatever is configured. `serverVersion` for example 170012. */
export function isSlotSyncNeeded(
  { nofailover, nostream, replicatefrom }: Tags,
  config: SlotConfig,
  serverVersion: number,
): boolean {
  // The server takes them from a primary only, and complains every few seconds of an upstream that is none.
  const isFollowingPrimary = !nofailover && !nostream && replicatefrom === null;
  return isFollowingPrimary && hasSlotsOfServer(config, serverVersion);
}

/** Whether a standby has slots that it keeps as copies of the primary's by itself; null where that is not known. */
export function hasSyncedSlots({ sql }: Pick<PostgresFacts, 'sql'>): boolean | null {
  if (sql === null || !sql.isInRecovery) return null;
  return sql.slots.some(({ isFailover, isSynced }) => isFailover === true && isSynced === true);
}
