// A whole model in virtual time: pretend charms run as hooks, users give commands, machines freeze and
// agents die, and after every step the invariants of K8 are checked. One seed is one run.

import { createRandom } from '#core/random.ts';
import type { Random } from '#core/random.ts';
import type { HookInfo, Millis, Model, UnitName } from '#core/juju/model.ts';
import { isInScope, writeApplicationBag } from '#core/juju/relation-scope.ts';
import { writeUnitBag } from '#core/juju/relation-scope.ts';
import { hookName } from '#core/juju/uniter/hook-name.ts';
import { claimLeases, leadershipOf } from '#core/juju/uniter/leases.ts';
import { rules } from '#core/juju/uniter/next-operation.ts';
import type { Operation, Outcome } from '#core/juju/uniter/operation.ts';
import { beginOperation, finishOperation } from '#core/juju/uniter/operation-steps.ts';
import { interruptOperation, recordHookDone, underWay } from '#core/juju/uniter/operation-steps.ts';
import type { Rule } from '#core/juju/uniter/rules/rule.ts';
import { nextTurn } from '#core/juju/uniter/scheduler.ts';
import type { WaitingCommands } from '#core/juju/uniter/scheduler.ts';
import { Invariants } from './invariants.ts';
import { start, unitOf } from './models.ts';

/** One line of the run. `hook` is set for hooks only; `leader` is what is-leader answered. */
export interface Step {
  readonly at: Millis;
  readonly kind: 'begin' | 'end' | 'interrupt' | 'command';
  readonly unit: UnitName;
  readonly text: string;
}

export interface HookRun {
  readonly unit: UnitName;
  readonly hook: HookInfo;
  readonly name: string;
  readonly model: Model;
  readonly now: Millis;
  readonly random: Random;
}

export interface BagWrite {
  readonly relation: string;
  readonly bag: 'unit' | 'application';
  readonly change: Readonly<Record<string, string>>;
}

/** What a pretend charm does in one hook. Its writes are made only when the hook succeeds (E60). */
export interface HookEffect {
  readonly outcome: Exclude<Outcome['kind'], 'action'>;
  readonly writes?: readonly BagWrite[];
  /** How long the hook takes; default one second. */
  readonly duration?: Millis;
}

export interface WorldOptions {
  readonly seed: number;
  /** Default: every hook succeeds and writes nothing. */
  readonly charm?: (run: HookRun) => HookEffect;
  /** A table with a mistake in it, to show that the invariants notice. */
  readonly table?: readonly Rule[];
  /** Another mistake: what the model becomes after an operation. */
  readonly spoil?: (model: Model, unit: UnitName) => Model;
  readonly ignoreLocks?: boolean;
  /** How often, from 0 to 1, unpacking fails and agents die between flush and commit (E13). */
  readonly troubles?: number;
}

interface Busy {
  readonly unit: UnitName;
  readonly operation: Operation;
  readonly lock: string | null;
  readonly effect: HookEffect;
  readonly startedAt: Millis;
  endsAt: Millis;
}

export class World {
  model: Model;
  now: Millis = start;
  readonly random: Random;
  readonly history: Step[] = [];
  readonly invariants: Invariants = new Invariants();
  charm: (run: HookRun) => HookEffect;
  readonly #options: WorldOptions;
  #busy: Busy[] = [];
  #commands: WaitingCommands[] = [];

  constructor(model: Model, options: WorldOptions) {
    this.model = model;
    this.#options = options;
    this.random = createRandom(options.seed);
    this.invariants.adopt(model);
    this.charm = options.charm ?? (() => ({ outcome: 'success' }));
  }

