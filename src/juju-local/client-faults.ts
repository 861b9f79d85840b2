// Faults that can be inflicted on a model, for tests and for people who want to see what happens.

import type { FaultInput } from './api/calls.ts';

const nothing = { target: '', atTool: 0, signal: null, exit: null } as const;

export class Faults {
  readonly #inflict: (input: FaultInput) => Promise<void>;

  constructor(inflict: (input: FaultInput) => Promise<void>) {
    this.#inflict = inflict;
  }

  /** Switches a machine off: every process on it dies at once. */
  async stopMachine(machine: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'stop-machine', target: machine });
  }

  async startMachine(machine: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'start-machine', target: machine });
  }

  /** Freezes every process of a machine, and its agents. */
  async pauseMachine(machine: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'pause-machine', target: machine });
  }

  async resumeMachine(machine: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'resume-machine', target: machine });
  }

  /** The machine can't reach the controller; its workload goes on. */
  async isolateMachine(machine: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'isolate-machine', target: machine });
  }

  async reconnectMachine(machine: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'reconnect-machine', target: machine });
  }

  /** Off and on again: its units see a new boot (E121). */
  async rebootMachine(machine: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'reboot-machine', target: machine });
  }

  /** The application's leadership goes to another unit, or is free. */
  async expireLease(application: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'expire-lease', target: application });
  }

  /** Ends the unit's next hook at its `atTool`-th hook tool call, by a signal or as if it had exited. */
  async failHook(
    unit: string,
    atTool: number,
    end: { readonly signal: NodeJS.Signals } | { readonly exit: number },
  ): Promise<void> {
    const how = 'signal' in end ? { signal: end.signal } : { exit: end.exit };
    await this.#inflict({ ...nothing, kind: 'fail-hook', target: unit, atTool, ...how });
  }

  /** No hook starts and every hook tool fails, until `startController`. */
  async stopController(): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'stop-controller' });
  }

  async startController(): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'start-controller' });
  }

  /** The unit's agent dies and starts again; a hook that runs is interrupted (E86). */
  async restartAgent(unit: string): Promise<void> {
    await this.#inflict({ ...nothing, kind: 'restart-agent', target: unit });
  }
}
