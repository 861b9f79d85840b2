// Whether two slots are the same as far as their consumers can tell.

import type { SlotType } from './slot-info.ts';

interface Comparable {
  readonly type: SlotType;
  readonly plugin?: string | null;
}

/**
 * Physical ones always are; logical ones where database and plugin are. Databases are compared by name, as the
 * configuration has them, or by OID, as a renamed database stays the same and one made anew does not.
 */
export function compareSlots(
  one: Comparable & { readonly database?: string | null; readonly datoid?: string | null },
  other: Comparable & { readonly database?: string | null; readonly datoid?: string | null },
  by: 'database' | 'datoid' = 'database',
): boolean {
  if (one.type !== other.type) return false;
  if (one.type === 'physical') return true;
  return (
    (one[by] ?? null) === (other[by] ?? null) && (one.plugin ?? null) === (other.plugin ?? null)
  );
}