  /** Lets things happen until nothing is left to do before `until`. Time then stands at `until`. */
  run(until: Millis): void {
    let [instant, steps] = [this.now, 0];
    while (this.#step(until)) {
      this.invariants.check(this.model, this.now, this.#busy);
      steps = this.now === instant ? steps + 1 : 0;
      instant = this.now;
      if (steps > 2000) throw new Error(`Time stands still: ${this.#waitingFor()}`);
    }
    this.now = Math.max(this.now, until);
  }

  /** Lets things happen until the model rests; fails when it does not within a day. */
  settleDown(): void {
    const limit = this.now + 24 * 3_600_000;
    while (this.now < limit && !this.#isAtRest()) this.run(this.now + 1000);
    if (this.now >= limit)
      throw new Error(`The model does not come to rest: ${this.#waitingFor()}`);
  }

  /** A change made by a user or by fate. */
  command(text: string, change: (model: Model) => Model): void {
    this.model = change(this.model);
    this.history.push({ at: this.now, kind: 'command', unit: '', text });
    if (text.startsWith('expire-lease')) this.invariants.voidPromises();
    this.invariants.check(this.model, this.now, this.#busy);
  }

  /** The agents of a machine die, and the hooks they run with them. */
  killAgents(machine: string): void {
    for (const unit of Object.values(this.model.units)) {
      if (unit.machine === machine) this.killAgent(unit.name);
    }
  }

  killAgent(unit: UnitName): void {
    const busy = this.#busy.find((each) => each.unit === unit);
    if (busy === undefined) return;
    this.#busy = this.#busy.filter((each) => each !== busy);
    this.invariants.interrupted(unit, busy.operation);
    // Half of the time the controller is told at once, half of the time the record speaks (E86).
    if (this.random.chance(0.5)) this.model = interruptOperation(this.model, unit, this.now);
    this.history.push({ at: this.now, kind: 'interrupt', unit, text: describe(this.model, busy) });
  }

  /** A program on the unit's machine calls juju-exec (H252). */
  execute(unit: UnitName): void {
    this.#commands.push({ unit, id: `${unit} at ${this.now}` });
  }

  busyUnits(): readonly UnitName[] {
    return this.#busy.map((each) => each.unit);
  }

  /** Hooks in the order they began, as `unit name` and what the hook is about. */
  trace(unit?: UnitName): readonly string[] {
    return this.history
      .filter((step) => step.kind === 'begin' && (unit === undefined || step.unit === unit))
      .map((step) => (unit === undefined ? `${step.unit} ${step.text}` : step.text));
  }

  #step(until: Millis): boolean {
    this.model = claimLeases(this.model, this.now, this.random.choose);
    const operations = this.#options.ignoreLocks
      ? this.#busy.map((each) => ({ ...each, lock: null }))
      : this.#busy;
    const running = { operations, commands: this.#commands };
    const table = this.#options.table ?? rules;
    const turn = nextTurn(this.model, this.now, running, this.random, table);
    if (turn.kind === 'run') {
      this.#begin(turn.unit, turn.operation, turn.lock);
      return true;
    }
    const ends = this.#busy.filter((each) => this.#isMoving(each)).map((each) => each.endsAt);
    const next = Math.min(...ends, turn.wakeAt ?? Infinity);
    if (next > until) return false;
    this.now = Math.max(this.now, next);
    const over = this.#busy.find((each) => this.#isMoving(each) && each.endsAt <= this.now);
    if (over !== undefined) this.#end(over);
    return true;
  }

  #begin(unit: UnitName, operation: Operation, lock: string | null): void {
    const before = this.model;
    const recorded = unitOf(before, unit).uniter.hook;
    this.invariants.beginning(before, unit, operation);
    this.model = beginOperation(this.model, unit, operation, this.now);
    const long = operation.kind === 'run-commands' ? operation : underWay(this.model, unit);
    if (operation.kind !== 'run-hook' || long !== null) {
      const text = operation.kind === 'run-hook' ? hookText(before, unit, operation.hook) : '';
      if (text !== '') this.history.push({ at: this.now, kind: 'begin', unit, text });
    }
    if (long === null) {
      this.invariants.ended(unit, operation, recorded, 'success');
      this.#spoil(unit);
      return;
    }
    this.invariants.running(this.model, unit, operation, this.now);
    if (operation.kind === 'run-commands') {
      this.#commands = this.#commands.filter((each) => each.id !== operation.commands);
    }
    const effect = this.#effect(unit, operation);
    const endsAt = this.now + (effect.duration ?? 1000);
    this.#busy.push({ unit, operation, lock, effect, startedAt: this.now, endsAt });
  }

  #effect(unit: UnitName, operation: Operation): HookEffect {
    const { model, now, random } = this;
    if (operation.kind !== 'run-hook') {
      const fails = operation.kind === 'upgrade' && random.chance(this.#options.troubles ?? 0);
      return { outcome: fails ? 'failed' : 'success', duration: random.between(1, 8) * 1000 };
    }
    const { hook } = operation;
    const name = hookName(model, unit, hook);
    return this.charm({ unit, hook, name, model, now, random });
  }

  #end(busy: Busy): void {
    const { unit, operation } = busy;
    this.#busy = this.#busy.filter((each) => each !== busy);
    const flushed = busy.effect.outcome === 'success' ? this.#flush(busy) : this.model;
    const kind = flushed === null ? 'failed' : busy.effect.outcome;
    if (flushed !== null) this.model = flushed;
    if (kind === 'success' && this.random.chance(this.#options.troubles ?? 0)) {
      this.#dieBeforeCommit(busy);
      return;
    }
    const outcome: Outcome = kind === 'failed' ? { kind, message: 'exit status 1' } : { kind };
    this.model = finishOperation(this.model, unit, outcome, this.now, this.random);
    this.invariants.ended(unit, operation, null, kind);
    this.history.push({
      at: this.now,
      kind: 'end',
      unit,
      text: `${describe(this.model, busy)}: ${kind}`,
    });
    this.#spoil(unit);
  }

  /** The hook is flushed and noted as done, and then the agent dies: it is committed, not run again. */
  #dieBeforeCommit({ unit, operation }: Busy): void {
    if (!Object.hasOwn(this.model.units, unit)) return;
    if (operation.kind === 'run-hook') {
      this.model = recordHookDone(this.model, unit);
      this.invariants.mustCommit(unit);
    }
    this.model = interruptOperation(this.model, unit, this.now);
  }

  /** The writes of a hook, or null when they are refused: a leader's by one who leads no more (E66). */
  #flush(busy: Busy): Model | null {
    let model = this.model;
    for (const write of busy.effect.writes ?? []) {
      const relation = model.relations[write.relation];
      if (relation === undefined || !isInScope(relation, busy.unit)) continue;
      if (write.bag === 'unit') {
        model = writeUnitBag(model, write.relation, busy.unit, write.change);
        continue;
      }
      const leadership = leadershipOf(model, busy.unit, this.now);
      if (!leadership.leader) return null;
      const { application } = unitOf(model, busy.unit);
      model = writeApplicationBag(leadership.model, write.relation, application, write.change);
    }
    return model;
  }

