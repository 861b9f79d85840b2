// Whose turn it is: one unit among all that could run something, and what it runs. Any choice Juju leaves
// open is drawn from the seeded randomness passed in, so a run is repeated by repeating its seed (K3).

import type { Random } from '../../random.ts';
import type { Millis, Model, Unit, UnitName } from '../model.ts';
import { compareUnits } from '../names.ts';
import { agentRuns, holdsLease, nextLeaseChange } from './leases.ts';
import { lockOf } from './machine-locks.ts';
import { nextStep, rules } from './next-operation.ts';
import type { Operation } from './operation.ts';
import type { Rule } from './rules/rule.ts';
import { nextSecretChange } from './secret-snapshot.ts';
import { remoteSnapshot } from './snapshot.ts';

export interface RunningOperation {
  readonly unit: UnitName;
  /** As the turn gave it. */
  readonly lock: string | null;
}

/** A call of `juju-exec` on a unit's machine that waits for its turn (H252). */
export interface WaitingCommands {
  readonly unit: UnitName;
  /** The caller's own id for it. */
  readonly id: string;
}

export interface Running {
  /** Long operations begun and not yet finished. */
  readonly operations: readonly RunningOperation[];
  /** Oldest first. */
  readonly commands?: readonly WaitingCommands[];
}

export type Turn =
  | {
      readonly kind: 'run';
      readonly unit: UnitName;
      /** With the rule's name and its reason in words. */
      readonly operation: Operation;
      readonly lock: string | null;
    }
  | {
      readonly kind: 'idle';
      /** When to ask again at the latest; null when only an event can bring work. */
      readonly wakeAt: Millis | null;
      readonly waitingFor: string;
    };

type Candidate =
  | Extract<Turn, { readonly kind: 'run' }>
  | { readonly kind: 'blocked'; readonly why: string };

/**
 * The next operation of the model. The caller begins it, adds it to `running` if it is long, and asks
 * again at once, until the answer is idle.
 */
export function nextTurn(
  model: Model,
  now: Millis,
  running: Running,
  random: Random,
  table: readonly Rule[] = rules,
): Turn {
  const resting = Object.values(model.units)
    .filter((unit) => agentRuns(model, unit.name))
    .filter((unit) => !running.operations.some((operation) => operation.unit === unit.name))
    .sort((left, right) => compareUnits(left.name, right.name));
  const candidates = resting.map((unit) => candidateOf(model, unit, now, running, random, table));
  const ready = candidates.filter((candidate) => candidate.kind === 'run');
  if (ready.length > 0) return random.choose(ready);
  const blocked = candidates.filter((candidate) => candidate.kind === 'blocked');
  return {
    kind: 'idle',
    wakeAt: earliest([nextLeaseChange(model), ...resting.flatMap((unit) => due(model, unit, now))]),
    waitingFor: waitingFor(
      running,
      blocked.map((candidate) => candidate.why),
    ),
  };
}

function candidateOf(
  model: Model,
  unit: Unit,
  now: Millis,
  running: Running,
  random: Random,
  table: readonly Rule[],
): Candidate {
  const commands = (running.commands ?? [])
    .filter((waiting) => waiting.unit === unit.name)
    .map((waiting) => waiting.id);
  const snapshot = remoteSnapshot(model, unit.name, now, commands);
  const step = nextStep(unit.uniter, snapshot, random.choose, table);
  if (step.kind === 'wait') return { kind: 'blocked', why: step.rule === 'idle' ? '' : step.why };
  const lock = lockOf(model, unit.name, step);
  const holder = running.operations.find((operation) => lock !== null && operation.lock === lock);
  if (holder !== undefined) {
    return { kind: 'blocked', why: `${unit.name} waits for ${holder.unit} to free ${lock ?? ''}` };
  }
  return { kind: 'run', unit: unit.name, operation: step, lock };
}

/** Times at which this unit gets something to do though nobody does anything. */
function due(model: Model, unit: Unit, now: Millis): readonly Millis[] {
  const { kind, failure, started, updateStatusAt } = unit.uniter;
  const times: Millis[] = [];
  if (failure !== null && failure.retryAt !== null) times.push(failure.retryAt);
  if (kind === 'continue' && unit.life === 'alive') {
    if (started && model.config.updateStatusHookInterval > 0) times.push(updateStatusAt);
    const leader = holdsLease(model, unit.name, now);
    times.push(...nextSecretChange(Object.values(model.secrets), unit, leader, now));
  }
  // What is past and yet not ready waits for a lock: it comes with the end of another operation.
  return times.filter((at) => at > now);
}

function earliest(times: readonly (Millis | null)[]): Millis | null {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function waitingFor(running: Running, blocked: readonly string[]): string {
  const reasons = [
    ...running.operations.map((operation) => `${operation.unit} is busy`),
    ...blocked.filter((why) => why !== ''),
  ];
  return reasons.length === 0 ? 'a change of the model' : reasons.join('; ');
}
