// The slots that are to be on one member, as values.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { DesiredSlot } from './member-slots.ts';

export interface DesiredPhysicalSlot extends DesiredSlot {
  /** Who asks for it: a member that is there, one that is away, or the configuration. */
  readonly source: 'member' | 'retained' | 'permanent';
}

export interface DesiredLogicalSlot {
  readonly name: string;
  readonly database: string;
  readonly plugin: string;
  /** What its consumer has confirmed to the primary; null while the primary publishes nothing of it. */
  readonly lsn: Lsn | null;
  /** From PostgreSQL 17 on: the server itself is to keep it on standbys. */
  readonly isFailover: boolean;
  /** `recreate_when_lost`: whether it may be made anew although its consumer then misses what lies between. */
  readonly isRecreatedWhenLost: boolean;
  /**
   * The leader does not have it and only tells where its consumer was, with an earlier leader: on the leader's history
   * that may be another place.
   */
  readonly isLostOnLeader: boolean;
}

export interface DesiredSlotSet {
  readonly physical: ReadonlyMap<string, DesiredPhysicalSlot>;
  readonly logical: ReadonlyMap<string, DesiredLogicalSlot>;
}
