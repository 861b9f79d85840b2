// What the agent needs of its member's PostgreSQL for replication slots. Nothing here runs over the connection of
// the turn, and everything ends within a bound of its own.

import type { Upstream } from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { CreateLogicalStep, SlotStep } from '#core/slots/slot-step.ts';

/** What became of one step. `skipped`: there was no time left for it, or it was wanted no more. */
export interface SlotStepResult {
  readonly step: SlotStep | CreateLogicalStep;
  readonly outcome: 'done' | 'in-use' | 'absent' | 'failed' | 'skipped';
  /** Empty where it is done. */
  readonly why: string;
}

/** A state file that was validated, to be put in place. */
export interface SlotStateFile {
  readonly name: string;
  readonly state: Uint8Array;
}

export interface InstallOutcome {
  readonly installed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly why: string }[];
}

/** A session in one database, for moving its logical slots. */
export interface AdvanceSession extends AsyncDisposable {
  /**
   * Moves the slot and answers where it is then, which is less than asked for where this server has not come that far.
   * Throws what the server says, or that it said nothing within the session's limit.
   */
  advance(name: string, to: Lsn): Promise<Lsn | null>;
  /** What the catalog says of it now; null where there is no such slot. */
  look(name: string): Promise<SlotInfo | null>;
  /** Ends it at once; what runs in it fails. */
  destroy(): void;
}

export interface SlotsPort {
  /**
   * Creates, drops and moves physical slots and drops logical ones, one after the other, within the time altogether.
   * Each stands for itself, and none begins once `mayGoOn` says no. Never throws.
   */
  apply(
    steps: readonly SlotStep[],
    withinMs: number,
    mayGoOn?: () => boolean,
  ): Promise<readonly SlotStepResult[]>;
  /**
   * Creates a logical slot, which waits for every transaction that runs. Given up after the time, it leaves nothing
   * behind. Never throws.
   */
  createLogical(
    step: CreateLogicalStep,
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<SlotStepResult>;
  /** Opens a session for moving logical slots of this database; a statement of it takes this long at most. */
  openDatabase(database: string, statementLimitMs: number): Promise<AdvanceSession>;
  /** Those of these slots that the leader has; none where it is in recovery itself. Throws where it can't be asked. */
  readLeaderSlots(leader: Upstream, names: readonly string[]): Promise<readonly SlotInfo[]>;
  /** Those of these logical slots that the leader has, with their state files, not validated. Throws where it can't be asked. */
  fetchLeaderSlots(leader: Upstream, names: readonly string[]): Promise<readonly FetchedSlot[]>;
  /** Whether hot_standby_feedback is on as the server has it. Throws where it can't be asked. */
  isFeedbackOn(): Promise<boolean>;
  /** Puts slots in place; the server must be stopped, else all fail. Never throws. */
  install(files: readonly SlotStateFile[]): Promise<InstallOutcome>;
  /** Removes a slot's directory, with which the server refuses to start; the server must be stopped. */
  remove(name: string): Promise<void>;
}
