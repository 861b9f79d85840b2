// Which members that are away still have their slots, as a leader publishes it in `/status`. Times are those of the
// leader's own monotonic clock.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { SlotOwner } from './member-slots.ts';
import { canAdvanceSlots, memberSlots } from './member-slots.ts';
import { slotNameFromMemberName } from './slot-name.ts';

/**
 * Since when the member of each slot has been missed, in milliseconds; null while it is there. Without a table this
 * process has published nothing since it became the leader, or since it was started while it was.
 */
export type RetainTable = ReadonlyMap<string, number | null> | null;

export interface Retained {
  readonly table: ReadonlyMap<string, number | null>;
  /** Sorted; null where there is nothing to retain. */
  readonly retainSlots: readonly string[] | null;
  /** Slots given up now, for the log. */
  readonly expired: readonly { readonly name: string; readonly ageSeconds: number }[];
}

export interface RetainInput {
  readonly me: Pick<SlotOwner, 'name' | 'tags'>;
  readonly cluster: Cluster;
  readonly published: Readonly<Record<string, Lsn>>;
  /** Slots that kept too much for a member that is away: they are retained no more. */
  readonly givenUp: Pick<ReadonlyMap<string, unknown>, 'keys'>;
  readonly config: Pick<GlobalConfig, 'isUsingSlots' | 'memberSlotsTtlSeconds' | 'permanentSlots'>;
  /** For example 150018; 0 where unknown. */
  readonly serverVersion: number;
  readonly nowMs: number;
}

/**
 * Which slots stay for members that are away. The table starts from what was published before, so that neither
 * a failover nor a restart of the leader's agent makes anybody forget them; their time then starts anew.
 */
export function retainSlots(table: RetainTable, input: RetainInput): Retained {
  const { cluster, givenUp, config, nowMs } = input;
  const ttlMs = config.memberSlotsTtlSeconds * 1000;
  const kept = table?.keys() ?? cluster.status.retainSlots;
  const missedSince = new Map<string, number | null>(
    [...kept].map((name) => [name, table?.get(name) ?? nowMs]),
  );
  for (const name of givenUp.keys()) missedSince.delete(name);
  if (ttlMs > 0) for (const name of presentSlots(input)) missedSince.set(name, null);
  // One that was configured since stays without being retained.
  for (const name of Object.keys(config.permanentSlots)) missedSince.delete(name);
  const expired = [...missedSince].flatMap(([name, sinceMs]) => {
    const ageMs = sinceMs === null ? null : nowMs - sinceMs;
    return ageMs === null || ageMs < ttlMs ? [] : [{ name, ageSeconds: Math.floor(ageMs / 1000) }];
  });
  for (const { name } of expired) missedSince.delete(name);
  const names = [...missedSince.keys()].toSorted();
  return { table: missedSince, retainSlots: names.length === 0 ? null : names, expired };
}

/** Slots of members that are there, the leader's own among them: those that are made, and those that are to be. */
function presentSlots(input: RetainInput): readonly string[] {
  const { me, cluster, published } = input;
  const members = new Set([slotNameFromMemberName(me.name)]);
  for (const { name, tags } of cluster.members) {
    if (!readTags(tags).tags.nostream) members.add(slotNameFromMemberName(name));
  }
  const made = Object.keys(published).filter((name) => members.has(name));
  return [...made, ...slotsToMake(input)];
}

/**
 * Slots that the leader is to have for members are retained before they are there: an agent that dies behind making
 * one would not know on its return whose it is.
 */
function slotsToMake({ me, cluster, config, serverVersion }: RetainInput): readonly string[] {
  if (!canAdvanceSlots(serverVersion)) return [];
  const owner: SlotOwner = { ...me, role: 'primary' };
  return [...memberSlots(owner, cluster, config).values()]
    .filter(({ isExpectedActive }) => isExpectedActive !== null)
    .map(({ name }) => name);
}
