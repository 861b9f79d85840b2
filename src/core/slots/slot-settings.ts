// Settings for slots that Patroni does not have, from the dynamic configuration.

import { readInteger } from '#core/config/patroni/read-value.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';

export type WalBudget =
  | { readonly kind: 'bytes'; readonly bytes: bigint }
  /** Of the volume that holds the WAL. */
  | { readonly kind: 'percent'; readonly percent: number };

export interface SlotSettings {
  /** `member_slots_wal_budget`, for example `20%` or `50GB`: WAL kept for one absent member. Null: no limit. */
  readonly walBudget: WalBudget | null;
  /** `slot_copy_interval`: seconds between two restarts of a replica for copying the same slot. */
  readonly copyIntervalMs: number;
  /** `unknown_slots_grace`: seconds for which a primary keeps a logical slot that no setting asks for. */
  readonly unknownGraceMs: number;
}

const defaultCopyIntervalSeconds = 3600;
const defaultGraceSeconds = 60;

export function readSlotSettings(dynamic: JsonObject): SlotSettings {
  const milliseconds = (key: string, fallback: number): number =>
    Math.max(0, readInteger(dynamic[key], 's') ?? fallback) * 1000;
  return {
    walBudget: readWalBudget(dynamic['member_slots_wal_budget']),
    copyIntervalMs: milliseconds('slot_copy_interval', defaultCopyIntervalSeconds),
    unknownGraceMs: milliseconds('unknown_slots_grace', defaultGraceSeconds),
  };
}

/** Null for nothing, for 0, and for what is no amount: WAL is thrown away for a number only. */
export function readWalBudget(value: JsonValue | undefined): WalBudget | null {
  const [, digits] = typeof value === 'string' ? (/^\s*(\d{1,3})\s*%\s*$/u.exec(value) ?? []) : [];
  if (digits !== undefined) {
    const percent = Number(digits);
    return percent > 0 && percent <= 100 ? { kind: 'percent', percent } : null;
  }
  const bytes = readInteger(value, 'B');
  return bytes === null || bytes <= 0 || !Number.isSafeInteger(bytes)
    ? null
    : { kind: 'bytes', bytes: BigInt(bytes) };
}
