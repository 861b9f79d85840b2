// What a leader publishes of the positions of its slots, so that the others move theirs along.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { compareSlots } from './compare-slots.ts';
import { readConfiguredSlots } from './configured-slots.ts';
import type { SlotInfo } from './slot-info.ts';
import { slotNameFromMemberName } from './slot-name.ts';

export interface ProcessedSlots {
  readonly positions: ReadonlyMap<string, Lsn>;
  /** Names of slots that are others than those known by these names before, or gone: what was known of them is void. */
  readonly changed: readonly string[];
}

/**
 * Positions of the slots in `rows`: what their consumers have confirmed of logical ones, what they keep of physical
 * ones. One that came in place of another one since the turn before has none yet, as its position is another one's.
 */
export function processPermanentSlots(
  rows: readonly SlotInfo[],
  known: ReadonlyMap<string, SlotInfo>,
): ProcessedSlots {
  const positions = new Map<string, Lsn>();
  const present = new Set(rows.map(({ name }) => name));
  const changed = [...known.keys()].filter((name) => !present.has(name));
  for (const row of rows) {
    const before = known.get(row.name);
    if (before !== undefined && !compareSlots(row, before, 'datoid')) {
      changed.push(row.name);
      continue;
    }
    const position = row.type === 'logical' ? row.confirmedFlushLsn : row.restartLsn;
    if (position !== null) positions.set(row.name, position);
  }
  return { positions, changed };
}

export interface PublishedInput {
  readonly me: string;
  readonly positions: ReadonlyMap<string, Lsn>;
  /** Of slots that are lost: `SlotPlan.lostPositions`. */
  readonly lostPositions: ReadonlyMap<string, Lsn>;
  /** Names of the members' slots. */
  readonly memberSlotNames: ReadonlySet<string>;
  readonly lastLsn: Lsn;
  readonly config: Pick<GlobalConfig, 'memberSlotsTtlSeconds' | 'permanentSlots'>;
}

/**
 * What goes to `/status`: our own slot as it is named elsewhere, and without retention of members' slots the permanent
 * ones only.
 */
export function publishedPositions(input: PublishedInput): Readonly<Record<string, Lsn>> {
  const { me, positions, lostPositions, memberSlotNames, lastLsn, config } = input;
  const all = new Map([
    ...positions,
    ...lostPositions,
    [slotNameFromMemberName(me), lastLsn] as const,
  ]);
  if (config.memberSlotsTtlSeconds > 0) return Object.fromEntries(all);
  const permanent = new Set(
    readConfiguredSlots(config.permanentSlots)
      .slots.filter(({ type, name }) => type === 'physical' || !memberSlotNames.has(name))
      .map(({ name }) => name),
  );
  return Object.fromEntries([...all].filter(([name]) => permanent.has(name)));
}
