// Decides about permanent logical slots on a member in recovery: copied from the primary, moved on with their consumer,
// left alone where the server keeps them by itself.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { planAdvance } from './advance-plan.ts';
import { compareSlots } from './compare-slots.ts';
import type { DesiredLogicalSlot } from './desired-slot.ts';
import type { DropRights } from './drop-rights.ts';
import { isIgnoredSlot } from './ignored-slots.ts';
import { describe } from './plan-logical-primary.ts';
import type { SlotInfo } from './slot-info.ts';
import { invalidationOf } from './slot-info.ts';
import type { SlotPlan } from './slot-plan.ts';
import { joinPlans } from './slot-plan.ts';

interface Snapshot {
  readonly me: { readonly name: string };
  readonly hasLeaderKey: boolean;
  readonly leaderName: string | null;
  readonly localLsn: Lsn | null;
  readonly isStreamingFromLeader: boolean;
  readonly config: Pick<GlobalConfig, 'isPaused' | 'ignoreSlots'>;
}

/** About one of them; `row` is what the server has by its name. */
export function planLogicalOnReplica(
  slot: DesiredLogicalSlot,
  row: SlotInfo | undefined,
  snapshot: Snapshot,
  mayNotDrop: DropRights,
): Partial<SlotPlan> {
  if (slot.isFailover || row?.isFailover === true) return leaveToServer(slot, row);
  if (row === undefined) return copy(slot, snapshot, 'it is not here');
  if (!compareSlots({ ...slot, type: 'logical' }, row)) {
    return replace(slot, row, snapshot, mayNotDrop);
  }
  const invalidation = invalidationOf(row);
  if (invalidation === null) return moveOn(slot, row, snapshot);
  const why = `the one here is lost: ${invalidation}`;
  return isReplaceable(row, snapshot) ? copy(slot, snapshot, why) : {};
}

/** Told once: nothing else would say why such a slot is not copied. */
function leaveToServer(
  { name, isFailover }: DesiredLogicalSlot,
  row: SlotInfo | undefined,
): Partial<SlotPlan> {
  if (isFailover && row === undefined) return {};
  const message =
    `Permanent logical replication slot '${name}' has failover = true, so the server itself keeps it on standbys ` +
    '(sync_replication_slots); it is not copied';
  return { reports: [{ level: 'info', code: 'left-to-server', slot: name, message }] };
}

/**
 * A slot that was asked to be ignored, or that somebody reads, is not overwritten. In pause PostgreSQL is not restarted,
 * and the holder of the leader key is about to be promoted.
 */
function isReplaceable(row: SlotInfo, { config }: Snapshot): boolean {
  return !row.isActive && !isIgnoredSlot(row, config.ignoreSlots);
}

function copy(slot: DesiredLogicalSlot, snapshot: Snapshot, why: string): Partial<SlotPlan> {
  const { me, hasLeaderKey, leaderName, isStreamingFromLeader, config } = snapshot;
  const isFollowing =
    leaderName !== null && leaderName !== me.name && !hasLeaderKey && isStreamingFromLeader;
  // Without a published position the primary has none to give.
  if (!isFollowing || config.isPaused || slot.lsn === null) return {};
  const { name, database, plugin } = slot;
  return { copy: [{ kind: 'copy-logical', name, database, plugin, why }] };
}

function replace(
  slot: DesiredLogicalSlot,
  row: SlotInfo,
  snapshot: Snapshot,
  mayNotDrop: DropRights,
): Partial<SlotPlan> {
  const change = `from ${describe(row)} to ${describe({ ...slot, type: 'logical' })}`;
  const obstacle = mayNotDrop(row);
  if (obstacle !== null) {
    const message = `Replication slot '${slot.name}' can't change ${change} as long as ${obstacle}`;
    return { reports: [{ level: 'warning', code: 'mismatch', slot: slot.name, message }] };
  }
  return joinPlans([
    { steps: [{ kind: 'drop', name: slot.name, why: `its value is changing ${change}` }] },
    copy(slot, snapshot, `its value is changing ${change}`),
  ]);
}

function moveOn(
  slot: DesiredLogicalSlot,
  row: SlotInfo,
  { localLsn, isStreamingFromLeader }: Snapshot,
): Partial<SlotPlan> {
  // Nobody moves it back: on another history its consumer would miss what was committed there.
  const isOfThisHistory = isStreamingFromLeader && !slot.isLostOnLeader;
  const step = isOfThisHistory ? planAdvance(slot, row, localLsn) : null;
  if (step === null) return {};
  if (!row.isActive) return { advance: [step] };
  const message =
    `Replication slot '${slot.name}' is read from this standby, so it can't follow its consumer on the primary; ` +
    'after a failover it may be behind or ahead of it';
  return { reports: [{ level: 'warning', code: 'in-use', slot: slot.name, message }] };
}
