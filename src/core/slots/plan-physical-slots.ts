// Decides what to do so that the physical slots of members are those that should be. Slots that are in use, that
// the user asked to ignore, or that are logical are never dropped, and in pause or while nobody leads no slot
// is.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import { isIgnoredSlot } from './ignored-slots.ts';
import type { DesiredSlot, DesiredSlots, SlotOwner } from './member-slots.ts';
import type { SlotStep } from './slot-step.ts';

type Row = Pick<
  PhysicalSlotRow,
  'name' | 'type' | 'isActive' | 'restartLsn' | 'walStatus' | 'database' | 'plugin'
> & { readonly xmin: string | number | null };

export interface SlotPlanInput {
  readonly me: Pick<SlotOwner, 'name' | 'role'>;
  readonly desired: DesiredSlots;
  /** All slots of this server that are not temporary. */
  readonly existing: readonly Row[];
  /** Who has the leader key; null: nobody. */
  readonly leaderName: string | null;
  /** Flushed by a primary, replayed by a standby: no slot can be moved beyond it. Null: not known. */
  readonly localLsn: Lsn | null;
  readonly config: Pick<GlobalConfig, 'isPaused' | 'ignoreSlots' | 'permanentSlots'>;
}

/** The steps, each with its reason; none of them needs another one to have worked. */
export function planPhysicalSlots(input: SlotPlanInput): readonly SlotStep[] {
  const rows = new Map(input.existing.map((row) => [row.name, row]));
  const unknown = input.existing.filter(({ name }) => !input.desired.has(name));
  return [
    ...unknown.flatMap((row) => dropUnknown(row, input)),
    ...[...input.desired.values()].flatMap((slot) => {
      const row = rows.get(slot.name);
      return row === undefined ? [create(slot.name)] : correct(slot, row, input);
    }),
  ];
}

function dropUnknown(row: Row, input: SlotPlanInput): readonly SlotStep[] {
  const isPermanent = Object.hasOwn(input.config.permanentSlots, row.name);
  if (isPermanent || !mayDrop(row, input)) return [];
  return [{ kind: 'drop', name: row.name, why: 'no member and no setting asks for this slot' }];
}

/** A slot that is wanted and there: made anew where it can't serve any more, or moved on. */
function correct(slot: DesiredSlot, row: Row, input: SlotPlanInput): readonly SlotStep[] {
  if (row.type !== 'physical') return [];
  const problem = problemOf(slot, row, input);
  if (problem !== null) {
    if (!mayDrop(row, input)) return [];
    return [{ kind: 'drop', name: row.name, why: problem }, create(row.name)];
  }
  if (slot.isExpectedActive !== false || row.isActive || row.xmin !== null) return [];
  const to = leastOf(slot.lsn, input.localLsn);
  if (to === null || row.restartLsn === null || to <= row.restartLsn) return [];
  const why = `its member needs nothing before ${formatLsn(to)}`;
  return [{ kind: 'advance-physical', name: row.name, to, why }];
}

function problemOf(slot: DesiredSlot, row: Row, input: SlotPlanInput): string | null {
  if (row.walStatus === 'lost') return 'the WAL it should have kept is lost';
  if (row.xmin !== null) {
    const isUnused = slot.isExpectedActive === false && mayCleanUp(input);
    return isUnused
      ? `nobody streams from it here, and its xmin ${row.xmin} holds vacuum back`
      : null;
  }
  return row.restartLsn === null && slot.isExpectedActive !== true
    ? 'it has no restart_lsn, so somebody else made it and it keeps no WAL'
    : null;
}

/** A leader still in recovery is about to be promoted, and its slots about to be used. */
function mayCleanUp({ me, leaderName }: SlotPlanInput): boolean {
  return leaderName !== me.name || me.role === 'primary' || me.role === 'standby_leader';
}

function mayDrop(row: Row, { config, leaderName }: SlotPlanInput): boolean {
  return (
    row.type === 'physical' &&
    !row.isActive &&
    !config.isPaused &&
    leaderName !== null &&
    !isIgnoredSlot(row, config.ignoreSlots)
  );
}

function create(name: string): SlotStep {
  return { kind: 'create-physical', name, why: 'a member needs WAL kept for it here' };
}

function leastOf(one: Lsn | null, other: Lsn | null): Lsn | null {
  if (one === null || other === null) return null;
  return one < other ? one : other;
}
