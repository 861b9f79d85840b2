// What the agent needs of the outside, as small interfaces: adapters satisfy them on a machine, the
// simulation satisfies them under a virtual clock.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { HistoryLine, JsonObject, Member, Progress, Role } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type {
  CallbackEvent,
  FailsafeAnswer,
  PeerStatus,
  StartOutcome,
  StopMode,
  Upstream,
} from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { RewindFacts, RewindOutcome } from '#core/rewind/rewind-facts.ts';

export interface Timer {
  cancel(): void;
}

export interface ClockPort {
  /** Milliseconds since the epoch; for timestamps and schedules only, never for leases. */
  now(): number;
  /** Milliseconds from any start; never goes back. Goes on while the machine is suspended, where it can. */
  monotonicMs(): number;
  after(delayMs: number, task: () => void): Timer;
  /** Resolves after the time, or rejects with the signal's reason. */
  delay(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface LogPort {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warning(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  critical(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface StopOptions {
  readonly mode: StopMode;
  readonly checkpointFirst: boolean;
  /** After this long, immediate; and then SIGKILL. Null: no limit. */
  readonly timeoutMs: number | null;
  /** Called once no client backend is left (the watchdog's safe point). */
  readonly onSafepoint?: () => void;
  /** Called once the shutdown checkpoint is on disk while the postmaster may still wait for its walsenders. */
  readonly onShutdownCheckpoint?: (lsn: Lsn, previousLsn: Lsn) => Promise<void> | void;
  readonly callback: 'on_stop' | null;
}

export interface StartOptions {
  /** What it is to be. */
  readonly role: Role;
  /** Null where it is to be a primary. */
  readonly upstream: Upstream | null | 'none';
  readonly timeoutMs: number;
  readonly callback: 'on_start' | 'on_restart' | 'on_role_change' | null;
  /** After a custom bootstrap: trust locally, listen locally. */
  readonly customBootstrap?: boolean;
}

/** One PostgreSQL of one data directory. No two of the changing calls run at the same time. */
export interface PostgresPort {
  /** Ends within a bound also when the server hangs. */
  observe(): Promise<PostgresFacts>;
  /** The last facts observed, at no cost. */
  lastFacts(): PostgresFacts;
  /** Called whenever the postmaster ends by itself. */
  onExit(listener: () => void): void;

  /** Called off by the signal before it has begun, it starts nothing. */
  start(options: StartOptions, signal?: AbortSignal): Promise<StartOutcome>;
  stop(options: StopOptions, signal?: AbortSignal): Promise<boolean>;
  /** Stops it at once, whatever else is being done with it; resolves when it has ended or the time is over. */
  fence(withinMs: number): Promise<boolean>;
  /** Called off by the signal it stops the server all the same, and does not start it again. */
  restart(
    options: StartOptions & { readonly stopTimeoutMs: number | null },
    signal?: AbortSignal,
  ): Promise<StartOutcome>;
  /** `isQuiet`: without the callback, as it is part of something that has its own. */
  reload(isQuiet?: boolean): Promise<void>;
  /**
   * Sends the promotion, unless it was called off by then, and resolves when the server accepts writes, or false after
   * the time.
   */
  promote(timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  /** Writes the recovery settings for this upstream; answers what has to be done for them to count. */
  configureUpstream(
    role: Role,
    upstream: Upstream | null,
  ): Promise<'nothing' | 'reload' | 'restart'>;
  /** Takes as long as it takes; false where it failed or was called off. */
  checkpoint(signal?: AbortSignal): Promise<boolean>;
  setRole(role: Role): void;
  setState(state: PostgresFacts['state']): void;
  setSynchronousStandbyNames(value: string | null): Promise<void>;
  /** Writes a little WAL that waits for nobody, on a primary; nothing where it does not answer. */
  writeDummyTransaction(): Promise<void>;
  /** Postgres 14 and later pause replay where a standby's parameters are too low. */
  resumeReplay(): Promise<void>;
  /** A crashed primary's recovery in single-user mode, archiving what is ready. */
  recoverInSingleUserMode(signal?: AbortSignal): Promise<boolean>;
  /** Where our own history stands, and that of the member to follow, for the decision whether to rewind. */
  readRewindFacts(leader: Upstream, signal?: AbortSignal): Promise<RewindFacts>;
  /** Runs pg_rewind from this member; the server must be stopped. */
  rewind(leader: Upstream, signal?: AbortSignal): Promise<RewindOutcome>;
  /** Lines of the history of a timeline, as this server has it; empty on timeline 1. */
  readTimelineHistory(timeline: number): Promise<readonly HistoryLine[]>;
  /** Whether pg_rewind could work here at all: binary, wal_log_hints or checksums. */
  canRewind(): Promise<boolean>;
  /** Follows another configuration: files are rewritten, the server reloaded, what waits for a restart noted. */
  reconfigure(config: AgentConfig): Promise<void>;
  callbacks(event: CallbackEvent, role: Role): void;
  /** Runs `postgresql.pre_promote`; true where it agrees or there is none. */
  runPrePromote(signal?: AbortSignal): Promise<boolean>;
}

export interface PeersPort {
  /** Asks all of them at the same time, within the time; who does not answer is unreachable. */
  getStatus(members: readonly Member[], timeoutMs: number): Promise<readonly PeerStatus[]>;
  postFailsafe(
    members: Readonly<Record<string, string>>,
    body: JsonObject,
    timeoutMs: number,
  ): Promise<readonly FailsafeAnswer[]>;
  /** Tells peers that something changed, without waiting for an answer. */
  wake(members: readonly Member[]): void;
}

export interface WatchdogPort {
  /** False where it is required and can't be had. */
  activate(ttlSeconds: number, loopWaitSeconds: number): Promise<boolean>;
  keepalive(): Promise<void>;
  disable(): Promise<void>;
  readonly isRunning: boolean;
  /** Whether a member with this watchdog may become the primary. */
  readonly isHealthy: boolean;
}

export interface ProgressPort {
  report(progress: Progress | null): void;
}
