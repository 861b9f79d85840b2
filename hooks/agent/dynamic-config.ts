// The part of the cluster's configuration all members read from etcd: the charm's options in Patroni's words.
// It is given with the first member once, and written over what is there when an option changes. Pure.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { forcedMinimums } from '#core/config/forced-minimums.ts';
import type { ClusterSettings } from '../cluster-settings.ts';
import type { Settings } from '../settings.ts';

/**
 * Parameters the agent takes from etcd only, as all members have to agree on them: a standby with fewer of
 * these than its primary does not start. Anything else stands in each member's own file.
 */
export const sharedParameters: readonly string[] = [
  'max_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'max_replication_slots',
  'max_wal_senders',
  'max_worker_processes',
  'track_commit_timestamp',
  'wal_keep_size',
  'wal_level',
  'wal_log_hints',
];

export interface DynamicInputs {
  readonly settings: Settings;
  readonly cluster: ClusterSettings;
  /** Units beside the primary, for what has to grow with them. */
  readonly standbys: number;
}

/** What a person configured of the parameters, with what the charm can't do without. */
export function configuredParameters(
  settings: Settings,
  standbys: number,
): Readonly<Record<string, string>> {
  const configured = { max_connections: String(settings.maxConnections), ...settings.parameters };
  return forcedMinimums(configured, standbys).parameters;
}

/**
 * All of it, as a patch: null takes a parameter away that is not configured any more. What a person put there
 * with patronictl beside these names stays.
 */
export function dynamicPatch({ settings, cluster, standbys }: DynamicInputs): JsonObject {
  const configured: Readonly<Record<string, string>> = {
    wal_level: 'logical',
    ...configuredParameters(settings, standbys),
  };
  const modes = { off: false, on: true, quorum: 'quorum' } as const;
  return {
    ttl: cluster.ttlSeconds,
    loop_wait: cluster.loopWaitSeconds,
    retry_timeout: cluster.retryTimeoutSeconds,
    maximum_lag_on_failover: cluster.maximumLagOnFailoverBytes,
    synchronous_mode: modes[cluster.synchronousMode],
    synchronous_mode_strict: cluster.isSynchronousModeStrict,
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      parameters: Object.fromEntries(
        sharedParameters.map((name) => [name, configured[name] ?? null]),
      ),
    },
  };
}

function withoutNulls(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => {
      if (entry === null) return [];
      const isObject = typeof entry === 'object' && !Array.isArray(entry);
      return [[key, isObject ? withoutNulls(entry as JsonObject) : entry]];
    }),
  );
}

/** The same for a cluster that is yet to be made. */
export function dynamicConfig(inputs: DynamicInputs): JsonObject {
  return withoutNulls(dynamicPatch(inputs));
}
