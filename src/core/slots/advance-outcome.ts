// What became of moving a logical slot of a standby on. A failure is judged by what the catalog says afterwards: one
// SQLSTATE stands for a slot that is lost, one that is ahead already, and one of another database.

import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import type { SlotInfo } from './slot-info.ts';
import { invalidationOf } from './slot-info.ts';

/** Only `invalidated` and `wal-missing` call for another copy from the primary. */
export type AdvanceOutcome = 'advanced' | 'already-ahead' | 'invalidated' | 'wal-missing' | 'error';

export interface AdvanceEvent {
  readonly slot: string;
  readonly database: string;
  readonly outcome: AdvanceOutcome;
  /** Where it is now; null where that is not known. */
  readonly at: Lsn | null;
  /** A sentence for people. */
  readonly why: string;
}

export interface AdvanceFailure {
  /** What the server or the connection said. */
  readonly reason: string;
  /** Empty where it was not the server that said it. */
  readonly sqlState: string;
  /** The slot as it is after the attempt; null where there is none. */
  readonly slot: SlotInfo | null;
}

/** `undefined_file`: a segment of WAL that the slot still needs is gone. */
const fileMissing = '58P01';

/** Why an attempt to move a slot to `to` failed. */
export function judgeFailedAdvance(
  to: Lsn,
  { reason, sqlState, slot }: AdvanceFailure,
): Pick<AdvanceEvent, 'outcome' | 'at' | 'why'> {
  if (slot === null) return { outcome: 'error', at: null, why: `There is no such slot: ${reason}` };
  const at = slot.confirmedFlushLsn;
  const invalidation = invalidationOf(slot);
  if (invalidation !== null) {
    return { outcome: 'invalidated', at, why: `The server gave it up: ${invalidation}` };
  }
  if (at !== null && at >= to) {
    return { outcome: 'already-ahead', at, why: `It is at ${formatLsn(at)} already` };
  }
  if (sqlState === fileMissing) {
    return { outcome: 'wal-missing', at, why: `WAL that it needs is gone: ${reason}` };
  }
  return { outcome: 'error', at, why: reason };
}

/** Whether the slot has to be copied from the primary again before it can follow it. */
export function needsCopy(outcome: AdvanceOutcome): boolean {
  return outcome === 'invalidated' || outcome === 'wal-missing';
}
