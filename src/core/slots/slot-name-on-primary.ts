// Finds the slot that holds WAL on the primary for a member, which may stream from others in between.

import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Member } from '#core/dcs/cluster.ts';
import { slotNameFromMemberName } from './slot-name.ts';

interface Follower {
  readonly name: string;
  readonly replicatefrom: string | null;
  readonly nostream: boolean;
}

/**
 * The name of the slot of the topmost member on the way to the primary, this member's own where it streams
 * from the primary itself. Null where one on the way does not stream, or where they follow in a circle.
 */
export function slotNameOnPrimary(me: Follower, members: readonly Member[]): string | null {
  const passed = new Set<string>();
  let current = me;
  for (;;) {
    if (current.nostream || passed.has(current.name)) return null;
    passed.add(current.name);
    const from = current.replicatefrom;
    const source = members.find(({ name }) => name === from && name !== current.name);
    if (source === undefined) return slotNameFromMemberName(current.name);
    const { replicatefrom, nostream } = readTags(source.tags).tags;
    current = { name: source.name, replicatefrom, nostream };
  }
}
