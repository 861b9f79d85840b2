// Decides about permanent logical slots on the holder of the leader key. One that its consumer knew and that is lost is
// told, and made anew only where the configuration says so: its consumer would miss what lies between.

import { formatLsn } from '#core/postgres/lsn.ts';
import { compareSlots } from './compare-slots.ts';
import type { DesiredLogicalSlot } from './desired-slot.ts';
import type { DropRights } from './drop-rights.ts';
import type { SlotInfo } from './slot-info.ts';
import { invalidationOf } from './slot-info.ts';
import type { SlotPlan } from './slot-plan.ts';
import type { SlotReport } from './slot-report.ts';
import type { CreateLogicalStep, SlotStep } from './slot-step.ts';

/** About one of them; `row` is what the server has by its name. */
export function planLogicalOnPrimary(
  slot: DesiredLogicalSlot,
  row: SlotInfo | undefined,
  mayNotDrop: DropRights,
): Partial<SlotPlan> {
  if (row === undefined) return planMissing(slot);
  if (!compareSlots({ ...slot, type: 'logical' }, row)) return planMismatch(slot, row, mayNotDrop);
  const invalidation = invalidationOf(row);
  return invalidation === null ? {} : planLost(slot, row, invalidation, mayNotDrop);
}

/** Whether its consumer ever had a position shows in what was published of it, by whichever leader. */
function planMissing(slot: DesiredLogicalSlot): Partial<SlotPlan> {
  if (slot.lsn === null) {
    return { create: [create(slot, 'it is configured and its consumer has no position yet')] };
  }
  if (slot.isRecreatedWhenLost) {
    return {
      create: [create(slot, 'this primary does not have it, and recreate_when_lost is set')],
      reports: [
        report(
          'warning',
          'missing',
          slot.name,
          `is made anew: its consumer misses what was committed after ${formatLsn(slot.lsn)}`,
        ),
      ],
    };
  }
  return {
    reports: [
      report(
        'error',
        'missing',
        slot.name,
        `is not on this primary, and its consumer has confirmed up to ${formatLsn(slot.lsn)} only: a new slot would ` +
          `skip what was committed since. ${remedy(slot)}`,
      ),
    ],
    lostPositions: new Map([[slot.name, slot.lsn]]),
  };
}

function planLost(
  slot: DesiredLogicalSlot,
  row: SlotInfo,
  invalidation: string,
  mayNotDrop: DropRights,
): Partial<SlotPlan> {
  const obstacle = slot.isRecreatedWhenLost ? mayNotDrop(row) : null;
  const position = row.confirmedFlushLsn ?? slot.lsn;
  const lostPositions = new Map(position === null ? [] : [[slot.name, position] as const]);
  const at = position === null ? '' : ` Its consumer has confirmed up to ${formatLsn(position)}.`;
  if (slot.isRecreatedWhenLost && obstacle === null) {
    return {
      steps: [drop(slot.name, `it is lost (${invalidation}), and recreate_when_lost is set`)],
      create: [create(slot, 'the one before it was lost')],
      reports: [
        report('warning', 'lost', slot.name, `is lost (${invalidation}) and made anew.${at}`),
      ],
    };
  }
  const next = obstacle === null ? remedy(slot) : `It is not made anew as long as ${obstacle}.`;
  return {
    reports: [report('error', 'lost', slot.name, `is lost: ${invalidation}.${at} ${next}`)],
    lostPositions,
  };
}

function planMismatch(
  slot: DesiredLogicalSlot,
  row: SlotInfo,
  mayNotDrop: DropRights,
): Partial<SlotPlan> {
  const change = `from ${describe(row)} to ${describe({ ...slot, type: 'logical' })}`;
  const obstacle = mayNotDrop(row);
  if (obstacle === null) {
    return {
      steps: [drop(slot.name, `its value is changing ${change}`)],
      create: [create(slot, `its value is changing ${change}`)],
    };
  }
  return {
    reports: [
      report('warning', 'mismatch', slot.name, `can't change ${change} as long as ${obstacle}`),
    ],
  };
}

export function describe(slot: Pick<SlotInfo, 'type' | 'database' | 'plugin'>): string {
  return slot.type === 'physical' ? 'physical' : `logical (${slot.database}, ${slot.plugin})`;
}

function remedy({ name, plugin }: DesiredLogicalSlot): string {
  return (
    'Once its consumer has been brought up to date some other way, create it by hand with ' +
    `pg_create_logical_replication_slot('${name}', '${plugin}'), or set recreate_when_lost for it in \`slots\`.`
  );
}

function drop(name: string, why: string): SlotStep {
  return { kind: 'drop', name, why };
}

function create(slot: DesiredLogicalSlot, why: string): CreateLogicalStep {
  const { name, database, plugin, isFailover } = slot;
  return { kind: 'create-logical', name, database, plugin, isFailover, why };
}

function report(
  level: SlotReport['level'],
  code: SlotReport['code'],
  slot: string,
  rest: string,
): SlotReport {
  return { level, code, slot, message: `Permanent logical replication slot '${slot}' ${rest}` };
}
