// Which lock an operation holds while it runs. A machine's lock is what makes all its units take turns:
// principals, subordinates and neighbours alike (E101).

import { unitNamed } from '../find.ts';
import type { Model, UnitName } from '../model.ts';
import { own } from '../own.ts';
import type { Operation } from './operation.ts';
import { ownCharm } from './own-charm.ts';

/** Name of the lock, or null for what runs beside everything else (E102, E103). */
export function lockOf(model: Model, unit: UnitName, operation: Operation): string | null {
  const { machine } = unitNamed(model, unit);
  if (operation.kind === 'run-action') return actionLock(model, unit, machine, operation.task);
  // Unpacking and all that is instant touch nothing but the unit's own record and files.
  const isLocked = operation.kind === 'run-hook' || operation.kind === 'run-commands';
  return isLocked ? machineLock(machine) : null;
}

export function machineLock(machine: string): string {
  return `machine ${machine}`;
}

/** An execution group is a lock of its own; a parallel action without one needs none (E103). */
function actionLock(model: Model, unit: UnitName, machine: string, id: string): string | null {
  const task = own(model.tasks, id);
  const action = task === undefined ? undefined : own(ownCharm(model, unit).actions, task.action);
  if (action === undefined || !action.parallel) return machineLock(machine);
  const group = action.executionGroup;
  return group === '' ? null : `machine ${machine}, exec-command-${group}`;
}
