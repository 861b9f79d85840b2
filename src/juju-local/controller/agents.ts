// The agents of all units, and each machine's socket for juju-exec: there for every unit of the model, gone with it.
// What a removed unit or machine leaves on disk and among the processes goes too.

import { errorCode } from '#adapters/files/error-code.ts';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { listenForFrames } from '#adapters/net/unix-listener.ts';
import type { Listener } from '#adapters/net/unix-listener.ts';
import { delay } from '#adapters/system/clock.ts';
import type { Model, Unit, UnitName } from '#core/juju/model.ts';

import type { AgentHost, ExecAnswer, ExecRequest } from '../agent/agent-host.ts';
import { UnitAgent } from '../agent/unit-agent.ts';
import { endProcesses, finderBelow } from '../machine/model-processes.ts';
import { unitTag } from '../state/layout.ts';

/** A juju-exec as it reached a machine's socket: which unit's tools directory it was called from, and the rest. */
export interface MachineExec extends ExecRequest {
  readonly callerTag: string;
  readonly machine: string;
}

export interface AgentsInit {
  readonly host: AgentHost;
  readonly onExec: (exec: MachineExec) => Promise<ExecAnswer>;
  /** A machine that left the model is gone for good. */
  readonly onCleared: () => void;
  readonly onError: (error: unknown) => void;
}

export class Agents {
  readonly #host: AgentHost;
  readonly #onExec: AgentsInit['onExec'];
  readonly #onCleared: () => void;
  readonly #onError: AgentsInit['onError'];
  readonly #agents = new Map<UnitName, UnitAgent>();
  readonly #machines = new Map<string, Listener>();
  /** Machines whose processes are being ended. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(init: AgentsInit) {
    this.#host = init.host;
    this.#onExec = init.onExec;
    this.#onCleared = init.onCleared;
    this.#onError = init.onError;
  }

  get(unit: UnitName): UnitAgent {
    const agent = this.#agents.get(unit);
    if (agent === undefined) throw new Error(`Cannot find the agent of '${unit}': it has none`);
    return agent;
  }

  find(unit: UnitName): UnitAgent | undefined {
    return this.#agents.get(unit);
  }

  /** Machines on their way out. */
  get leaving(): readonly string[] {
    return [...this.#leaving.keys()];
  }

  /** Brings agents and machines in line with the model. */
  async sync(model: Model): Promise<void> {
    for (const machine of Object.keys(model.machines)) {
      if (!this.#machines.has(machine)) await this.#addMachine(machine);
    }
    for (const unit of Object.values(model.units)) {
      if (!this.#agents.has(unit.name)) await this.#addUnit(unit);
    }
    for (const [name, agent] of this.#agents) {
      if (Object.hasOwn(model.units, name)) continue;
      this.#agents.delete(name);
      // A forced removal takes the unit away under its running hook.
      agent.interrupt('SIGKILL');
      await agent.close();
      rmSync(agent.paths.agentDir, { recursive: true, force: true });
      rmSync(agent.paths.toolsDir, { recursive: true, force: true });
    }
    for (const machine of this.#machines.keys()) {
      if (!Object.hasOwn(model.machines, machine)) await this.#removeMachine(machine);
    }
  }

  async #addUnit(unit: Unit): Promise<void> {
    const agent = new UnitAgent(unit.name, unit.machine, this.#host);
    await agent.start();
    this.#agents.set(unit.name, agent);
  }

  async #addMachine(machine: string): Promise<void> {
    const folder = this.#host.layout.machineDir(machine);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o711);
    const listener = await listenForFrames(
      this.#host.layout.runSocket(machine),
      async (fields) => {
        // 'exec', the caller's context id, the folder it was called from, its directory, its arguments.
        const [, callerContextId = '', folderOfTools = '', , ...args] = fields.map(String);
        const callerTag = folderOfTools.slice(folderOfTools.lastIndexOf('/') + 1);
        const answer = await this.#onExec({ callerContextId, callerTag, machine, args });
        return [String(answer.code), answer.stdout, answer.stderr];
      },
      this.#onError,
    );
    this.#machines.set(machine, listener);
  }

  async #removeMachine(machine: string): Promise<void> {
    await this.#machines.get(machine)?.close();
    this.#machines.delete(machine);
    this.#clear(machine);
  }

  /** Ends the machine's daemons and removes its directory, beside the other work. */
  #clear(machine: string): void {
    const folder = this.#host.layout.machineDir(machine);
    const clear = async (): Promise<void> => {
      await endProcesses(finderBelow(folder, [process.pid]), { delay, now: this.#host.clock.now });
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    };
    const cleared = clear()
      .catch(this.#onError)
      .finally(() => {
        this.#leaving.delete(machine);
        this.#onCleared();
      });
    this.#leaving.set(machine, cleared);
  }

  /** Clears machines that left the model while no controller was there to see it. */
  sweep(model: Model): void {
    const wanted = Object.keys(model.machines).map((id) => id.replaceAll('/', '-'));
    for (const name of readdirSync(this.#host.layout.machinesDir)) {
      if (!wanted.includes(name)) this.#clear(name);
    }
    for (const machine of wanted) this.#sweepUnits(model, machine);
  }

  #sweepUnits(model: Model, machine: string): void {
    const folder = this.#host.layout.machineDir(machine);
    const tags = new Set(Object.keys(model.units).map(unitTag));
    for (const parent of [folder, join(folder, 'tools')]) {
      const names = readdirIfThere(parent).filter((name) => name.startsWith('unit-'));
      for (const name of names) {
        if (!tags.has(name)) rmSync(join(parent, name), { recursive: true, force: true });
      }
    }
  }

  /** Resolves once no machine is on its way out any more. */
  async whenCleared(): Promise<void> {
    while (this.#leaving.size > 0) await Promise.all(this.#leaving.values());
  }

  /** Stops listening everywhere; directories and daemons stay. */
  async close(): Promise<void> {
    for (const agent of this.#agents.values()) await agent.close();
    for (const listener of this.#machines.values()) await listener.close();
    this.#agents.clear();
    this.#machines.clear();
  }
}

function readdirIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