  #spoil(unit: UnitName): void {
    if (this.#options.spoil !== undefined) this.model = this.#options.spoil(this.model, unit);
  }

  /** A frozen machine's hooks make no headway, and one that is cut off can't tell that they ended. */
  #isMoving(busy: Busy): boolean {
    const unit = this.model.units[busy.unit];
    // A unit taken away by force leaves its process behind, which ends some time.
    if (unit === undefined) return true;
    return this.model.machines[unit.machine]?.condition === 'started';
  }

  #isAtRest(): boolean {
    if (this.#busy.length > 0) return false;
    const turn = nextTurn(this.model, this.now, { operations: [] }, createRandom(0));
    const failed = Object.values(this.model.units).some((unit) => unit.uniter.failure !== null);
    return turn.kind === 'idle' && !failed;
  }

  #waitingFor(): string {
    const turn = nextTurn(this.model, this.now, { operations: this.#busy }, createRandom(0));
    return turn.kind === 'idle' ? turn.waitingFor : `${turn.unit}: ${turn.operation.why}`;
  }
}

/** `cluster-relation-departed app/1 departing app/0`, `install`, ... */
export function hookText(model: Model, unit: UnitName, hook: HookInfo): string {
  const name = hookName(model, unit, hook);
  if (hook.kind === 'relation-departed') {
    return `${name} ${hook.remoteUnit} departing ${hook.departingUnit}`;
  }
  if (!('remoteUnit' in hook)) return name;
  return `${name} ${hook.remoteUnit === '' ? `(${hook.remoteApplication})` : hook.remoteUnit}`;
}

function describe(model: Model, busy: Busy): string {
  const { operation, unit } = busy;
  if (operation.kind !== 'run-hook') return operation.kind;
  return Object.hasOwn(model.units, unit)
    ? hookText(model, unit, operation.hook)
    : operation.hook.kind;
}

/** A charm that counts up in the bags it may write and fails or is killed now and then. */
export function restlessCharm(run: HookRun): HookEffect {
  const { random, model, unit } = run;
  const duration = random.between(1, 40) * 500;
  const fate = random.next();
  if (fate < 0.12) return { outcome: 'failed', duration };
  if (fate < 0.17) return { outcome: 'terminated', duration };
  if (fate < 0.2) return { outcome: 'missing', duration };
  const entered = Object.values(model.relations).filter((relation) => isInScope(relation, unit));
  const leader = leadershipOf(model, unit, run.now).leader;
  const writes = entered.flatMap((relation): readonly BagWrite[] => {
    const value = String(random.between(0, 3));
    const mine: BagWrite = { relation: relation.id, bag: 'unit', change: { value } };
    const ours: BagWrite = { relation: relation.id, bag: 'application', change: { value } };
    return [
      ...(random.chance(0.15) ? [mine] : []),
      ...(leader && random.chance(0.15) ? [ours] : []),
    ];
  });
  return { outcome: 'success', writes, duration };
}
