// What one turn has to do to the slots of one member: a value, carried out elsewhere.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { SlotReport } from './slot-report.ts';
import type {
  AdvanceLogicalStep,
  CopyLogicalStep,
  CreateLogicalStep,
  SlotStep,
} from './slot-step.ts';

/** Each step stands for itself: one that fails stops no other. `steps` come before `create`. */
export interface SlotPlan {
  readonly steps: readonly SlotStep[];
  readonly create: readonly CreateLogicalStep[];
  /** All that the advance worker is to know of; it replaces what it was told before. */
  readonly advance: readonly AdvanceLogicalStep[];
  /** Candidates: whether the primary has them, and whether a restart is due, is decided later. */
  readonly copy: readonly CopyLogicalStep[];
  readonly reports: readonly SlotReport[];
  /**
   * Positions of permanent logical slots that this primary has lost or never had. They stay in `/status`, so that no
   * later leader takes such a slot for a new one and makes it anew.
   */
  readonly lostPositions: ReadonlyMap<string, Lsn>;
}

/** Several parts as one plan, in this order. */
export function joinPlans(parts: readonly Partial<SlotPlan>[]): SlotPlan {
  return {
    steps: parts.flatMap(({ steps }) => steps ?? []),
    create: parts.flatMap(({ create }) => create ?? []),
    advance: parts.flatMap(({ advance }) => advance ?? []),
    copy: parts.flatMap(({ copy }) => copy ?? []),
    reports: parts.flatMap(({ reports }) => reports ?? []),
    lostPositions: new Map(parts.flatMap(({ lostPositions }) => [...(lostPositions ?? [])])),
  };
}
