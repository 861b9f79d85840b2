// What is shown of each slot: what it is for, whether it can be relied on, and what it costs. The same values go to
// `/patroni`, `/metrics` and the member's key.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { compareSlots } from './compare-slots.ts';
import type { DesiredLogicalSlot, DesiredSlotSet } from './desired-slot.ts';
import type { SlotInfo } from './slot-info.ts';
import { invalidationOf } from './slot-info.ts';
import type { SlotReadiness, SlotState } from './slot-readiness.ts';

export interface SlotSummary extends SlotReadiness {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly database: string | null;
  readonly plugin: string | null;
  /** Who asks for it; `server`: PostgreSQL keeps it by itself; `unknown`: nobody. */
  readonly source: 'member' | 'retained' | 'permanent' | 'server' | 'unknown';
  readonly isActive: boolean;
  readonly restartLsn: Lsn | null;
  readonly confirmedFlushLsn: Lsn | null;
  readonly retainedBytes: bigint | null;
  /** How far a logical one is behind what its consumer has confirmed to the primary; null where it is not known. */
  readonly lagBytes: bigint | null;
}

export interface SummaryInput {
  readonly isInRecovery: boolean;
  readonly desired: DesiredSlotSet;
  readonly existing: readonly SlotInfo[];
  /** Of slots that are not proven yet: `Readiness.states`. */
  readonly unproven: ReadonlyMap<string, SlotReadiness>;
  /** Slots that are being created, or copied, now. */
  readonly inProgress: ReadonlySet<string>;
}

/** By name; those that should be and are not included. */
export function summarizeSlots(input: SummaryInput): readonly SlotSummary[] {
  const { desired, existing } = input;
  const rows = new Map(existing.map((row) => [row.name, row]));
  const names = new Set([...rows.keys(), ...desired.physical.keys(), ...desired.logical.keys()]);
  return [...names].toSorted().map((name) => summaryOf(name, rows.get(name), input));
}

function summaryOf(name: string, row: SlotInfo | undefined, input: SummaryInput): SlotSummary {
  const logical = input.desired.logical.get(name);
  const wanted = logical?.lsn ?? null;
  const confirmed = row?.confirmedFlushLsn ?? null;
  const lag = wanted === null || confirmed === null ? null : wanted - confirmed;
  return {
    name,
    type: row?.type ?? (logical === undefined ? 'physical' : 'logical'),
    database: row?.database ?? logical?.database ?? null,
    plugin: row?.plugin ?? logical?.plugin ?? null,
    source: sourceOf(name, row, input.desired),
    ...readinessOf(name, row, input),
    isActive: row?.isActive ?? false,
    restartLsn: row?.restartLsn ?? null,
    confirmedFlushLsn: confirmed,
    retainedBytes: row?.retainedBytes ?? null,
    lagBytes: lag !== null && lag < 0n ? 0n : lag,
  };
}

function sourceOf(
  name: string,
  row: SlotInfo | undefined,
  desired: DesiredSlotSet,
): SlotSummary['source'] {
  const physical = desired.physical.get(name);
  if (physical !== undefined) return physical.source;
  if (desired.logical.has(name)) return 'permanent';
  return row?.isFailover === true ? 'server' : 'unknown';
}

function readinessOf(
  name: string,
  row: SlotInfo | undefined,
  { desired, isInRecovery, unproven, inProgress }: SummaryInput,
): SlotReadiness {
  const logical = desired.logical.get(name);
  if (row === undefined) return missing(logical, isInRecovery, inProgress.has(name));
  const isWanted =
    logical === undefined
      ? row.type === 'physical' || !desired.physical.has(name)
      : compareSlots({ ...logical, type: 'logical' }, row);
  if (!isWanted) {
    return { state: 'mismatch', why: 'Another slot of this name is here than the one configured' };
  }
  if (isInRecovery && row.isFailover && !row.isSynced) {
    const why =
      'It is of the time this was the primary, and keeps PostgreSQL from copying the present one';
    return { state: 'mismatch', why };
  }
  const invalidation = invalidationOf(row);
  if (invalidation !== null) {
    const state = row.isConflicting && row.walStatus !== 'lost' ? 'conflicting' : 'lost';
    return { state, why: `PostgreSQL has invalidated it: ${invalidation}` };
  }
  const proof = unproven.get(name);
  if (proof !== undefined) return proof;
  return row.type === 'logical' && row.confirmedFlushLsn === null
    ? { state: 'creating', why: 'It is being created: that waits for the transactions that run' }
    : { state: 'ready', why: 'It can be used' };
}

