// What a person may do about a failed hook: have it tried again now, or have it taken as done (E84).

import { unitNamed } from './find.ts';
import { ModelError } from './model-error.ts';
import type { Model, UnitName } from './model.ts';
import { compareUnits } from './names.ts';
import { withKey } from './own.ts';

/**
 * Marks a unit in error for its agent. Throws `not-found`, and `not-valid` for a unit that has no failed
 * hook or was resolved already.
 */
export function resolveUnit(
  model: Model,
  name: UnitName,
  options: { readonly retry: boolean },
): Model {
  const unit = unitNamed(model, name);
  if (unit.agentStatus.status !== 'error') {
    throw new ModelError(
      'not-valid',
      `unit "${name}" is not in an error state`,
      'Only a unit with a failed hook can be resolved.',
    );
  }
  if (unit.resolved !== null) {
    throw new ModelError(
      'conflict',
      `cannot set resolved mode for unit "${name}": already resolved`,
      'Wait until the agent has acted on it.',
    );
  }
  const resolved = options.retry ? 'retry' : 'no-retry';
  return { ...model, units: withKey(model.units, name, { ...unit, resolved }) };
}

/** Units with a failed hook nobody resolved yet: what `resolve --all` acts on. */
export function unresolvedUnits(model: Model): readonly UnitName[] {
  return Object.values(model.units)
    .filter((unit) => unit.agentStatus.status === 'error' && unit.resolved === null)
    .map((unit) => unit.name)
    .sort(compareUnits);
}
