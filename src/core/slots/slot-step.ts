// One step towards the slots that should be.

import type { Lsn } from '#core/postgres/lsn.ts';

/** What one statement does at once, on any member. */
export type SlotStep =
  | { readonly kind: 'create-physical'; readonly name: string; readonly why: string }
  | { readonly kind: 'drop'; readonly name: string; readonly why: string }
  | {
      readonly kind: 'advance-physical';
      readonly name: string;
      readonly to: Lsn;
      readonly why: string;
    };

/** On the primary, connected to that database. Waits for every transaction that runs, so it has its own place. */
export interface CreateLogicalStep {
  readonly kind: 'create-logical';
  readonly name: string;
  readonly database: string;
  readonly plugin: string;
  /** From 17 on: whether the server itself is to keep it on standbys. */
  readonly isFailover: boolean;
  readonly why: string;
}

/** On a replica, connected to that database. Decodes all WAL in between, so it may take long. */
export interface AdvanceLogicalStep {
  readonly kind: 'advance-logical';
  readonly name: string;
  readonly database: string;
  readonly to: Lsn;
  readonly why: string;
}

/** On a replica: its state is to be fetched from the primary, checked, and put in place by one restart. */
export interface CopyLogicalStep {
  readonly kind: 'copy-logical';
  readonly name: string;
  readonly database: string;
  readonly plugin: string;
  readonly why: string;
}

export type LogicalSlotStep = CreateLogicalStep | AdvanceLogicalStep | CopyLogicalStep;
