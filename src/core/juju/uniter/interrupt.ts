// What becomes of an operation whose agent died (E86).

import { unitNamed } from '../find.ts';
import type { Millis, Model, UnitName } from '../model.ts';
import { finishTask } from './finish-task.ts';
import { failHook } from './hook-failure.ts';

/**
 * A hook counts as failed although its changes may have been flushed (E13), an action as failed for good,
 * and the unpacking of a charm is taken up again later. A second call changes nothing.
 */
export function interruptUnit(model: Model, unit: UnitName, now: Millis): Model {
  const { uniter, agentStatus } = unitNamed(model, unit);
  if (uniter.step !== 'pending') return model;
  switch (uniter.kind) {
    case 'continue':
    case 'upgrade':
      return model;
    case 'run-action': {
      const message = 'action terminated';
      return finishTask(
        model,
        unit,
        { kind: 'action', status: 'failed', message, results: {} },
        now,
      );
    }
    case 'run-hook':
      if (uniter.hook === null || agentStatus.status === 'error') return model;
      return failHook(model, unit, uniter.hook, now, null);
    default:
      return uniter.kind satisfies never;
  }
}
