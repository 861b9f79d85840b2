// Decides whether a logical slot on a standby is safe to be used after a failover. It is once the primary can't have
// cleaned up rows of its catalog that the slot still needs: the primary's physical slot for this member holds them
// back, has held them back since before the slot here needs them, and reaches to what the slot there held back by
// itself. What is not known never counts as ready.

import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import type { SlotInfo } from './slot-info.ts';
import { isLeftToServer } from './slot-info.ts';
import type { PendingSlot, PendingSlots, PrimarySlots, SlotReadiness } from './slot-readiness.ts';
import type { SlotReport } from './slot-report.ts';
import type { Xid } from './xid.ts';
import { isXidUpTo } from './xid.ts';

export interface ReadinessInput {
  readonly pending: PendingSlots;
  readonly existing: readonly SlotInfo[];
  /** What the primary answered in this turn; null where it was not asked or did not answer. */
  readonly primary: PrimarySlots | null;
  /** The slot there that holds WAL for this member; null: there can be none. */
  readonly physicalSlotName: string | null;
  /** As the server here has hot_standby_feedback; null where it is not known. */
  readonly isFeedbackOn: boolean | null;
}

export interface Readiness {
  readonly pending: PendingSlots;
  /** Of each that was pending and is there: why it is ready now, or is not yet. */
  readonly states: ReadonlyMap<string, SlotReadiness>;
  readonly becameReady: readonly string[];
  readonly reports: readonly SlotReport[];
}

/** Every logical slot of a server that has just started, or that follows another primary: each is to be proven anew. */
export function allPending(existing: readonly SlotInfo[], before: PendingSlots): PendingSlots {
  return new Map(
    existing
      .filter((slot) => slot.type === 'logical' && !slot.isFailover && !isLeftToServer(slot))
      .map(({ name }) => [
        name,
        { primaryCatalogXmin: null, copiedRestartLsn: before.get(name)?.copiedRestartLsn ?? null },
      ]),
  );
}

/** With the slots that were just put in place, each with the restart_lsn its state file has. */
export function withCopied(
  pending: PendingSlots,
  copied: readonly { readonly name: string; readonly restartLsn: Lsn }[],
): PendingSlots {
  return new Map([
    ...pending,
    ...copied.map(
      ({ name, restartLsn }) =>
        [name, { primaryCatalogXmin: null, copiedRestartLsn: restartLsn }] as const,
    ),
  ]);
}

/** What has to be asked of the primary; empty where nothing is pending. */
export function askedOfPrimary(
  pending: PendingSlots,
  physicalSlotName: string | null,
): readonly string[] {
  if (pending.size === 0 || physicalSlotName === null) return [];
  const unknown = [...pending].filter(([, { primaryCatalogXmin }]) => primaryCatalogXmin === null);
  return [physicalSlotName, ...unknown.map(([name]) => name)];
}

/** Ends with what is pending afterwards; a slot that is gone is pending no more. Never throws. */
export function checkReadiness(input: ReadinessInput): Readiness {
  const rows = new Map(input.existing.map((slot) => [slot.name, slot]));
  const pending = new Map<string, PendingSlot>();
  const states = new Map<string, SlotReadiness>();
  const becameReady: string[] = [];
  for (const [name, before] of input.pending) {
    const row = rows.get(name);
    if (row?.type !== 'logical') continue;
    const after = remember(name, before, input);
    const state = judge(row, after, input);
    states.set(name, state);
    if (state.state === 'ready') becameReady.push(name);
    else pending.set(name, after);
  }
  return { pending, states, becameReady, reports: reportsOf(input, pending.size > 0) };
}

/**
 * What the slot holds back on the primary, as it was when the primary first held anything back for us. One that is lost
 * there holds back nothing, whatever catalog_xmin it still shows.
 */
