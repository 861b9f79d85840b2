// Decides how much WAL is kept for a member that is away: up to the budget, with a warning before it is reached. Beyond
// it the slot is given up, so that the primary does not fill its disk, and the member has to be cloned when it returns.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { DesiredPhysicalSlot, DesiredSlotSet } from './desired-slot.ts';
import type { SlotInfo } from './slot-info.ts';
import type { SlotReport } from './slot-report.ts';
import type { WalBudget } from './slot-settings.ts';

export interface BudgetInput {
  readonly budget: WalBudget | null;
  /** Size of the volume that holds the WAL; null where it is not known, and a share of it is no limit then. */
  readonly volumeBytes: bigint | null;
  readonly physical: ReadonlyMap<string, DesiredPhysicalSlot>;
  readonly existing: readonly SlotInfo[];
}

export interface BudgetVerdict {
  /** Slots of absent members that are to be kept no more, with what they had. */
  readonly givenUp: ReadonlyMap<string, Lsn | null>;
  readonly reports: readonly SlotReport[];
}

/** The share of the budget from which on there is a warning. */
const warnFromPercent = 80n;

/** What the budget is in bytes; null where there is none. */
export function budgetBytes(budget: WalBudget | null, volumeBytes: bigint | null): bigint | null {
  if (budget === null) return null;
  if (budget.kind === 'bytes') return budget.bytes;
  return volumeBytes === null ? null : (volumeBytes * BigInt(budget.percent)) / 100n;
}

/** Slots in use, of members that are there and of the configuration are never given up. */
export function judgeWalBudget(input: BudgetInput): BudgetVerdict {
  const limit = budgetBytes(input.budget, input.volumeBytes);
  const givenUp = new Map<string, Lsn | null>();
  const reports: SlotReport[] = [];
  if (limit === null) return { givenUp, reports };
  for (const row of input.existing) {
    const kept = row.retainedBytes;
    const isAbsent = input.physical.get(row.name)?.source === 'retained' && !row.isActive;
    if (!isAbsent || row.type !== 'physical' || kept === null) continue;
    const isOver = kept > limit;
    if (isOver) givenUp.set(row.name, row.restartLsn);
    else if (kept * 100n < limit * warnFromPercent) continue;
    reports.push({
      level: 'warning',
      code: 'wal-budget',
      slot: row.name,
      message: isOver
        ? `Replication slot '${row.name}' of an absent member is given up: it kept more WAL than the ` +
          `${limit} bytes of member_slots_wal_budget. The member has to be cloned when it returns`
        : `Replication slot '${row.name}' of an absent member keeps most of the ${limit} bytes of WAL that ` +
          'member_slots_wal_budget allows, and will be given up. Start the member, or allow more',
    });
  }
  return { givenUp, reports };
}

/** The slots that are to be without those given up. */
export function withoutGivenUp<Set extends DesiredSlotSet>(
  desired: Set,
  givenUp: Pick<ReadonlyMap<string, unknown>, 'has'>,
): Set {
  const physical = [...desired.physical].filter(
    ([name, { source }]) => source !== 'retained' || !givenUp.has(name),
  );
  return { ...desired, physical: new Map(physical) };
}
