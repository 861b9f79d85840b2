// What the server says of one of its replication slots, as it was at one moment.

import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { Xid } from './xid.ts';
import { parseXid } from './xid.ts';

export type SlotType = 'physical' | 'logical';

export interface SlotInfo {
  readonly name: string;
  readonly type: SlotType;
  /** Null for a physical one, as are plugin and datoid. */
  readonly database: string | null;
  readonly plugin: string | null;
  readonly datoid: string | null;
  readonly isActive: boolean;
  readonly restartLsn: Lsn | null;
  /** What its consumer has confirmed; null for a physical one. */
  readonly confirmedFlushLsn: Lsn | null;
  readonly xmin: Xid | null;
  readonly catalogXmin: Xid | null;
  /** `reserved`, `extended`, `unreserved` or `lost`; null where it keeps no WAL yet. */
  readonly walStatus: string | null;
  /** From 16 on; false before. */
  readonly isConflicting: boolean;
  /** From 17 on, for example `wal_removed`; null where it is valid. */
  readonly invalidationReason: string | null;
  /** From 17 on: whether the server itself keeps it on standbys; false before. */
  readonly isFailover: boolean;
  /** From 17 on: whether the server itself keeps this one as a copy of the primary's; false before. */
  readonly isSynced: boolean;
  /** WAL that can't be thrown away because of it, in bytes; null where it keeps none. */
  readonly retainedBytes: bigint | null;
}

/** The slot of a row of the monitoring statement. What is absent of it is not known of an older server. */
export function slotInfoOf(row: PhysicalSlotRow): SlotInfo {
  return {
    name: row.name,
    type: row.type,
    database: row.database,
    plugin: row.plugin,
    datoid: row.datoid ?? null,
    isActive: row.isActive,
    restartLsn: row.restartLsn,
    confirmedFlushLsn: row.confirmedFlushLsn ?? null,
    xmin: parseXid(row.xmin),
    catalogXmin: parseXid(row.catalogXmin),
    walStatus: row.walStatus,
    isConflicting: row.isConflicting ?? false,
    invalidationReason: row.invalidationReason ?? null,
    isFailover: row.isFailover ?? false,
    isSynced: row.isSynced ?? false,
    retainedBytes: row.retainedBytes ?? null,
  };
}

/**
 * Why it can't serve any more, as the catalog has it; null where it can. The text of an error says less: one
 * SQLSTATE stands for a slot that is lost, that is already ahead, and that is asked for in another database.
 */
export function invalidationOf(
  slot: Pick<SlotInfo, 'type' | 'walStatus' | 'isConflicting' | 'invalidationReason'>,
): string | null {
  if (slot.invalidationReason !== null) return slot.invalidationReason;
  if (slot.walStatus === 'lost') return 'wal_removed';
  return slot.isConflicting ? 'conflicting with recovery' : null;
}

/** Whether the server keeps it on standbys by itself, so that nobody else is to touch it. */
export function isLeftToServer(slot: Pick<SlotInfo, 'isFailover' | 'isSynced'>): boolean {
  return slot.isFailover && slot.isSynced;
}
