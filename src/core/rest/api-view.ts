// What the REST API answers from: one picture of the member in memory. Health checks read nothing else, so that
// neither a hung server nor a store that can't be asked delays their answer.

import type { GlobalConfig, Tags } from '#core/config/patroni/global-config.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { SlotReport } from '#core/slots/slot-report.ts';
import type { SlotSummary } from '#core/slots/slot-summary.ts';
import type { ScheduledRestart } from './restart-request.ts';

/** A decision of the loop that was carried out, for people. */
export interface MadeDecision {
  /** Number of the rule. */
  readonly rule: number;
  readonly why: string;
  /** What the loop said about it, for example `no action. I am (a), the leader with the lock`. */
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** How the log keeps up; published only where it does not. */
export interface LogQueue {
  readonly size: number;
  readonly lost: number;
}

/** What there is to say of replication slots. */
export interface SlotsView {
  readonly summaries: readonly SlotSummary[];
  /** What the log was told of them and still holds. */
  readonly reports: readonly SlotReport[];
  /** Members' slots that kept more WAL than they may. */
  readonly givenUp: ReadonlyMap<string, Lsn | null>;
  readonly counters: {
    readonly skipped: number;
    readonly copies: number;
    readonly copyRestarts: number;
    readonly advancesInFlight: number;
    /** By the part of the work that failed. */
    readonly errors: ReadonlyMap<string, number>;
  };
}

/**
 * Replaced as a whole whenever something in it changed. The same object may be given again while nothing
 * did; what is made of it is then made once.
 */
export interface ApiView {
  readonly name: string;
  readonly scope: string;
  /** Patroni's version that is claimed, for example `4.1.4`. */
  readonly version: string;
  readonly facts: PostgresFacts;
  /** The last view of the cluster, or null where it is older than `ttl`. */
  readonly cluster: Cluster | null;
  readonly config: GlobalConfig;
  /** The tags in force: those of the file, and what a shutdown adds to them. */
  readonly tags: Tags;
  /** The lease is ours and has not run out on the monotonic clock. */
  readonly isLeader: boolean;
  /** What is left of it, in milliseconds; 0 for none. */
  readonly leaseLeftMs: number;
  /** Null while the data directory has none. */
  readonly systemId: string | null;
  /** Monotonic milliseconds at which the facts were gathered. */
  readonly observedAtMs: number;
  /** Monotonic milliseconds by which the loop meant to begin its next turn. */
  readonly nextRunAtMs: number;
  /** Milliseconds since the epoch of the last answer of the store; 0 before the first. */
  readonly dcsLastSeenMs: number;
  /** A leader without a store reached us less than `ttl` ago, or we lead in that way. */
  readonly isFailsafeActive: boolean;
  /** Members and their API addresses as the store last told them; null where it is not known. */
  readonly failsafe: Readonly<Record<string, string>> | null;
  /** A watchdog is required and can't be had. */
  readonly isWatchdogFailed: boolean;
  readonly scheduledRestart: ScheduledRestart | null;
  /** Null before the first turn. */
  readonly lastDecision: MadeDecision | null;
  readonly logQueue: LogQueue | null;
  readonly slots: SlotsView;
}