function remember(name: string, before: PendingSlot, { primary }: ReadinessInput): PendingSlot {
  if (before.primaryCatalogXmin !== null || primary === null) return before;
  if (primary.physicalCatalogXmin === null) return before;
  const there = primary.logical.get(name);
  const held = there === undefined || there.invalidation !== null ? null : there.catalogXmin;
  return { ...before, primaryCatalogXmin: held };
}

function judge(row: SlotInfo, pending: PendingSlot, input: ReadinessInput): SlotReadiness {
  const { primary, physicalSlotName } = input;
  if (primary === null || physicalSlotName === null) {
    return { state: 'unchecked', why: 'The primary has not been asked, or has not answered' };
  }
  if (primary.physicalCatalogXmin === null) return waitingForFeedback(input);
  if (pending.primaryCatalogXmin === null) {
    const there = primary.logical.get(row.name);
    const why =
      there === undefined
        ? 'The primary has no such slot'
        : there.invalidation === null
          ? 'The slot on the primary holds back no catalog_xmin'
          : `The primary has lost its slot: ${there.invalidation}`;
    return { state: 'missing-on-primary', why };
  }
  const problem = xminProblem(pending.primaryCatalogXmin, primary.physicalCatalogXmin, row);
  if (problem !== null) return { state: 'catching-up', why: problem };
  return isDecodedHere(row, pending)
    ? { state: 'ready', why: 'It is safe to be used after a failover' }
    : {
        state: 'catching-up',
        why:
          'The snapshots the primary wrote were not copied with it, and it has not been moved here yet from ' +
          (row.restartLsn === null ? 'where it was' : formatLsn(row.restartLsn)),
      };
}

function waitingForFeedback({
  primary,
  physicalSlotName,
  isFeedbackOn,
}: ReadinessInput): SlotReadiness {
  const why =
    primary?.hasPhysicalSlot === false
      ? `The primary has no slot "${physicalSlotName}"`
      : isFeedbackOn === false
        ? 'hot_standby_feedback is off, so the primary may clean up what the slot needs'
        : `The primary's slot "${physicalSlotName}" holds back no catalog_xmin yet`;
  return { state: 'waiting-for-feedback', why };
}

function xminProblem(primaryXmin: Xid, physicalXmin: Xid, row: SlotInfo): string | null {
  if (row.catalogXmin === null) return 'It holds back no catalog_xmin';
  if (!isXidUpTo(physicalXmin, row.catalogXmin)) {
    return `It needs the catalog as of xid ${row.catalogXmin}, and the primary holds back ${physicalXmin} only`;
  }
  return isXidUpTo(primaryXmin, physicalXmin)
    ? null
    : `What the primary holds back, xid ${physicalXmin}, has not come to ${primaryXmin} of its own slot yet`;
}

/** A slot copied without its snapshot has to find one by itself. It has once it was moved beyond where it was copied. */
function isDecodedHere(row: SlotInfo, { copiedRestartLsn }: PendingSlot): boolean {
  if (copiedRestartLsn === null) return true;
  return row.restartLsn !== null && row.restartLsn > copiedRestartLsn;
}

function reportsOf(input: ReadinessInput, isPending: boolean): readonly SlotReport[] {
  const { primary, physicalSlotName, isFeedbackOn } = input;
  if (!isPending || primary === null || physicalSlotName === null) return [];
  const slot = physicalSlotName;
  if (!primary.hasPhysicalSlot) {
    const message = `Physical slot ${slot} does not exist on the primary`;
    return [{ level: 'warning', code: 'no-physical-slot', slot, message }];
  }
  if (primary.physicalCatalogXmin !== null || isFeedbackOn !== false) return [];
  const message =
    'Logical slot failover requires "hot_standby_feedback". Please check postgresql.auto.conf';
  return [{ level: 'error', code: 'no-feedback', slot, message }];
}

/** What is to be told when this member is promoted; null where every slot is safe. */
export function unsafeAfterPromotion(pending: PendingSlots): string | null {
  if (pending.size === 0) return null;
  const names = [...pending.keys()].toSorted().join(', ');
  return `Logical replication slots that might be unsafe to use after promote: ${names}`;
}
