// Refuses states Juju can't produce, before a charm is run on them: a test that passes on an
// impossible state proves nothing (K9). All contradictions are collected and reported together.

import { checkCharmParts } from './consistency-charm.ts';
import { checkEvent } from './consistency-event.ts';
import { checkRelations } from './consistency-relations.ts';
import { checkSecrets } from './consistency-secrets.ts';
import { checkUnit } from './consistency-unit.ts';
import type { ConsistencyCheck, TestWorld } from './consistency-check.ts';

export class InconsistentStateError extends Error {
  override readonly name: string = 'InconsistentStateError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const list = problems.map((problem) => `- ${problem}`).join('\n');
    super(`Cannot run the charm on a state Juju never produces:\n${list}`);
    this.problems = problems;
  }
}

const checks: readonly ConsistencyCheck[] = [
  checkUnit,
  checkCharmParts,
  checkRelations,
  checkSecrets,
  checkEvent,
];

/** @throws InconsistentStateError with every contradiction found */
export function checkConsistency(world: TestWorld): void {
  const problems = checks.flatMap((check) => check(world));
  if (problems.length > 0) throw new InconsistentStateError(problems);
}
