// Values that decisions of the loop and the parts that carry them out share.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';

/** Where a standby streams from. */
export interface Upstream {
  /** Name of the member; empty for a remote one of a standby cluster. */
  readonly name: string;
  /** Host, port and further connection parameters without user and password. Null: from archive only. */
  readonly connection: Readonly<Record<string, string>> | null;
  /** Null: no slot. */
  readonly slotName: string | null;
  readonly restoreCommand?: string;
  readonly archiveCleanupCommand?: string;
  readonly recoveryMinApplyDelay?: string;
}

export type StopMode = 'smart' | 'fast' | 'immediate';

export type StartOutcome =
  | { readonly kind: 'running' }
  /** The postmaster is alive and does not accept connections yet. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'failed'; readonly why: string };

export type CallbackEvent = 'on_start' | 'on_stop' | 'on_restart' | 'on_reload' | 'on_role_change';

/** What `GET /patroni` of a peer told, in the words of decisions. */
export interface PeerStatus {
  readonly name: string;
  readonly isReachable: boolean;
  /** Null where it did not say. */
  readonly isInRecovery: boolean | null;
  readonly timeline: number | null;
  readonly lsn: Lsn | null;
  readonly tags: JsonObject;
  readonly isWatchdogFailed: boolean;
  /** What is left of the leader lease it holds, in milliseconds; 0 for none. Null: it does not tell, as Patroni. */
  readonly leaseLeftMs: number | null;
}

export interface FailsafeAnswer {
  readonly name: string;
  readonly isAccepted: boolean;
  readonly lsn: Lsn | null;
  readonly why: string;
}
