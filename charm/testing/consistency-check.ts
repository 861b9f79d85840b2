// What a check of consistency is given and answers.

import type { CharmDefinition } from '#core/juju/charm-definition.ts';
import type { CharmState } from './charm-state.ts';
import type { CharmEvent } from './events.ts';

export interface TestWorld {
  readonly charm: CharmDefinition;
  readonly state: CharmState;
  readonly event: CharmEvent;
}

/** Contradictions of one concern: each names the field, what it says and what would be right. */
export type ConsistencyCheck = (world: TestWorld) => readonly string[];