function missing(
  logical: DesiredLogicalSlot | undefined,
  isInRecovery: boolean,
  isInProgress: boolean,
): SlotReadiness {
  if (logical === undefined) return { state: 'missing', why: 'It has not been created yet' };
  if (isInProgress) {
    return isInRecovery
      ? { state: 'copying', why: 'It is being copied from the primary' }
      : { state: 'creating', why: 'It is being created: that waits for the transactions that run' };
  }
  if (logical.isFailover && isInRecovery) {
    return { state: 'missing', why: 'PostgreSQL itself is to copy it from the primary' };
  }
  if (logical.lsn === null) {
    const why = isInRecovery
      ? 'The primary publishes no position of it yet'
      : 'It has not been created yet';
    return { state: isInRecovery ? 'missing-on-primary' : 'missing', why };
  }
  const why = isInRecovery
    ? 'It waits for being copied from the primary'
    : 'It is not on this primary, and a new one would skip what its consumer has not read';
  return { state: 'missing', why };
}

/** For `/patroni`, below `replication_slots`. */
export function slotsDocument(summaries: readonly SlotSummary[]): JsonObject {
  return Object.fromEntries(
    summaries.map((slot) => [
      slot.name,
      {
        type: slot.type,
        ...(slot.type === 'logical' ? { database: slot.database, plugin: slot.plugin } : {}),
        source: slot.source,
        state: slot.state,
        reason: slot.why,
        active: slot.isActive,
        restart_lsn: slot.restartLsn,
        ...(slot.type === 'logical'
          ? { confirmed_flush_lsn: slot.confirmedFlushLsn, lag_bytes: slot.lagBytes }
          : {}),
        retained_bytes: slot.retainedBytes,
      },
    ]),
  );
}

export interface SlotMetric {
  readonly name: string;
  readonly type: 'gauge';
  readonly help: string;
  readonly samples: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number | bigint;
  }[];
}

/** For `/metrics`, one sample a slot, with the labels `slot` and `slot_type`. What is not known has none. */
export function slotMetrics(summaries: readonly SlotSummary[]): readonly SlotMetric[] {
  const gauge = (
    name: string,
    help: string,
    valueOf: (slot: SlotSummary) => number | bigint | null,
  ): SlotMetric => ({
    name: `pg_agent_slot_${name}`,
    type: 'gauge',
    help,
    samples: summaries.flatMap((slot) => {
      const value = valueOf(slot);
      const labels = { slot: slot.name, slot_type: slot.type };
      return value === null ? [] : [{ labels, value }];
    }),
  });
  return [
    gauge(
      'ready',
      '1 if the slot can be relied on, on a standby after a failover to it; 0 otherwise.',
      ({ state }) => (state === 'ready' ? 1 : 0),
    ),
    gauge('active', '1 if somebody reads from the slot, 0 otherwise.', ({ isActive }) =>
      isActive ? 1 : 0,
    ),
    gauge(
      'retained_bytes',
      'Bytes of WAL that are kept because of the slot.',
      (slot) => slot.retainedBytes,
    ),
    gauge(
      'lag_bytes',
      'Bytes by which a logical slot is behind what its consumer has confirmed to the primary.',
      ({ lagBytes }) => lagBytes,
    ),
  ];
}

/** Slots others should know not to rely on here: permanent logical ones that are not ready. */
export function unreadySlots(
  summaries: readonly SlotSummary[],
): Readonly<Record<string, SlotState>> {
  return Object.fromEntries(
    summaries
      .filter(
        ({ type, source, state }) =>
          type === 'logical' && source === 'permanent' && state !== 'ready',
      )
      .map(({ name, state }) => [name, state]),
  );
}

/** The member's tags gain this, as tags are all that `patronictl list` shows of its own of a member. */
export function unreadySlotsTag(summaries: readonly SlotSummary[]): JsonObject {
  const unready = Object.entries(unreadySlots(summaries));
  if (unready.length === 0) return {};
  return { unready_slots: unready.map(([name, state]) => `${name} ${state}`).join(', ') };
}
