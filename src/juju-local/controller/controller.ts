// The controller: a model on disk, the agents of its units, and the loop that gives them their turns.

import { copyFileSync, chmodSync, mkdirSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { randomInt, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { delay, systemClock } from '#adapters/system/clock.ts';
import type { Clock } from '#adapters/system/clock.ts';
import { isRunning, signalGroup } from '#adapters/system/process-table.ts';
import { createModel } from '#core/juju/create-model.ts';
import type { Model, UnitName } from '#core/juju/model.ts';
import { own } from '#core/juju/own.ts';
import type { Placement } from '#core/juju/placement.ts';
import { provisionStorage } from '#core/juju/storage.ts';
import { planExec } from '#core/juju/tools/plan-exec.ts';
import { createRandom } from '#core/random.ts';

import type { AgentHost, ExecAnswer, HostLogLine } from '../agent/agent-host.ts';
import { endProcesses, finderBelow } from '../machine/model-processes.ts';
import { addressOf, Networks } from '../machine/loopback.ts';
import type { ControllerOptions } from '../start-controller.ts';
import { layoutOf, unitTag } from '../state/layout.ts';
import type { Layout } from '../state/layout.ts';
import { ModelBook } from '../state/model-book.ts';
import { ModelLog } from '../state/model-log.ts';
import { Store } from '../state/store.ts';
import type { ProcessIdentity, Settings } from '../state/store.ts';
import { Agents } from './agents.ts';
import type { MachineExec } from './agents.ts';
import { jujuVersion } from './juju-version.ts';
import { MachineFaults } from './machine-faults.ts';
import { describeError, logLine } from './own-log.ts';
import { Turns } from './turns.ts';

/** A PATH as systemd gives it to an agent. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin';

/** How long a hook that was asked to end may take, milliseconds. */
const patienceMs = 3_000;

const toolClientSource: string = fileURLToPath(new URL('../agent/hook-tool.pl', import.meta.url));

export class Controller {
  readonly layout: Layout;
  readonly clock: Clock = systemClock;
  readonly book: ModelBook;
  readonly log: ModelLog;
  readonly agents: Agents;
  readonly turns: Turns;
  readonly faults: MachineFaults;
  readonly host: AgentHost;
  readonly networks: Networks;
  readonly #store: Store;
  #settings: Settings;

  private constructor(
    options: ControllerOptions,
    store: Store,
    networks: Networks,
    settings: Settings,
  ) {
    this.layout = layoutOf(options.stateDir);
    this.#store = store;
    this.#settings = settings;
    this.networks = networks;
    this.log = new ModelLog(store.database);
    this.book = new ModelBook(store, store.load() ?? newModel(options.modelName), this.clock.now);
    this.host = this.#createHost(settings.seed);
    const onError = (error: unknown): void => this.reportError(error);
    this.agents = new Agents({
      host: this.host,
      onExec: async (exec) => this.#exec(exec),
      onCleared: () => this.turns.wake(),
      onError,
    });
    this.faults = new MachineFaults(this);
    this.turns = new Turns({
      host: this.host,
      agents: this.agents,
      parallelHooks: options.parallelHooks ?? availableParallelism(),
      serves: () => !this.#settings.controllerStopped,
      provision: (model) => provisionStorage(model, this.placement),
      onReboot: async (unit) => this.faults.rebootMachineOf(unit),
      onError,
    });
    this.book.subscribe(() => this.turns.wake());
  }

  /** Opens the model, or makes one, takes its loopback networks and ends hooks a dead controller left running. */
  static async open(options: ControllerOptions): Promise<Controller> {
    const layout = layoutOf(options.stateDir);
    const store = new Store(layout.database);
    const networks = new Networks(options.stateDir);
    try {
      installToolClient(layout);
      const known = store.loadSettings();
      await networks.reclaim(known?.networks ?? []);
      await networks.grow(1);
      const settings = {
        networks: networks.names,
        seed: known?.seed ?? options.seed ?? randomInt(2 ** 32),
        controllerStopped: known?.controllerStopped ?? false,
      };
      store.saveSettings(settings);
      const left = store.loadProcesses();
      await endLeftHooks(left);
      store.forgetProcesses();
      const controller = new Controller(options, store, networks, settings);
      controller.agents.sweep(controller.book.model);
      return controller;
    } catch (error) {
      await networks.release();
      store.close();
      throw error;
    }
  }

  /** Begins to give turns. */
  start(): void {
    this.turns.wake();
  }

  get controllerStopped(): boolean {
    return this.#settings.controllerStopped;
  }

  /** `fault controller stop|start`. */
  setControllerStopped(controllerStopped: boolean): void {
    this.#settings = { ...this.#settings, controllerStopped };
    this.#store.saveSettings(this.#settings);
    this.turns.wake();
  }

  /** Makes sure that `machines` more machines find an address. */
  async reserveAddresses(machines: number): Promise<void> {
    await this.networks.grow(this.book.model.sequence.machine + machines);
    this.#settings = { ...this.#settings, networks: this.networks.names };
    this.#store.saveSettings(this.#settings);
  }

  readonly placement: Placement = {
    addressOf: (machine) => addressOf(machine, this.networks.names),
    storageLocation: (storage, machine) => {
      const location = this.layout.storage(machine, storage);
      mkdirSync(location, { recursive: true, mode: 0o755 });
      return location;
    },
  };

  /** Changes the model by one of core's functions, and lets the units react. */
  change(step: (model: Model, now: number) => Model): void {
    this.book.change((model) => provisionStorage(step(model, this.clock.now()), this.placement));
  }

  /** A line of the controller's own in the model's log, for what a user did to it. */
  note(message: string): void {
    const line = {
      level: 'INFO',
      logger: 'juju-local.controller',
      entity: 'controller-0',
    } as const;
    this.log.add({ ...line, at: this.clock.now(), message });
  }

  reportError(error: unknown): void {
    logLine('ERROR', describeError(error));
  }

  #createHost(seed: number): AgentHost {
    return {
      book: this.book,
      layout: this.layout,
      clock: this.clock,
      // Another stream after each start, as what was drawn before is not remembered.
      random: createRandom(seed + this.log.newestId),
      apiAddresses: [this.networks.apiAddress],
      systemPath,
      reachable: (unit) => this.#reachable(unit),
      log: (unit: UnitName, line: HostLogLine) =>
        this.log.add({ ...line, at: this.clock.now(), entity: unitTag(unit) }),
      recordProcess: (unit: UnitName, identity: ProcessIdentity | null) =>
        this.#store.recordProcess(unit, identity),
    };
  }

  #reachable(name: UnitName): boolean {
    const unit = own(this.book.model.units, name);
    const machine = unit === undefined ? undefined : own(this.book.model.machines, unit.machine);
    if (machine === undefined || this.controllerStopped) return false;
    return machine.condition === 'started' || machine.condition === 'paused';
  }

  /** Answers a juju-exec called on a machine: by default for the unit whose tools directory it was found in. */
  async #exec(exec: MachineExec): Promise<ExecAnswer> {
    const home = Object.values(this.book.model.units).find(
      (unit) => unit.machine === exec.machine && unitTag(unit.name) === exec.callerTag,
    );
    const environment = { JUJU_CONTEXT_ID: exec.callerContextId };
    const plan = planExec(exec.args, environment, this.book.model, home?.name ?? null);
    if (!plan.ok) return plan;
    if (plan.unit === null) {
      const stderr = 'ERROR --no-context is not supported: run the commands without juju-exec\n';
      return { code: 1, stdout: '', stderr };
    }
    const { promise, resolve } = Promise.withResolvers<ExecAnswer>();
    this.turns.queueExec(plan.unit, { request: exec, answer: resolve });
    return promise;
  }

  /** Starts nothing more, and ends the hooks that run. */
  async quiesce(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const interrupt = (by: NodeJS.Signals): void => {
      for (const name of Object.keys(this.book.model.units)) this.agents.find(name)?.interrupt(by);
    };
    const closed = this.turns.close();
    interrupt(signal);
    const patience = this.clock.after(patienceMs, () => interrupt('SIGKILL'));
    await closed;
    patience.cancel();
    await this.agents.whenCleared();
  }

  /** Stops listening and closes the model, after `quiesce`. Daemons of charms stay. */
  async close(): Promise<void> {
    await this.agents.close();
    await this.networks.release();
    this.#store.close();
  }

  /** Ends every process of the model but `spared` and what those descend from. */
  async endAllProcesses(spared: readonly number[]): Promise<void> {
    const find = finderBelow(this.layout.stateDir, [process.pid, ...spared]);
    await endProcesses(find, { delay, now: this.clock.now });
  }
}

function newModel(name: string): Model {
  const model = createModel({ uuid: randomUUID(), name, jujuVersion, now: systemClock.now() });
  // Units listen on addresses of their own, but Linux lets connections to any loopback address come
  // from 127.0.0.1: the model says so, as one behind a network that translates addresses would.
  return { ...model, config: { ...model.config, egressSubnets: ['127.0.0.1/32'] } };
}

/** Puts the program behind all hook tools where every user of the machine may start it. */
function installToolClient({ toolClient }: Layout): void {
  const beside = `${toolClient}.new`;
  copyFileSync(toolClientSource, beside);
  chmodSync(beside, 0o755);
  renameSync(beside, toolClient);
}

/** A hook whose controller died has no tools any more; it is ended before it is run again (E86). */
async function endLeftHooks(left: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of left) {
    signalGroup(identity, 'SIGKILL');
    while (isRunning(identity)) await delay(5);
  }
}
