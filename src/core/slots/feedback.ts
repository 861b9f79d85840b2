// Decides whether hot_standby_feedback has to be on: wherever a logical slot is kept on a standby, here or on a member
// that streams from here, the primary must know which rows of its catalog are still needed.

import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import type { SlotConfig, SlotKeeper } from './desired-slots.ts';
import { desiredSlots } from './desired-slots.ts';
import { slotNameOnPrimary } from './slot-name-on-primary.ts';

/** Whether it is to be on whatever the configuration says. `serverVersion` for example 150018. */
export function isFeedbackNeeded(
  me: Pick<SlotKeeper, 'name' | 'tags'>,
  cluster: Cluster,
  config: SlotConfig,
  serverVersion: number,
): boolean {
  if (config.standbyCluster !== null || serverVersion < 110_000) return false;
  return isNeeded(me, new Set());

  function isNeeded(
    member: Pick<SlotKeeper, 'name' | 'tags'>,
    passed: ReadonlySet<string>,
  ): boolean {
    const keeper: SlotKeeper = { ...member, role: 'replica' };
    if (desiredSlots({ me: keeper, cluster, config, serverVersion }).logical.size > 0) return true;
    if (!config.isUsingSlots || !streams(member, cluster)) return false;
    const seen = new Set([...passed, member.name]);
    return cluster.members.some(({ name, tags: published }) => {
      const { tags } = readTags(published);
      const isBelow = tags.replicatefrom === member.name && name !== cluster.leader?.name;
      return isBelow && !seen.has(name) && isNeeded({ name, tags }, seen);
    });
  }
}

function streams({ name, tags }: Pick<SlotKeeper, 'name' | 'tags'>, { members }: Cluster): boolean {
  const { replicatefrom, nostream } = tags;
  return slotNameOnPrimary({ name, replicatefrom, nostream }, members) !== null;
}
