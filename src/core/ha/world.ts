// All that one turn of a member decides from: what the store says, what its PostgreSQL does, what it remembers, and
// what the steps of this turn found out so far. Gathered by the agent, never changed by a rule.

import type { GlobalConfig, Tags } from '#core/config/patroni/global-config.ts';
import type { Cluster, SyncState } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { RejoinMemory } from '#core/rewind/rejoin.ts';
import type { RewindFacts } from '#core/rewind/rewind-facts.ts';
import type { SyncMemory } from '#core/sync/plan-sync.ts';
import type { CrashLoop } from './crash-loop.ts';
import type { PostgresFacts } from './postgres-facts.ts';
import type { FailsafeAnswer, PeerStatus } from './values.ts';

export interface Me {
  readonly name: string;
  readonly connUrl: string;
  readonly apiUrl: string;
  readonly tags: Tags;
  readonly hasBootstrapSection: boolean;
  /** Some replica method works without a replication connection to a member. */
  readonly hasMethodWithoutLeader: boolean;
  readonly isWatchdogHealthy: boolean;
  readonly isWatchdogRequired: boolean;
}

export type DcsView =
  | {
      readonly kind: 'cluster';
      readonly cluster: Cluster;
      /** The last view that had a leader: its members race when there is none. */
      readonly lockedCluster: Cluster;
      /** The leader of `cluster` was told by a failsafe message and stands in no store. */
      readonly isLeaderByFailsafe: boolean;
    }
  | { readonly kind: 'error'; readonly why: string; readonly cached: Cluster | null };

/** Long actions, one at a time. Their names are what people see. */
export type ActionKind =
  | 'bootstrap'
  | 'post-bootstrap'
  | 'clone'
  | 'reinitialize'
  | 'promote'
  | 'demote'
  | 'restart'
  | 'start-primary'
  | 'start-standby'
  | 'crash-recovery'
  | 'rewind'
  | 'rejoin'
  | 'follow'
  | 'copy-slots';

export interface RunningAction {
  readonly kind: ActionKind;
  /** For example `running pg_rewind from postgres-1`. */
  readonly name: string;
  readonly sinceMs: number;
  /** A promotion that has not been sent yet can be called off. */
  readonly isCancellable: boolean;
  readonly isCancelled: boolean;
}

/** What was found about our history, against which leader on which timeline it was compared. */
export interface RewindMemory {
  readonly kind: 'unchecked' | 'needed' | 'replaced' | 'not-needed';
  /** For example `postgres-1@4`. */
  readonly against: string;
  readonly why: string;
}

export type BootstrapMemory =
  /** The server of a new cluster is started; its roles are not made yet. */
  { readonly kind: 'started' } | { readonly kind: 'finished' } | { readonly kind: 'failed' };

/** What outlives the turn. Times are of the monotonic clock, in milliseconds. */
export interface Memory {
  readonly wasPaused: boolean;
  readonly bootstrap: BootstrapMemory | null;
  /** A start was tried after PostgreSQL was found stopped; the next turn judges it. */
  readonly isRecovering: boolean;
  readonly wasCrashRecoveryTried: boolean;
  readonly rewind: RewindMemory;
  readonly rejoin: RejoinMemory;
  readonly sync: SyncMemory;
  /** synchronous_standby_names is ours and not the user's. */
  readonly isOverridingStandbyNames: boolean;
  /** Our position at the last turn and at the one before. */
  readonly lastLsn: Lsn | null;
  readonly previousLsn: Lsn | null;
  readonly raceBackoffSinceMs: number | null;
  readonly prePromoteFailedAtMs: number | null;
  readonly lastStartFailedAtMs: number | null;
  readonly crashLoop: CrashLoop;
  /** It stepped down on request and is to come back as a standby, in pause too. */
  readonly isReturning: boolean;
  /** When this member last stopped being the primary. */
  readonly demotedAtMs: number | null;
  /** How long a start asked for over REST may take; null: `primary_start_timeout`. */
  readonly startTimeoutMs: number | null;
  /** Until when our lease is proven. Null where we hold none. */
  readonly leaseUntilMs: number | null;
  /** Whether this process saw its PostgreSQL running before. */
  readonly hasStartedOnce: boolean;
  /** Since when a server that runs has not answered, or could not have written; null while it does both. */
  readonly silentSinceMs: number | null;
  /** Why its disk takes no writes; null while it does. */
  readonly storageProblem: string | null;
  /** Whether this process saw the identity of its cluster in the store before. */
  readonly hasJoined: boolean;
  readonly isCheckpointAfterPromoteDone: boolean | null;
  readonly isWatchdogRunning: boolean;
  /** The leader of this situation (as in `rejoin.against`) has thrown WAL away that we need. Null: not as far as known. */
  readonly walGap: { readonly against: string; readonly why: string } | null;
  /** The member of `replicatefrom` gives us nothing, while the leader has what we need: we stream from the leader. */
  readonly detour: Detour | null;
}

export interface Detour {
  /** The member that is passed over. */
  readonly around: string;
  readonly sinceMs: number;
}

/** What the steps of this turn found out. */
export interface Learned {
  readonly lock: 'refreshed' | 'refused' | 'acquired' | 'lost-race' | null;
  readonly peers: readonly PeerStatus[];
  readonly failsafe: readonly FailsafeAnswer[] | null;
  readonly initializeRace: 'won' | 'lost' | null;
  readonly isMemberTouched: boolean;
  readonly isInitializeWritten: boolean;
  readonly isConfigWritten: boolean;
  readonly rewindFacts: RewindFacts | null;
  /** Whether pg_rewind could work here; null while not asked. */
  readonly canRewind: boolean | null;
  readonly isFailoverKeyCleared: boolean;
  readonly watchdog: 'activated' | 'failed' | 'disabled' | null;
  /** The key /sync as this turn wrote it, and the names it set; null where it did not. */
  readonly syncState: SyncState | null;
  readonly standbyNames: string | null;
  /** Somebody else changed /sync in the meantime. */
  readonly isSyncLost: boolean;
  /** Steps taken, newest last, for the log and against loops. */
  readonly steps: readonly string[];
}

export const nothingLearned: Learned = {
  lock: null,
  peers: [],
  failsafe: null,
  initializeRace: null,
  isMemberTouched: false,
  isInitializeWritten: false,
  isConfigWritten: false,
  rewindFacts: null,
  canRewind: null,
  isFailoverKeyCleared: false,
  watchdog: null,
  syncState: null,
  standbyNames: null,
  isSyncLost: false,
  steps: [],
};

export interface World {
  readonly me: Me;
  readonly config: GlobalConfig;
  readonly dcs: DcsView;
  readonly postgres: PostgresFacts;
  readonly action: RunningAction | null;
  readonly memory: Memory;
  readonly learned: Learned;
  /** Monotonic, in milliseconds. */
  readonly nowMs: number;
  /** Milliseconds since the epoch, for what people scheduled. */
  readonly wallMs: number;
  /** From 0 to 1, drawn once a turn. */
  readonly chance: number;
}
