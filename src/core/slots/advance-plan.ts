// How far a logical slot of a standby may be moved: to what its consumer has confirmed to the primary, as far as this
// server has replayed it, and never back.

import { formatLsn } from '#core/postgres/lsn.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { DesiredLogicalSlot } from './desired-slot.ts';
import type { SlotInfo } from './slot-info.ts';
import type { AdvanceLogicalStep } from './slot-step.ts';

/** Where it is to be moved; null where it is to stay. `replayLsn` null: not known, so nothing is moved. */
export function advanceTarget(
  publishedLsn: Lsn | null,
  confirmedFlushLsn: Lsn | null,
  replayLsn: Lsn | null,
): Lsn | null {
  if (publishedLsn === null || confirmedFlushLsn === null || replayLsn === null) return null;
  const target = publishedLsn < replayLsn ? publishedLsn : replayLsn;
  return target > confirmedFlushLsn ? target : null;
}

/** The step for a slot that is there and is the one that is wanted; null where there is nothing to do. */
export function planAdvance(
  desired: Pick<DesiredLogicalSlot, 'name' | 'database' | 'lsn'>,
  slot: Pick<SlotInfo, 'confirmedFlushLsn'>,
  replayLsn: Lsn | null,
): AdvanceLogicalStep | null {
  const to = advanceTarget(desired.lsn, slot.confirmedFlushLsn, replayLsn);
  if (to === null) return null;
  const { name, database } = desired;
  const why = `its consumer needs nothing before ${formatLsn(to)}`;
  return { kind: 'advance-logical', name, database, to, why };
}
