// Faults a person or a test can inflict (K5), and the reboot a charm may ask for (E120).

import { delay } from '#adapters/system/clock.ts';
import { unitNamed } from '#core/juju/find.ts';
import type { UnitName } from '#core/juju/model.ts';
import { rebootMachine, setMachineCondition } from '#core/juju/set-machine.ts';
import { createSettingsCache } from '#core/juju/tools/settings-cache.ts';
import { expireLease } from '#core/juju/uniter/leases.ts';
import { interruptOperation } from '#core/juju/uniter/operation-steps.ts';

import { endProcesses, finderBelow, signalAll } from '../machine/model-processes.ts';
import type { FaultInput } from '../api/calls.ts';
import { UserError } from '../user-error.ts';
import type { Controller } from './controller.ts';

export class MachineFaults {
  readonly #controller: Controller;

  constructor(controller: Controller) {
    this.#controller = controller;
  }

  /** Throws `ModelError` for a machine, application or unit that is not there. */
  async inflict(fault: FaultInput): Promise<void> {
    const { target } = fault;
    this.#controller.note(`fault ${fault.kind} ${target}`.trim());
    switch (fault.kind) {
      case 'stop-machine':
        return this.#powerOff(target);
      case 'start-machine':
      case 'reconnect-machine':
        return this.#setCondition(target, 'started');
      case 'pause-machine':
        return this.#pause(target);
      case 'resume-machine':
        return this.#resume(target);
      case 'isolate-machine':
        return this.#setCondition(target, 'isolated');
      case 'reboot-machine':
        return this.#reboot(target);
      case 'expire-lease':
        return this.#expireLease(target);
      case 'fail-hook':
        return this.#failHook(fault);
      case 'stop-controller':
      case 'start-controller':
        return this.#controller.setControllerStopped(fault.kind === 'stop-controller');
      case 'restart-agent':
        return this.#restartAgent(target);
      default:
        return fault.kind satisfies never;
    }
  }

  /** The reboot a charm asked for by juju-reboot. */
  async rebootMachineOf(unit: UnitName): Promise<void> {
    await this.#reboot(unitNamed(this.#controller.book.model, unit).machine);
  }

  #setCondition(machine: string, condition: 'started' | 'isolated'): void {
    this.#controller.change((model) => setMachineCondition(model, machine, condition));
  }

  /** As when the power goes: nothing is asked to end. */
  async #powerOff(machine: string): Promise<void> {
    this.#controller.change((model) => setMachineCondition(model, machine, 'stopped'));
    await this.#killAll(machine);
  }

  async #reboot(machine: string): Promise<void> {
    await this.#powerOff(machine);
    this.#controller.change((model) => rebootMachine(model, machine));
  }

  async #killAll(machine: string): Promise<void> {
    const { turns, layout, clock } = this.#controller;
    for (const unit of this.#unitsOn(machine)) {
      await turns.abandon(unit);
      this.#forget(unit);
    }
    const find = finderBelow(layout.machineDir(machine), [process.pid]);
    await endProcesses(find, { delay, now: clock.now }, ['SIGKILL']);
  }

  /** Frozen as a virtual machine that is suspended: hooks and daemons alike. */
  #pause(machine: string): void {
    this.#controller.change((model) => setMachineCondition(model, machine, 'paused'));
    const find = finderBelow(this.#controller.layout.machineDir(machine), [process.pid]);
    // What was forked while the first signals went out is caught by a look that finds nothing new.
    for (let before = -1, stopped = 0; stopped !== before;) {
      before = stopped;
      stopped = signalAll(find(), 'SIGSTOP');
    }
  }

  #resume(machine: string): void {
    const find = finderBelow(this.#controller.layout.machineDir(machine), [process.pid]);
    signalAll(find(), 'SIGCONT');
    this.#controller.change((model) => setMachineCondition(model, machine, 'started'));
  }

  #expireLease(application: string): void {
    const { host } = this.#controller;
    this.#controller.change((model, now) => {
      if (!Object.hasOwn(model.applications, application)) throw noApplication(application);
      return expireLease(model, application, now, host.random.choose);
    });
  }

  #failHook(fault: FaultInput): void {
    const { signal, exit, atTool } = fault;
    unitNamed(this.#controller.book.model, fault.target);
    const agent = this.#controller.agents.get(fault.target);
    agent.plannedFault = { atTool, exit, signal: signal === null ? null : knownSignal(signal) };
  }

  async #restartAgent(unit: UnitName): Promise<void> {
    unitNamed(this.#controller.book.model, unit);
    await this.#controller.turns.abandon(unit);
    this.#forget(unit);
    this.#controller.change((model, now) => interruptOperation(model, unit, now));
  }

  /** An agent that died has lost what it remembered (H72). */
  #forget(unit: UnitName): void {
    const agent = this.#controller.agents.find(unit);
    if (agent !== undefined) agent.cache = createSettingsCache();
  }

  #unitsOn(machine: string): readonly UnitName[] {
    return Object.values(this.#controller.book.model.units)
      .filter((unit) => unit.machine === machine)
      .map((unit) => unit.name);
  }
}

const signals = [
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGSEGV',
  'SIGABRT',
] as const;

/** `KILL` or `SIGKILL`. Throws `UserError` for a name that is not among those that make sense here. */
function knownSignal(name: string): NodeJS.Signals {
  const found = signals.find((signal) => signal === name || signal === `SIG${name}`);
  if (found !== undefined) return found;
  throw new UserError(`unknown signal "${name}"`, `Use one of ${signals.join(', ')}.`);
}

function noApplication(name: string): UserError {
  return new UserError(`application "${name}" not found`, 'See "juju-local status".');
}
