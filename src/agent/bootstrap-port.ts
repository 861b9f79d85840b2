// What the loop asks of the part that makes and clones clusters.

import type { Unfinished } from '#core/bootstrap/journal.ts';
import type { StandbyCluster } from '#core/config/patroni/global-config.ts';
import type { Member } from '#core/dcs/cluster.ts';

/** Whom to clone from. Remote: the primary of another cluster, for a standby cluster's leader. */
export type CloneSource =
  | { readonly kind: 'member'; readonly member: Member; readonly isLeader: boolean }
  | { readonly kind: 'remote'; readonly from: StandbyCluster }
  /** Only methods that need no replication connection. */
  | { readonly kind: 'none' };

export interface BootstrapPort {
  /** initdb or the custom method, up to a started server; false when it failed, having logged why. */
  bootstrap(signal: AbortSignal): Promise<boolean>;
  /** Roles, script, grants, files; once the server accepts writes. */
  postBootstrap(signal: AbortSignal): Promise<boolean>;
  /** Fills the empty data directory by the first method that works. It is not started yet. */
  clone(source: CloneSource, fromLeaderOnly: boolean, signal: AbortSignal): Promise<boolean>;
  /** Whether some configured method works without a replication connection. */
  readonly hasMethodWithoutLeader: boolean;
  readonly isRunningCustomBootstrap: boolean;
  /** Once before the first turn: what an agent that died left half made is taken away or set aside. */
  clearUnfinished(): Promise<boolean>;
  /** What an agent that died left half done and `clearUnfinished` can not mend alone; to be asked before it. */
  readUnfinished(): Promise<Unfinished>;
  /** A half made cluster is given up: the claim on the store is about to be taken back, and never again. */
  noteGivenUp(): Promise<void>;
  /** pg_rewind is about to change the data, or has come to a good end. */
  noteRewind(phase: 'begun' | 'done'): Promise<void>;
  /** Renames the data directory and what it links to, numbered; nothing is deleted. */
  moveDataDirectoryAside(suffix: 'failed' | 'replaced'): Promise<void>;
  /** Removes the data directory with what it links to. */
  removeDataDirectory(): Promise<void>;
}
