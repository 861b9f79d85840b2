// What the agent needs of a configuration store (DCS). An adapter satisfies it.
//
// Every call ends within `retry_timeout`. A write the store refused because somebody was faster answers
// false; a store that can't be asked, or whose answer did not come, throws `DcsError`: the outcome of a
// write is then unknown.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { Cluster, HistoryLine, JsonObject, Status } from '#core/dcs/cluster.ts';

export class DcsError extends Error {
  /** What a person can do about it. */
  readonly hint: string;
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DcsError';
    this.hint = hint;
  }
}

/** Compare-and-set: null asks that the key is absent; undefined asks nothing. */
export type Expected = string | null | undefined;

export interface FailoverRequest {
  readonly leader: string | null;
  readonly candidate: string | null;
  /** ISO 8601 with a zone. */
  readonly scheduledAt: string | null;
}

export interface SyncRequest {
  readonly leader: string | null;
  readonly voters: readonly string[];
  readonly quorum: number;
}

/** A key that changed; the agent decides which of them wake it. */
export interface DcsChange {
  /** Below the cluster's path, for example `leader` or `members/postgres-1`. */
  readonly key: string;
  readonly kind: 'put' | 'delete';
  readonly value: string;
}

export interface Dcs {
  /** One consistent read of everything. */
  getCluster(): Promise<Cluster>;
  /**
   * Watches all keys of the cluster until the signal aborts, over lost connections, calling `onChange` for each
   * change and `onLost` whenever changes may have been missed.
   */
  watch(onChange: (change: DcsChange) => void, onLost: () => void, signal: AbortSignal): void;

  /** Creates the leader key with our lease; false where somebody has it. */
  attemptToAcquireLeader(): Promise<boolean>;
  /** Renews our lease and proves that the leader key is still ours; false where it is not. */
  updateLeader(): Promise<boolean>;
  /** Takes the leader key whoever has it: for the end of a bootstrap only. */
  takeLeader(): Promise<boolean>;
  /** Writes the last position into the status, then deletes the leader key if it is ours. */
  deleteLeader(lastLsn: Lsn | null): Promise<boolean>;
  writeStatus(status: Status): Promise<boolean>;
  /** Writes our member key where its value changed, and renews its lease. */
  touchMember(data: JsonObject): Promise<boolean>;
  /** Takes our member key away, for an agent that leaves. */
  deleteMember(): Promise<boolean>;

  /** `createNew` asks that the key is absent. */
  initialize(createNew: boolean, systemId: string): Promise<boolean>;
  /** Takes the claim of a new cluster back; false where it is one already. */
  cancelInitialization(): Promise<boolean>;
  setConfigValue(value: JsonObject, expected?: Expected): Promise<boolean>;
  setFailover(request: FailoverRequest | null, expected?: Expected): Promise<boolean>;
  /** The new revision, or null where somebody was faster. */
  writeSyncState(request: SyncRequest, expected: Expected): Promise<string | null>;
  deleteSyncState(expected: Expected): Promise<boolean>;
  setHistory(lines: readonly HistoryLine[]): Promise<boolean>;
  writeFailsafe(members: Readonly<Record<string, string>>): Promise<boolean>;

  setTtl(seconds: number): void;
  setRetryTimeout(seconds: number): void;
  close(): Promise<void>;
}
