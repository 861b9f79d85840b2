// Reads the dynamic configuration: what it says where that makes sense, and Patroni's default where not.
// It never refuses: the cluster goes on whatever somebody wrote to `/config`.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { dynamicDefaults } from './defaults.ts';
import type { GlobalConfig, StandbyCluster, SynchronousMode } from './global-config.ts';
import { isJsonList, isJsonObject, section, textOf, textsOf } from './json-fields.ts';
import { readBoolean, readInteger } from './read-value.ts';
import { readTiming } from './timing-rule.ts';

export interface ReadGlobalConfig {
  readonly global: GlobalConfig;
  /** Sentences for the log, in Patroni's words. */
  readonly warnings: readonly string[];
}

/** Names of before Patroni 3, still in many clusters. */
const aliases = {
  primary_start_timeout: 'master_start_timeout',
  primary_stop_timeout: 'master_stop_timeout',
} as const;

function readMode(dynamic: JsonObject): SynchronousMode {
  const value = dynamic['synchronous_mode'];
  if (typeof value === 'string' && value.toLowerCase() === 'quorum') return 'quorum';
  return readBoolean(value) === true ? 'on' : 'off';
}

/** A standby cluster has to say where its WAL comes from; a section that does not is none. */
function readStandbyCluster(dynamic: JsonObject): StandbyCluster | null {
  const from = section(dynamic, 'standby_cluster');
  const host = textOf(from['host']);
  const port = textOf(from['port']);
  const restoreCommand = textOf(from['restore_command']);
  if (host === null && port === null && restoreCommand === null) return null;
  return {
    host,
    port,
    primarySlotName: textOf(from['primary_slot_name']),
    createReplicaMethods: textsOf(from['create_replica_methods']),
    restoreCommand,
    archiveCleanupCommand: textOf(from['archive_cleanup_command']),
    recoveryMinApplyDelay: textOf(from['recovery_min_apply_delay']),
  };
}

function readPermanentSlots(dynamic: JsonObject): JsonObject {
  for (const name of ['permanent_replication_slots', 'permanent_slots', 'slots']) {
    const value = dynamic[name];
    if (isJsonObject(value) && Object.keys(value).length > 0) return value;
  }
  return {};
}

function readIgnoreSlots(dynamic: JsonObject): readonly JsonObject[] {
  const value = dynamic['ignore_slots'];
  return isJsonList(value) ? value.filter(isJsonObject) : [];
}

/**
 * The dynamic configuration in force. `postgresql` is the merged section of one member, where some settings
 * of the cluster may also be decided; without it, the one of the dynamic configuration.
 */
export function readGlobalConfig(
  dynamic: JsonObject,
  postgresql: JsonObject = section(dynamic, 'postgresql'),
): ReadGlobalConfig {
  const number = (name: keyof typeof dynamicDefaults, unit: string | null): number =>
    readInteger(dynamic[name], unit) ?? dynamicDefaults[name];
  const aliased = (name: keyof typeof aliases): number =>
    readInteger(dynamic[name] ?? dynamic[aliases[name]], 's') ?? dynamicDefaults[name];
  const isOn = (name: string): boolean => readBoolean(dynamic[name]) === true;
  const isLocallyOn = (name: string): boolean => readBoolean(postgresql[name]) === true;

  const { warnings, ...timing } = readTiming(dynamic);
  const standbyCluster = readStandbyCluster(dynamic);
  const isStrict = isOn('synchronous_mode_strict');
  const global: GlobalConfig = {
    ...timing,
    maximumLagOnFailoverBytes: number('maximum_lag_on_failover', 'B'),
    maximumLagOnSyncnodeBytes: number('maximum_lag_on_syncnode', 'B'),
    isTimelineChecked: isOn('check_timeline'),
    primaryStartTimeoutSeconds: aliased('primary_start_timeout'),
    primaryStopTimeoutSeconds: aliased('primary_stop_timeout'),
    primaryRaceBackoffSeconds: number('primary_race_backoff', 's'),
    maxTimelinesHistory: number('max_timelines_history', null),
    // The primary whose commits would wait is in another cluster.
    synchronousMode: standbyCluster === null ? readMode(dynamic) : 'off',
    isSynchronousModeStrict: isStrict,
    synchronousNodeCount: Math.max(number('synchronous_node_count', null), isStrict ? 1 : 0),
    isFailsafeMode: isOn('failsafe_mode'),
    isPaused: isOn('pause'),
    memberSlotsTtlSeconds: number('member_slots_ttl', 's'),
    standbyCluster,
    // Decided for the whole cluster: a member that keeps no slots would lose those others rely on.
    isUsingSlots: readBoolean(section(dynamic, 'postgresql')['use_slots']) ?? true,
    isUsingPgRewind: isLocallyOn('use_pg_rewind'),
    removeDataDirectoryOnRewindFailure: isLocallyOn('remove_data_directory_on_rewind_failure'),
    removeDataDirectoryOnDivergedTimelines: isLocallyOn(
      'remove_data_directory_on_diverged_timelines',
    ),
    permanentSlots: readPermanentSlots(dynamic),
    ignoreSlots: readIgnoreSlots(dynamic),
    raw: dynamic,
  };
  return { global, warnings };
}
