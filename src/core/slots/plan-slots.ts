// Decides what one turn does to the slots of this member. Nothing is dropped that is in use, that the user asked to
// ignore, or that the server keeps by itself, and nothing at all in pause or while nobody leads. A logical slot is
// made from nothing by the holder of the leader key only; the others copy it.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Role } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { DesiredSlotSet } from './desired-slot.ts';
import { unreadableNames } from './configured-slots.ts';
import type { DropRights } from './drop-rights.ts';
import { dropRights } from './drop-rights.ts';
import { planLogicalOnPrimary } from './plan-logical-primary.ts';
import { planLogicalOnReplica } from './plan-logical-replica.ts';
import { planPhysicalSlots } from './plan-physical-slots.ts';
import { planUnknownLogical } from './plan-unknown-logical.ts';
import type { SlotInfo } from './slot-info.ts';
import type { SlotPlan } from './slot-plan.ts';
import { joinPlans } from './slot-plan.ts';

export interface SlotsSnapshot {
  readonly me: { readonly name: string; readonly role: Role };
  /** As the server says, whatever the role. */
  readonly isInRecovery: boolean;
  /** Whether this member's lease was proven in this turn. */
  readonly hasLeaderKey: boolean;
  /** Who has the leader key; null: nobody. */
  readonly leaderName: string | null;
  readonly desired: DesiredSlotSet;
  /** All slots of this server that are not temporary. */
  readonly existing: readonly SlotInfo[];
  /** Flushed by a primary, replayed by a standby: no slot can be moved beyond it. Null: not known. */
  readonly localLsn: Lsn | null;
  /**
   * Whether this standby streams what the leader writes. Else it may have a history of its own, on which a position of
   * the leader's is another place.
   */
  readonly isStreamingFromLeader: boolean;
  /** Unknown logical slots that have been seen for long enough to be dropped, by `droppableUnknown`. */
  readonly droppableUnknown: ReadonlySet<string>;
  readonly config: Pick<GlobalConfig, 'isPaused' | 'ignoreSlots' | 'permanentSlots'>;
}

/** The plan; it is empty once the slots are those that should be. */
export function planSlots(snapshot: SlotsSnapshot): SlotPlan {
  const rights = dropRights(snapshot);
  const unreadable = unreadableNames(snapshot.config.permanentSlots);
  return joinPlans([
    planUnknownLogical(snapshot, unreadable, rights),
    planPhysical(snapshot, unreadable),
    planLogical(snapshot, rights),
  ]);
}

function planLogical(snapshot: SlotsSnapshot, rights: DropRights): Partial<SlotPlan> {
  const { isInRecovery, hasLeaderKey, desired, existing } = snapshot;
  // A primary without the key is about to stop being one.
  if (!isInRecovery && !hasLeaderKey) return {};
  const rows = new Map(existing.map((row) => [row.name, row]));
  return joinPlans(
    [...desired.logical.values()].map((slot) => {
      const row = rows.get(slot.name);
      return isInRecovery
        ? planLogicalOnReplica(slot, row, snapshot, rights)
        : planLogicalOnPrimary(slot, row, rights);
    }),
  );
}

/** Slots whose name is wanted for a logical one are none of its business. */
function planPhysical(snapshot: SlotsSnapshot, unreadable: ReadonlySet<string>): Partial<SlotPlan> {
  const { me, desired, leaderName, localLsn, config, existing } = snapshot;
  const steps = planPhysicalSlots({
    me,
    desired: desired.physical,
    existing: existing.filter(({ name }) => !desired.logical.has(name)),
    // Nothing is dropped where nobody leads, nor by a primary that others have passed by.
    leaderName: snapshot.isInRecovery || snapshot.hasLeaderKey ? leaderName : null,
    localLsn,
    config: {
      ...config,
      permanentSlots: Object.fromEntries([...unreadable].map((name) => [name, null])),
    },
  });
  return { steps };
}
