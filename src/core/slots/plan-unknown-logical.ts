// Decides about logical slots that nobody asks for here, and about those that stand where another kind is wanted.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { unreadableNames } from './configured-slots.ts';
import type { DesiredLogicalSlot, DesiredPhysicalSlot } from './desired-slot.ts';
import type { DropRights } from './drop-rights.ts';
import { describe } from './plan-logical-primary.ts';
import type { SlotInfo } from './slot-info.ts';
import type { SlotPlan } from './slot-plan.ts';
import { joinPlans } from './slot-plan.ts';

interface Snapshot {
  readonly me: { readonly name: string };
  readonly isInRecovery: boolean;
  readonly hasLeaderKey: boolean;
  readonly desired: {
    readonly physical: ReadonlyMap<string, DesiredPhysicalSlot>;
    readonly logical: ReadonlyMap<string, DesiredLogicalSlot>;
  };
  readonly existing: readonly SlotInfo[];
  readonly droppableUnknown: ReadonlySet<string>;
}

/** `unreadable`: names that the configuration has but says nonsense of; these slots are left alone. */
export function planUnknownLogical(
  snapshot: Snapshot,
  unreadable: ReadonlySet<string>,
  mayNotDrop: DropRights,
): Partial<SlotPlan> {
  const unknown = new Set(unknownAmong(snapshot, unreadable));
  return joinPlans(
    snapshot.existing
      .filter(({ type }) => type === 'logical')
      .map((row) => {
        const why = unreadable.has(row.name) ? null : reasonToDrop(row, snapshot, unknown);
        if (why === null || mayNotDrop(row) !== null) return {};
        const drop = { kind: 'drop', name: row.name, why } as const;
        if (!snapshot.desired.physical.has(row.name)) return { steps: [drop] };
        const create = { kind: 'create-physical', name: row.name, why } as const;
        return { steps: [drop, create] };
      }),
  );
}

/** Names of logical slots that nobody asks for, whether or not they may be dropped. */
export function unknownLogical(
  snapshot: Pick<Snapshot, 'desired' | 'existing'>,
  permanentSlots: JsonObject,
): readonly string[] {
  return unknownAmong(snapshot, unreadableNames(permanentSlots));
}

function unknownAmong(
  { desired, existing }: Pick<Snapshot, 'desired' | 'existing'>,
  unreadable: ReadonlySet<string>,
): readonly string[] {
  return existing
    .filter(({ type, isFailover }) => type === 'logical' && !isFailover)
    .map(({ name }) => name)
    .filter(
      (name) => !desired.logical.has(name) && !desired.physical.has(name) && !unreadable.has(name),
    );
}

function reasonToDrop(
  row: SlotInfo,
  snapshot: Snapshot,
  unknown: ReadonlySet<string>,
): string | null {
  const { desired, isInRecovery, hasLeaderKey, droppableUnknown } = snapshot;
  if (row.isFailover) {
    // The server makes no copy of the primary's slot where one of its own has the name.
    const isFormerPrimary = isInRecovery && !hasLeaderKey && !row.isSynced;
    return isFormerPrimary ? 'it has failover=true and synced=false' : null;
  }
  if (desired.physical.has(row.name)) {
    return `its value is changing from ${describe(row)} to physical`;
  }
  if (!unknown.has(row.name)) return null;
  // A leader still in recovery is about to be promoted, and its slots about to be used.
  if (isInRecovery && hasLeaderKey) return null;
  // On a primary a consumer may just have made it, to attach to it in a moment.
  if (!isInRecovery && !droppableUnknown.has(row.name)) return null;
  return 'no setting asks for this slot';
}
