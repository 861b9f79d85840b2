// What a rule is. The rules stand in one ordered table (table.ts); the first that answers decides.

import type { Step } from './step.ts';
import type { World } from './world.ts';

export interface Rule {
  /** Stable, printed with every decision: `rule=705`. */
  readonly id: number;
  /** What the rule is for and why it is right, in one sentence. */
  readonly why: string;
  /** Null when the rule has nothing to say and the next one is asked. */
  readonly decide: (world: World) => Step | null;
}

export interface Decision {
  readonly rule: number;
  readonly why: string;
  readonly step: Step;
}
