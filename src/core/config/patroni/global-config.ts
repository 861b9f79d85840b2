// The dynamic configuration in force, typed: what `/config` says, with Patroni's defaults and its timing rule
// applied. Everybody in a cluster reads the same one.

import type { JsonObject } from '#core/dcs/cluster.ts';

export type SynchronousMode = 'off' | 'on' | 'quorum';

/** Where a standby cluster replicates from. */
export interface StandbyCluster {
  readonly host: string | null;
  /** One or several, as libpq takes them. */
  readonly port: string | null;
  readonly primarySlotName: string | null;
  readonly createReplicaMethods: readonly string[] | null;
  readonly restoreCommand: string | null;
  readonly archiveCleanupCommand: string | null;
  readonly recoveryMinApplyDelay: string | null;
}

export interface GlobalConfig {
  readonly ttlSeconds: number;
  readonly loopWaitSeconds: number;
  readonly retryTimeoutSeconds: number;
  readonly maximumLagOnFailoverBytes: number;
  /** 0 or less: off. */
  readonly maximumLagOnSyncnodeBytes: number;
  readonly isTimelineChecked: boolean;
  readonly primaryStartTimeoutSeconds: number;
  /** 0: no limit. Counts in synchronous mode only. */
  readonly primaryStopTimeoutSeconds: number;
  readonly primaryRaceBackoffSeconds: number;
  /** 0: all of them. */
  readonly maxTimelinesHistory: number;
  readonly synchronousMode: SynchronousMode;
  readonly isSynchronousModeStrict: boolean;
  readonly synchronousNodeCount: number;
  readonly isFailsafeMode: boolean;
  readonly isPaused: boolean;
  readonly memberSlotsTtlSeconds: number;
  readonly standbyCluster: StandbyCluster | null;
  readonly isUsingSlots: boolean;
  readonly isUsingPgRewind: boolean;
  readonly removeDataDirectoryOnRewindFailure: boolean;
  readonly removeDataDirectoryOnDivergedTimelines: boolean;
  /** Permanent slots as configured, untouched. */
  readonly permanentSlots: JsonObject;
  readonly ignoreSlots: readonly JsonObject[];
  /** All of it, as read. */
  readonly raw: JsonObject;
}

/** Tags of a member, with Patroni's rules for pairs that contradict each other applied. */
export interface Tags {
  readonly nofailover: boolean;
  /** 0 where nofailover. */
  readonly failoverPriority: number;
  readonly nosync: boolean;
  /** 0 where nosync. */
  readonly syncPriority: number;
  readonly noloadbalance: boolean;
  readonly clonefrom: boolean;
  readonly replicatefrom: string | null;
  readonly nostream: boolean;
  /** As they are published: everything that is not its default, custom tags included. */
  readonly raw: JsonObject;
}
