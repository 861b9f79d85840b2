// The end of an action or of `juju exec`: its result goes to the task, and the unit goes back to what it
// was doing, which may be waiting in error (E85, E115).

import { unitNamed } from '../find.ts';
import type { Millis, Model, UnitName } from '../model.ts';
import { own, withKey } from '../own.ts';
import { reportHookError } from './hook-failure.ts';
import type { Outcome } from './operation.ts';
import { withUniter } from './record.ts';

export function finishTask(
  model: Model,
  unit: UnitName,
  outcome: Extract<Outcome, { readonly kind: 'action' }>,
  now: Millis,
): Model {
  const { uniter } = unitNamed(model, unit);
  const task = uniter.task === null ? undefined : own(model.tasks, uniter.task);
  const { status, message, results } = outcome;
  const told =
    task === undefined
      ? model
      : {
          ...model,
          tasks: withKey(model.tasks, task.id, {
            ...task,
            status,
            message,
            results: { ...task.results, ...results },
            completedAt: now,
          }),
        };
  const { hook } = uniter;
  if (hook === null) {
    return withUniter(told, unit, { kind: 'continue', step: 'pending', task: null });
  }
  const failed = withUniter(told, unit, { kind: 'run-hook', step: 'pending', task: null });
  return reportHookError(failed, unit, hook, now);
}
