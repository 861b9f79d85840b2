// What Patroni's keys in the configuration store say together: the view every decision starts from.
// The shapes are those of patroni/dcs/__init__.py; reading and writing their JSON is in the files beside.

import type { Lsn } from '#core/postgres/lsn.ts';

/** Roles as they are published. `promoted` is passing: pg_ctl promote was sent, recovery has not ended. */
export type Role =
  | 'primary'
  | 'replica'
  | 'standby_leader'
  | 'demoted'
  | 'promoted'
  | 'uninitialized';

/** States as they are published; their order is the value of the metric `patroni_postgres_state`. */
export const postgresStates = [
  'initializing new cluster',
  'initdb failed',
  'running custom bootstrap script',
  'custom bootstrap failed',
  'creating replica',
  'running',
  'starting',
  'starting after custom bootstrap',
  'start failed',
  'restarting',
  'restart failed',
  'stopping',
  'stopped',
  'stop failed',
  'crashed',
] as const;

export type PostgresState = (typeof postgresStates)[number];

export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | JsonObject;

/** Integers beyond 2^53 come as bigint, so that nothing read and written again changes. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export interface PendingRestartReason {
  readonly [parameter: string]: { readonly old_value: string; readonly new_value: string };
}

/** Progress of a long action; our addition to the member's value, which Patroni ignores. */
export interface Progress {
  readonly action: string;
  readonly bytesDone: number;
  /** Null while it is not known. */
  readonly bytesTotal: number | null;
  readonly bytesPerSecond: number | null;
  /** Milliseconds from now; null while it is not known. */
  readonly expectedEndInMs: number | null;
  /** What it does now, in words. */
  readonly phase: string;
}

/** One member, from `members/<name>`. Unknown keys stay in `data`. */
export interface Member {
  readonly name: string;
  /** The lease's id, as text; empty where the key has none. */
  readonly session: string;
  readonly data: JsonObject;
  readonly connUrl: string | null;
  readonly apiUrl: string | null;
  readonly state: string;
  /** `master` of older versions is read as `primary`. */
  readonly role: string;
  readonly version: string | null;
  readonly tags: JsonObject;
  readonly xlogLocation: Lsn | null;
  readonly timeline: number | null;
  readonly replicationState: string | null;
  /** False: a primary that has not finished its checkpoint after promotion. Null where it says nothing. */
  readonly checkpointAfterPromote: boolean | null;
}

export interface Leader {
  /** Revision of the key; a change of it is what a watch waits for. */
  readonly modRevision: string;
  readonly name: string;
  readonly session: string;
  /** Null where the key names somebody who has no member key. */
  readonly member: Member | null;
}

export interface Failover {
  readonly modRevision: string;
  /** Name of who is to stop leading; null for a failover, text for a switchover. */
  readonly leader: string | null;
  readonly candidate: string | null;
  /** Milliseconds since the epoch; null for at once. */
  readonly scheduledAtMs: number | null;
}

export interface SyncState {
  /** Null where there is no key; then it can be created. */
  readonly modRevision: string | null;
  readonly leader: string | null;
  readonly voters: readonly string[];
  readonly quorum: number;
}

/** One line: a timeline that ended, where, why, when (ISO 8601), and who leads the next one. */
export interface HistoryLine {
  readonly timeline: number;
  readonly lsn: Lsn;
  readonly reason: string;
  readonly timestamp: string | null;
  readonly newLeader: string | null;
}

export interface History {
  readonly modRevision: string;
  readonly lines: readonly HistoryLine[];
}

export interface Status {
  readonly lastLsn: Lsn | null;
  readonly slots: Readonly<Record<string, Lsn>>;
  readonly retainSlots: readonly string[];
  /** Those of `slots` that the leader does not have itself, or has lost: it tells where their consumers were. */
  readonly lostSlots?: readonly string[];
}

export interface ClusterConfig {
  readonly modRevision: string;
  /** Null where the value is no JSON object: it counts as wiped. */
  readonly data: JsonObject | null;
}

export interface Cluster {
  /** Null: no key. Empty: somebody bootstraps. Else the system identifier. */
  readonly initialize: string | null;
  readonly config: ClusterConfig | null;
  readonly leader: Leader | null;
  readonly status: Status;
  readonly members: readonly Member[];
  readonly failover: Failover | null;
  readonly sync: SyncState;
  readonly history: History | null;
  readonly failsafe: Readonly<Record<string, string>> | null;
}
