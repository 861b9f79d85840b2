// The order of the rules, and the one function that asks them. test/golden/ha-table.txt is its print.

import type { Decision, Rule } from './rule.ts';
import { actionRules, startingRules } from './rules/action-rules.ts';
import { emptyRules, newClusterRules } from './rules/bootstrap-rules.ts';
import { followRules, primaryWithoutKeyRules } from './rules/follower-rules.ts';
import { leadRules, leaseRules, requestRules } from './rules/leader-rules.ts';
import { identityRules, preparationRules } from './rules/preparation-rules.ts';
import { raceRules } from './rules/race-rules.ts';
import { damagedRules, runningRejoinRules, stoppedRejoinRules } from './rules/rejoin-rules.ts';
import { startOutcomeRules, startStandbyRules, stoppedRules } from './rules/stopped-rules.ts';
import { storeRules } from './rules/store-rules.ts';
import type { World } from './world.ts';

export const table: readonly Rule[] = [
  ...storeRules,
  ...preparationRules,
  ...actionRules,
  ...startingRules,
  ...newClusterRules,
  ...startOutcomeRules,
  ...emptyRules,
  ...identityRules,
  ...damagedRules,
  ...stoppedRules,
  ...stoppedRejoinRules,
  ...startStandbyRules,
  ...raceRules,
  ...leaseRules,
  ...requestRules,
  ...leadRules,
  ...primaryWithoutKeyRules,
  ...runningRejoinRules,
  ...followRules,
];

/** What the member does next. The first rule that answers decides; the last one always does. */
export function decide(world: World): Decision {
  for (const { id, why, decide: ask } of table) {
    const step = ask(world);
    if (step !== null) return { rule: id, why, step };
  }
  throw new Error('The last rule of the table has to answer');
}

/** The table as text: a line for each rule. */
export function printTable(rules: readonly Rule[] = table): string {
  return `${rules.map(({ id, why }) => `${String(id).padStart(4)}  ${why}`).join('\n')}\n`;
}
