// Which members that are away still have their slots, as a leader publishes it in `/status`. Times are those of the
// leader's own monotonic clock.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { slotNameFromMemberName } from './slot-name.ts';

/**
 * When each member's slot was last seen with its member, in milliseconds. Null: this process has published
 * nothing since it became the leader, or since it was started while it was.
 */
export type RetainTable = ReadonlyMap<string, number> | null;

export interface Retained {
  readonly table: ReadonlyMap<string, number>;
  /** Sorted; null where there is nothing to retain. */
  readonly retainSlots: readonly string[] | null;
  /** Slots given up now, for the log. */
  readonly expired: readonly { readonly name: string; readonly ageSeconds: number }[];
}

/**
 * Which slots stay for members that are away. The table starts from what was published before, so that neither
 * a failover nor a restart of the leader's agent makes anybody forget them; their time then starts anew.
 */
export function retainSlots(
  table: RetainTable,
  input: {
    readonly me: string;
    readonly cluster: Cluster;
    readonly published: Readonly<Record<string, Lsn>>;
    readonly config: Pick<GlobalConfig, 'memberSlotsTtlSeconds' | 'permanentSlots'>;
    readonly nowMs: number;
  },
): Retained {
  const { me, cluster, published, config, nowMs } = input;
  const seen = new Map(table ?? cluster.status.retainSlots.map((name) => [name, nowMs]));
  const members = new Set([slotNameFromMemberName(me)]);
  for (const { name, tags } of cluster.members) {
    if (!readTags(tags).tags.nostream) members.add(slotNameFromMemberName(name));
  }
  for (const name of Object.keys(published)) {
    if (members.has(name) && !Object.hasOwn(config.permanentSlots, name)) seen.set(name, nowMs);
  }
  // One that was configured since stays without being retained.
  for (const name of Object.keys(config.permanentSlots)) seen.delete(name);
  const expired = [...seen]
    .map(([name, seenMs]) => ({ name, ageSeconds: Math.floor((nowMs - seenMs) / 1000) }))
    .filter(({ name }) => nowMs - (seen.get(name) ?? nowMs) >= config.memberSlotsTtlSeconds * 1000);
  for (const { name } of expired) seen.delete(name);
  const names = [...seen.keys()].toSorted();
  return { table: seen, retainSlots: names.length === 0 ? null : names, expired };
}
