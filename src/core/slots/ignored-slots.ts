// Which slots the user asked us to leave alone, by `ignore_slots`.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';

type Named = Pick<PhysicalSlotRow, 'name' | 'type' | 'database' | 'plugin'>;

/** Whether one of the matchers fits: each of its fields that says something has to. */
export function isIgnoredSlot(slot: Named, matchers: readonly JsonObject[]): boolean {
  return matchers.some(
    (matcher) =>
      [null, undefined, slot.name].includes(matcher['name'] as string | null | undefined) &&
      (['type', 'database', 'plugin'] as const).every(
        (field) => isSilent(matcher[field]) || matcher[field] === slot[field],
      ),
  );
}

function isSilent(value: JsonObject[string] | undefined): boolean {
  return value === undefined || value === null || value === '' || value === false || value === 0;
}
