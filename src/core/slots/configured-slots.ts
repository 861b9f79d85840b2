// Reads the permanent slots of the dynamic configuration. What makes no sense is told and left out; it never stops
// the others.

import { readBoolean } from '#core/config/patroni/read-value.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { asObject, asText, writeJson } from '#core/dcs/json.ts';
import type { SlotReport } from './slot-report.ts';
import { isValidSlotName } from './slot-name.ts';

export type ConfiguredSlot =
  | {
      readonly type: 'physical';
      readonly name: string;
      /** The kind of cluster it is limited to; null: any. */
      readonly clusterType: 'primary' | 'standby' | null;
    }
  | {
      readonly type: 'logical';
      readonly name: string;
      readonly database: string;
      readonly plugin: string;
      readonly isFailover: boolean;
      readonly isRecreatedWhenLost: boolean;
    };

export interface ConfiguredSlots {
  readonly slots: readonly ConfiguredSlot[];
  readonly reports: readonly SlotReport[];
}

/** All that can be used, in the order of the configuration. A key `lsn` counts for nothing: only the leader says. */
export function readConfiguredSlots(permanentSlots: JsonObject): ConfiguredSlots {
  const slots: ConfiguredSlot[] = [];
  const reports: SlotReport[] = [];
  for (const [name, value] of Object.entries(permanentSlots)) {
    if (!isValidSlotName(name)) {
      reports.push(
        report(
          'invalid-name',
          name,
          `Invalid permanent replication slot name '${name}'. Slot name may only contain lower case letters, numbers, ` +
            'and the underscore chars, 63 at most',
        ),
      );
      continue;
    }
    const slot = readSlot(name, value);
    if (slot === null) {
      reports.push(
        report(
          'bad-value',
          name,
          `Bad value for slot '${name}' in permanent_slots: ${writeJson(value)}. A physical one takes {"type": "physical"}, ` +
            'a logical one {"type": "logical", "database": ..., "plugin": ...}',
        ),
      );
      continue;
    }
    slots.push(slot);
    const clusterType = asObject(value)?.['cluster_type'];
    if (slot.type === 'physical' && slot.clusterType === null && isSaid(clusterType)) {
      reports.push(
        report(
          'bad-value',
          name,
          `Bad cluster_type for slot '${name}' in permanent_slots: it takes primary or standby; the slot is kept in both`,
        ),
      );
    }
  }
  return { slots, reports };
}

function report(code: SlotReport['code'], slot: string, message: string): SlotReport {
  return { level: 'error', code, slot, message };
}

function isSaid(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Null, 0, '' and false stand for a physical slot, as does a mapping that names no database and plugin. */
function readSlot(name: string, value: JsonValue): ConfiguredSlot | null {
  const fields = asObject(value);
  if (fields === null) {
    const isNothing = value === null || value === 0 || value === '' || value === false;
    return isNothing ? { type: 'physical', name, clusterType: null } : null;
  }
  const database = asText(fields['database']);
  const plugin = asText(fields['plugin']);
  const type = fields['type'] ?? (database !== null && plugin !== null ? 'logical' : 'physical');
  if (type === 'physical') {
    const clusterType = fields['cluster_type'];
    const isKnown = clusterType === 'primary' || clusterType === 'standby';
    return { type, name, clusterType: isKnown ? clusterType : null };
  }
  if (type !== 'logical' || database === null || plugin === null) return null;
  return {
    type,
    name,
    database,
    plugin,
    isFailover: readBoolean(fields['failover']) === true,
    isRecreatedWhenLost: readBoolean(fields['recreate_when_lost']) === true,
  };
}

/** Names that are there, but of which nothing usable is said. A mistake in writing is no reason to drop a slot. */
export function unreadableNames(permanentSlots: JsonObject): ReadonlySet<string> {
  const readable = new Set(readConfiguredSlots(permanentSlots).slots.map(({ name }) => name));
  return new Set(Object.keys(permanentSlots).filter((name) => !readable.has(name)));
}
