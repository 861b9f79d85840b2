// Physical slots that the dynamic configuration asks for (S-9, S-11, S-19). Logical ones are left alone here.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Cluster, JsonValue } from '#core/dcs/cluster.ts';
import { asObject, asText } from '#core/dcs/json.ts';
import type { DesiredSlot, DesiredSlots, SlotOwner } from './member-slots.ts';
import { isValidSlotName, slotNameFromMemberName } from './slot-name.ts';

/** Nothing at all, or a mapping that names no database and plugin, is a physical slot. */
function isPhysical(value: JsonValue): boolean {
  const fields = asObject(value);
  if (fields === null) return value === null || value === 0 || value === '' || value === false;
  const type = asText(fields['type']);
  if (type !== null) return type === 'physical';
  return asText(fields['database']) === null || asText(fields['plugin']) === null;
}

/** `cluster_type` limits a slot to clusters that have a primary, or to those that follow another one. */
function isOfThisCluster(value: JsonValue, isStandbyCluster: boolean): boolean {
  const wanted = asText(asObject(value)?.['cluster_type']);
  return wanted === null || wanted === (isStandbyCluster ? 'standby' : 'primary');
}

/** The slots of members together with the permanent ones; who may not be promoted keeps none of these. */
export function withPermanentSlots(
  members: DesiredSlots,
  me: SlotOwner,
  cluster: Cluster,
  config: Pick<GlobalConfig, 'isUsingSlots' | 'permanentSlots' | 'standbyCluster'>,
): DesiredSlots {
  if (!config.isUsingSlots || me.tags.nofailover) return members;
  const slots = new Map<string, DesiredSlot>(members);
  const ownName = slotNameFromMemberName(me.name);
  for (const [name, value] of Object.entries(config.permanentSlots)) {
    const isOurs =
      isPhysical(value) &&
      isValidSlotName(name) &&
      name !== ownName &&
      isOfThisCluster(value, config.standbyCluster !== null);
    if (!isOurs || slots.has(name)) continue;
    const isPrimary = me.role === 'primary' || me.role === 'standby_leader';
    // On the others it follows what the leader says its consumer has.
    slots.set(name, {
      name,
      lsn: cluster.status.slots[name] ?? null,
      isExpectedActive: isPrimary ? null : false,
    });
  }
  return slots;
}
