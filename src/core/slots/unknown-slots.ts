// Since when logical slots that no setting asks for are seen. On a primary they stay for some time: a subscription makes
// its slot before it attaches to it.

import type { SlotInfo } from './slot-info.ts';

/** Milliseconds on a clock that never goes back, by name. */
export type UnknownSince = ReadonlyMap<string, number>;

/** Time counts from when a slot was first seen unknown and without a consumer. */
export function trackUnknown(
  before: UnknownSince,
  unknown: readonly string[],
  existing: readonly Pick<SlotInfo, 'name' | 'isActive'>[],
  nowMs: number,
): UnknownSince {
  const active = new Set(existing.filter(({ isActive }) => isActive).map(({ name }) => name));
  return new Map(
    unknown
      .filter((name) => !active.has(name))
      .map((name) => [name, before.get(name) ?? nowMs] as const),
  );
}

/** Those that have been unknown for long enough to be dropped. */
export function droppableUnknown(
  since: UnknownSince,
  graceMs: number,
  nowMs: number,
): ReadonlySet<string> {
  return new Set(
    [...since].filter(([, sinceMs]) => nowMs - sinceMs >= graceMs).map(([name]) => name),
  );
}
