// The three steps every operation goes through: it begins, and either finishes or is cut short. Each is
// one change of the model, so that a controller that stores the model after every step can die between
// any two of them and go on from what it stored (E13).

import type { Random } from '../../random.ts';
import { unitNamed } from '../find.ts';
import type { HookInfo, Millis, Model, UnitName } from '../model.ts';
import { own, withKey } from '../own.ts';
import { settle } from '../remove.ts';
import { beginHook } from './begin-hook.ts';
import { commitHook } from './commit-hook.ts';
import { finishTask } from './finish-task.ts';
import { failHook, recordFailure, reportHookError } from './hook-failure.ts';
import { performInstant } from './instant-operations.ts';
import { interruptUnit } from './interrupt.ts';
import type { LongOperation, Operation, Outcome } from './operation.ts';
import { withAgentStatus, withUnit, withUniter } from './record.ts';
import { showWorkloadEnd } from './workload-status.ts';

/**
 * Starts an operation `nextOperation` gave for this very model.
 *
 * An instant operation is over with this call. Of a long one the caller now does the work `underWay`
 * names, and calls `finishOperation`; when `underWay` is null there is none, because the hook was for a
 * leader and the unit leads no more (E15).
 */
export function beginOperation(
  model: Model,
  unit: UnitName,
  operation: Operation,
  now: Millis,
): Model {
  return settle(begun(model, unit, operation, now), now);
}

function begun(model: Model, unit: UnitName, operation: Operation, now: Millis): Model {
  if (operation.kind === 'run-hook') return beginHook(model, unit, operation.hook, now);
  if (operation.kind === 'run-action') return beginTask(model, unit, operation.task, now);
  if (operation.kind === 'run-commands') return beginCommands(model, unit, now);
  if (operation.kind === 'upgrade') return beginUpgrade(model, unit, operation, now);
  return performInstant(model, unit, operation, now);
}

/**
 * Ends the operation that is under way. The charm's own changes must be in the model already: the
 * outcome is `success` only after `commit` took them (E64).
 *
 * The same model when a forced removal has taken the unit away meanwhile.
 */
export function finishOperation(
  model: Model,
  unit: UnitName,
  outcome: Outcome,
  now: Millis,
  random: Random,
): Model {
  const found = own(model.units, unit);
  if (found === undefined) return model;
  const { uniter } = found;
  switch (uniter.kind) {
    case 'continue':
      // juju-exec leaves no trace in the record.
      return settle(model, now);
    case 'run-action':
      return settle(finishTask(model, unit, taskOutcome(outcome), now), now);
    case 'upgrade':
      return settle(finishUpgrade(model, unit, outcome, now, random), now);
    case 'run-hook':
      if (uniter.hook === null || found.agentStatus.status === 'error') return settle(model, now);
      return settle(finishHook(model, unit, uniter.hook, outcome, now, random), now);
    default:
      return uniter.kind satisfies never;
  }
}

/** The agent died: whatever it had under way did not end (E86). Harmless for a unit that had nothing. */
export function interruptOperation(model: Model, unit: UnitName, now: Millis): Model {
  if (!Object.hasOwn(model.units, unit)) return model;
  return settle(interruptUnit(model, unit, now), now);
}

/**
 * Takes note that the hook ran and its changes were flushed, for a caller that stores this apart from
 * `finishOperation`: an agent that dies between the two only commits, and does not run the hook again
 * (E13).
 */
export function recordHookDone(model: Model, unit: UnitName): Model {
  const { kind } = unitNamed(model, unit).uniter;
  return kind === 'run-hook' ? withUniter(model, unit, { step: 'done' }) : model;
}

/** What the unit's record says is being worked on; null when that is nothing, or it waits in error. */
export function underWay(model: Model, unit: UnitName): LongOperation | null {
  const found = own(model.units, unit);
  if (found === undefined) return null;
  const { kind, step, hook, task, charmUrl, charmModified } = found.uniter;
  if (step !== 'pending' || found.agentStatus.status === 'error') return null;
  if (kind === 'run-hook' && hook !== null) return { kind, hook };
  if (kind === 'run-action' && task !== null) return { kind, task };
  return kind === 'upgrade' ? { kind, charmUrl, charmModified } : null;
}

