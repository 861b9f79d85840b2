// What is known of one member's PostgreSQL at one moment. Gathered once a turn; decisions read nothing else.

import type { PendingRestartReason, PostgresState, Progress, Role } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';

/** What pg_controldata says, as far as decisions need it. */
export interface ControlData {
  readonly systemId: string;
  /** For example `in production`, `shut down`, `in archive recovery`. */
  readonly clusterState: string;
  readonly timeline: number;
  readonly checkpointLsn: Lsn;
  readonly redoLsn: Lsn;
  readonly minRecoveryEndLsn: Lsn;
  readonly minRecoveryEndTimeline: number;
  readonly isDataChecksummed: boolean;
  readonly isWalLogHints: boolean;
  /** `max_connections setting` and its like, by the parameter's name. */
  readonly settings: Readonly<Record<string, number>>;
}

/** A row of pg_stat_replication of a primary or a cascading standby. */
export interface ReplicationRow {
  readonly pid: number;
  readonly usename: string;
  readonly applicationName: string;
  readonly clientAddr: string | null;
  readonly state: string;
  readonly syncState: string;
  readonly syncPriority: number;
  readonly writeLsn: Lsn | null;
  readonly flushLsn: Lsn | null;
  readonly replayLsn: Lsn | null;
}

/** What the monitoring query of one turn returned. */
export interface SqlFacts {
  readonly isInRecovery: boolean;
  /** 0 on a standby that does not know. */
  readonly timeline: number;
  /** pg_current_wal_flush_lsn on a primary. */
  readonly walFlushLsn: Lsn | null;
  readonly receiveLsn: Lsn | null;
  readonly replayLsn: Lsn | null;
  readonly replayTimestamp: string | null;
  readonly isReplayPaused: boolean;
  readonly receiverState: string | null;
  readonly receivedTimeline: number | null;
  /** End of WAL the walreceiver last heard of. */
  readonly latestEndLsn: Lsn | null;
  readonly slotName: string | null;
  readonly primaryConninfo: string | null;
  readonly restoreCommand: string | null;
  readonly synchronousCommit: string;
  readonly synchronousStandbyNames: string;
  readonly replication: readonly ReplicationRow[];
  /** Milliseconds since the epoch is not enough: as PostgreSQL prints it with zone UTC. */
  readonly postmasterStartTime: string;
  /** None that is temporary, and none that the server keeps in step by itself. */
  readonly slots: readonly PhysicalSlotRow[];
}

/** A slot of either type as the server shows it; what it is taken for says `slotInfoOf`. */
export interface PhysicalSlotRow {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly isActive: boolean;
  readonly restartLsn: Lsn | null;
  /** An xid, as text or as a number; null where it has none. */
  readonly xmin: string | number | null;
  readonly walStatus: string | null;
  readonly database: string | null;
  readonly plugin: string | null;
  /** Of the slot's database, as text; null for a physical slot. */
  readonly datoid?: string | null;
  /** An xid as text; null where it holds back none. */
  readonly catalogXmin?: string | null;
  /** How far the consumer of a logical slot has confirmed. */
  readonly confirmedFlushLsn?: Lsn | null;
  /** A logical slot that a standby had to give up by conflict; always false before PostgreSQL 16. */
  readonly isConflicting?: boolean;
  /** Why the server invalidated it; null where it did not, and before PostgreSQL 17. */
  readonly invalidationReason?: string | null;
  /** Kept on standbys by the server itself; always false before PostgreSQL 17. */
  readonly isFailover?: boolean;
  /** Such a copy on a standby; always false before PostgreSQL 17. */
  readonly isSynced?: boolean;
  /** Bytes of WAL from its restart_lsn to the server's end of WAL; null where it holds none. */
  readonly retainedBytes?: bigint | null;
}

export interface PostgresFacts {
  /** `empty` also where it is absent; `foreign` where something is in it that is no cluster. */
  readonly dataDirectory: 'empty' | 'cluster' | 'foreign' | 'unreadable';
  /** Why it is foreign or unreadable, in words. */
  readonly dataDirectoryProblem: string;
  readonly control: ControlData | null;
  /** For example 150018; from PG_VERSION (150000) while no server answered yet, 0 where unknown. */
  readonly serverVersion: number;
  /** Whether a postmaster works in the data directory. */
  readonly isRunning: boolean;
  readonly pid: number | null;
  /** What the agent last did to it or saw of it. */
  readonly state: PostgresState;
  /** Milliseconds on the monotonic clock since `state` began. */
  readonly stateSinceMs: number;
  readonly role: Role;
  /** Null while it does not answer: starting, stopping, refusing connections, or hung. */
  readonly sql: SqlFacts | null;
  /** Why there is no `sql`; empty otherwise. */
  readonly sqlProblem: string;
  /** standby.signal or recovery.signal is there. */
  readonly isSetUpAsStandby: boolean;
  readonly pendingRestart: PendingRestartReason;
  readonly progress: Progress | null;
}
