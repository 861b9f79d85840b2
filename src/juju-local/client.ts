// juju-local as a typed API: what the command line, the tests and `npm start` drive a model with.

import { delay, systemClock } from '#adapters/system/clock.ts';
import { isRunning, readProcess } from '#adapters/system/process-table.ts';
import type { ConfigValue, Model, Task, Unit } from '#core/juju/model.ts';
import type { StatusView } from '#core/juju/status-shape.ts';
import { shownStatus } from '#core/juju/status-severity.ts';
import { isTaskOver } from '#core/juju/tasks.ts';

import type { Calls, DeployInput, FaultInput, Ping } from './api/calls.ts';
import { Connection } from './api/connection.ts';
import { Faults } from './client-faults.ts';
import { configOf, describeUnit, statusOf, unitsIn } from './client-views.ts';
import { ensureController } from './start-controller.ts';
import { layoutOf } from './state/layout.ts';
import type { ModelEvent } from './state/model-events.ts';
import type { LogLine, LogQuery } from './state/model-log.ts';
import { holdsModel, removeStateDir } from './state/state-directory.ts';
import { UserError } from './user-error.ts';
import { waitUntil } from './wait-until.ts';
import type { WaitOptions } from './wait-until.ts';

export interface BootstrapOptions {
  readonly stateDir: string;
  readonly modelName?: string;
  readonly parallelHooks?: number;
  readonly seed?: number;
  /** How long a wait lasts that names no timeout of its own, milliseconds; default ten minutes. */
  readonly timeoutMs?: number;
}

export type DeployOptions = { readonly path: string } & Partial<
  Omit<DeployInput, 'path' | 'units' | 'application'>
> & { readonly application?: string; readonly units?: number };

export interface DestroyOptions extends Partial<WaitOptions> {
  /** Ends everything at once, without the units' teardown hooks. */
  readonly force?: boolean;
}

const defaultTimeoutMs = 10 * 60 * 1000;

/** How long a controller may take to end once it said it would, milliseconds. */
const endTimeoutMs = 30_000;

export class JujuLocal implements AsyncDisposable {
  readonly stateDir: string;
  readonly faults: Faults;
  readonly #connection: Connection;

  readonly #timeoutMs: number;

  private constructor(stateDir: string, timeoutMs: number) {
    this.stateDir = stateDir;
    this.#timeoutMs = timeoutMs;
    this.#connection = new Connection(layoutOf(stateDir).controllerSocket);
    this.faults = new Faults(async (input) => this.#fault(input));
  }

  /** The model of a state directory, started when it is new or its controller has ended. */
  static async bootstrap(options: BootstrapOptions): Promise<JujuLocal> {
    await ensureController({
      stateDir: options.stateDir,
      modelName: options.modelName ?? 'local',
      parallelHooks: options.parallelHooks ?? null,
      seed: options.seed ?? null,
    });
    return new JujuLocal(options.stateDir, options.timeoutMs ?? defaultTimeoutMs);
  }

  /** The model of a state directory that is there. Throws `UserError` when there is none. */
  static async open(options: Pick<BootstrapOptions, 'stateDir' | 'timeoutMs'>): Promise<JujuLocal> {
    if (!holdsModel(options.stateDir)) {
      throw new UserError(
        `no model in "${options.stateDir}"`,
        'Make one with "juju-local bootstrap" or "juju-local deploy", or name the right --state-dir.',
      );
    }
    return JujuLocal.bootstrap(options);
  }

  async call<Name extends keyof Calls>(
    name: Name,
    input: Calls[Name]['input'],
  ): Promise<Calls[Name]['output']> {
    return this.#connection.call(name, input);
  }

  async #fault(input: FaultInput): Promise<void> {
    await this.call('fault', input);
  }

  async ping(): Promise<Ping> {
    return this.call('ping', {});
  }

  /** The whole model; core/juju's views turn it into what people read. */
  async model(): Promise<Model> {
    return this.call('model', {});
  }

  /** What `juju status` shows, as data. */
  async status(): Promise<StatusView> {
    return statusOf(await this.model(), systemClock.now());
  }