function beginTask(model: Model, unit: UnitName, id: string, now: Millis): Model {
  const task = own(model.tasks, id);
  if (task === undefined || task.status !== 'pending') {
    throw new Error(`Cannot run task ${id} on ${unit} as the model has no such pending task`);
  }
  const tasks = withKey(model.tasks, id, { ...task, status: 'running' as const, startedAt: now });
  // The failed hook, if there is one, stays on record and is waited for again afterwards (E85).
  const change = { kind: 'run-action', step: 'pending', task: id } as const;
  const running = withUniter({ ...model, tasks }, unit, change);
  return withAgentStatus(running, unit, 'executing', `running action ${task.action}`, now);
}

/** In error the error stays on show: it is the only mark that tells a failed hook from a running one. */
function beginCommands(model: Model, unit: UnitName, now: Millis): Model {
  if (unitNamed(model, unit).uniter.kind !== 'continue') return model;
  return withAgentStatus(model, unit, 'executing', 'running commands', now);
}

function beginUpgrade(
  model: Model,
  unit: UnitName,
  operation: Extract<Operation, { readonly kind: 'upgrade' }>,
  now: Millis,
): Model {
  const { charmUrl, charmModified } = operation;
  const change = { kind: 'upgrade', step: 'pending', charmUrl, charmModified } as const;
  const cleared = withUnit(withUniter(model, unit, change), unit, { resolved: null });
  return withAgentStatus(cleared, unit, 'executing', `unpacking ${charmUrl}`, now);
}

function finishUpgrade(
  model: Model,
  unit: UnitName,
  outcome: Outcome,
  now: Millis,
  random: Random,
): Model {
  if (outcome.kind === 'failed') {
    const failed = recordFailure(model, unit, now, random);
    return withAgentStatus(failed, unit, 'error', 'upgrade failed', now);
  }
  // Killed: the record stays as it is, and the files are unpacked again.
  if (outcome.kind !== 'success') return model;
  const { hook, installed } = unitNamed(model, unit).uniter;
  // Forced upon a failed hook: that one waits for its retry as before, and no upgrade-charm fires for this charm (E85).
  if (hook !== null) {
    return reportHookError(withUniter(model, unit, { kind: 'run-hook' }), unit, hook, now);
  }
  // A unit's first charm: install comes by its own rule, after the storage (L20).
  if (!installed) return withUniter(model, unit, { kind: 'continue', failure: null });
  const next = { kind: 'run-hook', step: 'queued', failure: null } as const;
  return withUniter(model, unit, { ...next, hook: { kind: 'upgrade-charm' } });
}

function finishHook(
  model: Model,
  unit: UnitName,
  hook: HookInfo,
  outcome: Outcome,
  now: Millis,
  random: Random,
): Model {
  switch (outcome.kind) {
    case 'success':
    case 'missing':
      return showWorkloadEnd(commitHook(model, unit, hook, now, random), unit, hook, now);
    case 'failed':
      return failHook(model, unit, hook, now, random);
    case 'terminated':
      // E11: run again at once and from the start, without counting as a failure.
      return withUniter(model, unit, { step: 'queued' });
    case 'action':
      throw new Error(`Cannot end the ${hook.kind} hook of ${unit} with the outcome of an action`);
    default:
      return outcome satisfies never;
  }
}

/** A task always ends with a status of its own; whatever went wrong before it had one is a failure. */
function taskOutcome(outcome: Outcome): Extract<Outcome, { readonly kind: 'action' }> {
  switch (outcome.kind) {
    case 'action':
      return outcome;
    case 'success':
      return { kind: 'action', status: 'completed', message: '', results: {} };
    case 'missing':
      return { kind: 'action', status: 'failed', message: 'action not implemented', results: {} };
    case 'failed':
      return { kind: 'action', status: 'failed', message: outcome.message, results: {} };
    case 'terminated':
      return { kind: 'action', status: 'failed', message: 'action terminated', results: {} };
    default:
      return outcome satisfies never;
  }
}
