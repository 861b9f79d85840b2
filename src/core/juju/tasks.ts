// Actions and `juju exec` as the controller keeps them: an operation is what the user asked for, a task is
// its part on one unit. Both are numbered from one sequence, as in Juju, where `show-operation 1` and
// `show-task 2` go together.

import { prepareParameters } from './action-parameters.ts';
import type { Fields } from './coerce.ts';
import { charmOfUnit, unitNamed } from './find.ts';
import { ModelError } from './model-error.ts';
import type { Millis, Model, Task, TaskStatus, UnitName } from './model.ts';
import { compareNumbers, compareText } from './names.ts';
import { own, withKey } from './own.ts';

/** Name of the action that `juju exec` is (H257). */
export const execAction = 'juju-exec';

export interface Enqueued {
  readonly model: Model;
  readonly operation: string;
  /** Ids of the tasks, in the order of the units. */
  readonly tasks: readonly string[];
}

/**
 * Queues an action on units, with its parameters checked and completed (E117).
 *
 * Throws `not-found` for a unit or an action the charm does not have, `not-valid` for the parameters.
 */
export function enqueueAction(
  model: Model,
  request: {
    readonly units: readonly UnitName[];
    readonly action: string;
    readonly parameters: Fields;
  },
  now: Millis,
): Enqueued {
  const perUnit = request.units.map((unit) => {
    const { actions } = charmOfUnit(model, unit);
    const action = own(actions, request.action);
    if (action === undefined) {
      const names = Object.keys(actions).sort(compareText);
      throw new ModelError(
        'not-found',
        `action "${request.action}" not defined on unit "${unit}"`,
        names.length === 0 ? 'Its charm has no actions.' : `Its actions are ${names.join(', ')}.`,
      );
    }
    return { unit, action: action.name, parameters: prepareParameters(action, request.parameters) };
  });
  return enqueue(model, perUnit, now);
}

/** Queues shell commands on units. `timeoutSeconds` is null for Juju's default of no limit of ours. */
export function enqueueExec(
  model: Model,
  request: {
    readonly units: readonly UnitName[];
    readonly command: string;
    readonly timeoutSeconds: number | null;
  },
  now: Millis,
): Enqueued {
  const { command, timeoutSeconds } = request;
  // Juju passes the timeout in nanoseconds.
  const timeout = timeoutSeconds === null ? {} : { timeout: timeoutSeconds * 1e9 };
  const perUnit = request.units.map((unit) => ({
    unit: unitNamed(model, unit).name,
    action: execAction,
    parameters: { command, ...timeout },
  }));
  return enqueue(model, perUnit, now);
}

/**
 * Cancels a task: one that waits never runs; one that runs is marked for its agent, which kills the
 * process and ends it as aborted (E116). Throws `not-found`, `conflict` for one that is over.
 */
export function cancelTask(model: Model, id: string, now: Millis): Model {
  const task = taskNumbered(model, id);
  switch (task.status) {
    case 'pending':
      return withTask(model, { ...task, status: 'cancelled', completedAt: now });
    case 'running':
      return withTask(model, { ...task, status: 'aborting' });
    case 'aborting':
      return model;
    case 'completed':
    case 'failed':
    case 'aborted':
    case 'cancelled':
      throw new ModelError(
        'conflict',
        `cannot cancel task ${id}: it is ${task.status}`,
        'Only a task that is pending or running can be cancelled.',
      );
    default:
      return task.status satisfies never;
  }
}

/** Throws `not-found`. */
export function taskNumbered(model: Model, id: string): Task {
  const task = own(model.tasks, id);
  if (task !== undefined) return task;
  throw new ModelError('not-found', `task ${id} not found`, 'See the operations there are.');
}

/** Tasks of an operation, by number. Throws `not-found` when there is no such operation. */
export function tasksOfOperation(model: Model, operation: string): readonly Task[] {
  const tasks = Object.values(model.tasks)
    .filter((task) => task.operation === operation)
    .sort((left, right) => compareNumbers(left.id, right.id));
  if (tasks.length > 0) return tasks;
  throw new ModelError(
    'not-found',
    `operation "${operation}" not found`,
    'See the operations there are.',
  );
}

/** Status of a whole operation: what its least finished task says, or the worst when all are over. */
export function operationStatus(tasks: readonly Task[]): TaskStatus {
  const order: readonly TaskStatus[] = [
    'running',
    'aborting',
    'pending',
    'failed',
    'cancelled',
    'aborted',
    'completed',
  ];
  return order.find((status) => tasks.some((task) => task.status === status)) ?? 'completed';
}

export function isTaskOver(task: Task): boolean {
  return task.completedAt !== null;
}

function enqueue(
  model: Model,
  perUnit: readonly Pick<Task, 'unit' | 'action' | 'parameters'>[],
  now: Millis,
): Enqueued {
  const operation = String(model.sequence.task + 1);
  const tasks = perUnit.map((each, index): Task => ({
    ...each,
    id: String(model.sequence.task + 2 + index),
    operation,
    status: 'pending',
    message: '',
    results: {},
    log: [],
    enqueuedAt: now,
    startedAt: null,
    completedAt: null,
  }));
  const sequence = { ...model.sequence, task: model.sequence.task + 1 + tasks.length };
  const queued = tasks.reduce(withTask, model);
  return { model: { ...queued, sequence }, operation, tasks: tasks.map((task) => task.id) };
}

function withTask(model: Model, task: Task): Model {
  return { ...model, tasks: withKey(model.tasks, task.id, task) };
}
