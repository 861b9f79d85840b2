// Whether a logical slot can be used after a failover to this member, as values.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { Xid } from './xid.ts';

/** From the best to the worst: with the last four somebody has to look at it. */
export const slotStates = [
  'ready',
  'creating',
  'copying',
  'waiting-for-feedback',
  'catching-up',
  'unchecked',
  'missing',
  'missing-on-primary',
  'mismatch',
  'conflicting',
  'lost',
] as const;

export type SlotState = (typeof slotStates)[number];

export interface SlotReadiness {
  readonly state: SlotState;
  /** A sentence for people. */
  readonly why: string;
}

/** A logical slot of a standby that is not yet known to be safe. */
export interface PendingSlot {
  /**
   * Its catalog_xmin on the primary when the primary's physical slot for this member first held one back; null while
   * that is not known.
   */
  readonly primaryCatalogXmin: Xid | null;
  /**
   * Its restart_lsn as it was copied; null where it was not copied but only restarted. The snapshots that the
   * primary wrote there are not copied with it.
   */
  readonly copiedRestartLsn: Lsn | null;
}

export type PendingSlots = ReadonlyMap<string, PendingSlot>;

/** What the primary answered about slots, asked while it was no standby itself. */
export interface PrimarySlots {
  /** The physical slot by which this member, or the one it streams from, holds WAL there; null: there is none. */
  readonly physicalCatalogXmin: Xid | null;
  readonly hasPhysicalSlot: boolean;
  /** Logical ones by name, those asked for that it has. */
  readonly logical: ReadonlyMap<string, PrimaryLogicalSlot>;
}

export interface PrimaryLogicalSlot {
  readonly catalogXmin: Xid | null;
  /** As `invalidationOf` says. */
  readonly invalidation: string | null;
}