  async deploy(options: DeployOptions): Promise<{ application: string; charmUrl: string }> {
    const defaults = { config: {}, configFile: null, trust: false, to: [], storage: {} };
    return this.call('deploy', {
      ...defaults,
      resources: {},
      ...options,
      application: options.application ?? null,
      units: options.units ?? 1,
    });
  }

  async refresh(application: string, path: string, forceUnits = false): Promise<string> {
    const input = { application, path, forceUnits, resources: {} };
    return (await this.call('refresh', input)).charmUrl;
  }

  async addUnits(application: string, units = 1): Promise<readonly string[]> {
    return (await this.call('add-units', { application, units, to: [] })).units;
  }

  async removeUnit(unit: string, options: { readonly force?: boolean } = {}): Promise<void> {
    await this.call('remove-unit', { unit, force: options.force ?? false });
  }

  async removeApplication(
    application: string,
    options: { readonly force?: boolean } = {},
  ): Promise<void> {
    await this.call('remove-application', { application, force: options.force ?? false });
  }

  /** Relates two applications, `name` or `name:endpoint` each; gives the relation's number. */
  async integrate(left: string, right: string): Promise<string> {
    return (await this.call('integrate', { left, right })).relation;
  }

  async removeRelation(left: string, right: string): Promise<void> {
    await this.call('remove-relation', { endpoints: [left, right], force: false });
  }

  /** What the charm sees: set values over the charm's defaults. */
  async config(application: string): Promise<Readonly<Record<string, ConfigValue>>> {
    return configOf(await this.model(), application);
  }

  async setConfig(application: string, values: Readonly<Record<string, string>>): Promise<void> {
    await this.call('set-config', { application, values, file: null, reset: [] });
  }

  async resetConfig(application: string, names: readonly string[]): Promise<void> {
    await this.call('set-config', { application, values: {}, file: null, reset: names });
  }

  /** For example `{'update-status-hook-interval': '1s'}`. */
  async setModelConfig(values: Readonly<Record<string, string>>): Promise<void> {
    await this.call('set-model-config', { values, reset: [] });
  }

  async resolve(unit: string, options: { readonly retry?: boolean } = {}): Promise<void> {
    const retry = options.retry ?? true;
    await this.call('resolve', { units: [unit], all: false, retry });
  }

  /** Runs an action on a unit, or on `app/leader`, and waits for its end. */
  async run(
    unit: string,
    action: string,
    parameters: Readonly<Record<string, unknown>> = {},
    options: Partial<WaitOptions> = {},
  ): Promise<Task> {
    const input = { units: [unit], action, parameters };
    const { tasks } = await this.call('enqueue-action', input);
    return this.waitForTask(tasks[0] ?? '', options);
  }

  /** Runs a command line with bash in a unit's hook context, and waits for its end. */
  async exec(unit: string, command: string, options: Partial<WaitOptions> = {}): Promise<Task> {
    const input = { units: [unit], command, timeoutSeconds: null };
    const { tasks } = await this.call('enqueue-exec', input);
    return this.waitForTask(tasks[0] ?? '', options);
  }

  async waitForTask(id: string, options: Partial<WaitOptions> = {}): Promise<Task> {
    const isOver = (model: Model): boolean => {
      const task = model.tasks[id];
      return task === undefined || isTaskOver(task);
    };
    const what = (model: Model): string => {
      const task = model.tasks[id];
      return `task ${id} (${task?.action} on ${task?.unit}), which is ${task?.status}`;
    };
    const model = await this.waitFor(isOver, what, options);
    const task = model.tasks[id];
    if (task === undefined) throw new UserError(`task ${id} is gone`, 'Its unit was removed.');
    return task;
  }

  /**
   * Waits until `holds` is true of the model, and gives that model. `what` says in words what is waited for and how it
   * stands. Throws `UserError` with those words at the timeout.
   */
  async waitFor(
    holds: (model: Model) => boolean,
    what: string | ((model: Model) => string),
    options: Partial<WaitOptions> = {},
  ): Promise<Model> {
    return waitUntil({
      look: async () => this.model(),
      holds,
      what: typeof what === 'string' ? () => what : what,
      changes: (signal) => this.events(signal),
      timeoutMs: options.timeoutMs ?? this.#timeoutMs,
      onProgress: options.onProgress,
    });
  }

  /** Waits until every unit of the application shows this workload status and its agent is idle. */
  async waitForStatus(
    application: string,
    status: string,
    options: Partial<WaitOptions> = {},
  ): Promise<Model> {
    // As people see it: a unit whose hook failed shows `error` and counts as idle.
    const isThere = (model: Model, unit: Unit): boolean => {
      const shown = shownStatus(model, unit);
      return shown.workload.status === status && shown.agent.status === 'idle';
    };
    return this.waitFor(
      (model) => {
        const units = unitsIn(model, application);
        return units.length > 0 && units.every((unit) => isThere(model, unit));
      },
      (model) => {
        const units = unitsIn(model, application).map(describeUnit);
        return `${application} to be ${status}: ${units.join(', ') || 'it has no units'}`;
      },
      options,
    );
  }

  /** Waits until nothing is left to do but what time brings (retries, update-status). */
  async settled(options: Partial<WaitOptions> = {}): Promise<Model> {
    await waitUntil({
      look: async () => this.call('idleness', {}),
      holds: (found) => found.idle,
      what: (found) => `the model to settle: busy with ${found.running.join(', ') || 'choosing'}`,
      changes: (signal) => this.events(signal),
      timeoutMs: options.timeoutMs ?? this.#timeoutMs,
      onProgress: options.onProgress,
    });
    return this.model();
  }

  /** Unit statuses and other changes as they happen; breaking off the iteration ends it. */
  events(signal?: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    return this.#connection.stream('events', {}, signal);
  }

  log(
    query: Partial<LogQuery> & { readonly follow?: boolean } = {},
    signal?: AbortSignal,
  ): AsyncGenerator<LogLine, void, undefined> {
    const defaults = { afterId: 0, level: 'DEBUG', include: [], exclude: [], last: null } as const;
    return this.#connection.stream('log', { ...defaults, follow: false, ...query }, signal);
  }

  /** Ends the controller and leaves all else as it is; `bootstrap` goes on from there. */
  async stop(): Promise<void> {
    await this.#callAndEnd(async () => this.call('stop', {}));
  }

  /**
   * Removes every application with its teardown hooks, ends every process of the model and removes the state
   * directory.
   */
  async destroy(options: DestroyOptions = {}): Promise<void> {
    if (options.force !== true) {
      await this.#removeEverything(options);
    }
    await this.#callAndEnd(async () => this.call('destroy', { callerPid: process.pid }));
    removeStateDir(this.stateDir);
  }

  async #removeEverything(options: DestroyOptions): Promise<void> {
    const { applications } = await this.model();
    for (const { name, life } of Object.values(applications)) {
      if (life === 'alive') await this.removeApplication(name);
    }
    await this.waitFor(
      (model) => [model.applications, model.units].every((left) => Object.keys(left).length === 0),
      (model) => {
        const units = Object.values(model.units).map(describeUnit);
        return `units to end: ${units.join(', ')} (--force ends them without their hooks)`;
      },
      options,
    );
  }

  /** Calls what ends the controller, and waits until its process has ended. */
  async #callAndEnd(end: () => Promise<unknown>): Promise<void> {
    const { pid } = await this.ping();
    // Read before, as afterwards the number may be another process's. One that nobody reaps yet has ended too.
    const controller = readProcess(pid);
    await end();
    const deadline = systemClock.now() + endTimeoutMs;
    if (controller === null) return;
    while (isRunning(controller)) {
      if (systemClock.now() > deadline) {
        throw new UserError(
          `the controller, process ${pid}, does not end`,
          `See ${layoutOf(this.stateDir).controllerLog}.`,
        );
      }
      await delay(10);
    }
  }

  /** Destroys the model with all that runs in it, without waiting for teardown hooks. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (holdsModel(this.stateDir)) await (await JujuLocal.open(this)).destroy({ force: true });
  }
}
