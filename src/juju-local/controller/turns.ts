// The controller's loop: whenever something changed or came due, asks whose turn it is, begins that operation, and goes
// on asking until nothing can run. What takes a process runs beside the loop.

import type { Scheduled } from '#adapters/system/clock.ts';
import { underWay, beginOperation, finishOperation } from '#core/juju/uniter/operation-steps.ts';
import { claimLeases, nextLeaseChange } from '#core/juju/uniter/leases.ts';
import { isInstant } from '#core/juju/uniter/operation.ts';
import type { LongOperation, Operation } from '#core/juju/uniter/operation.ts';
import { nextTurn } from '#core/juju/uniter/scheduler.ts';
import type { Turn } from '#core/juju/uniter/scheduler.ts';
import type { Model, UnitName } from '#core/juju/model.ts';

import type { AgentHost } from '../agent/agent-host.ts';
import type { Performed } from '../agent/unit-agent.ts';
import type { WaitingExec } from '../agent/run-commands.ts';
import type { Idleness } from '../api/calls.ts';
import type { Agents } from './agents.ts';

interface RunningTurn {
  readonly unit: UnitName;
  readonly lock: string | null;
  readonly what: string;
  /** The agent died, as far as the model is concerned: how its program ends is nobody's business. */
  abandoned: boolean;
  readonly done: Promise<void>;
}

interface QueuedExec extends WaitingExec {
  readonly id: string;
  readonly unit: UnitName;
}

export interface TurnsInit {
  readonly host: AgentHost;
  readonly agents: Agents;
  readonly parallelHooks: number;
  /** False while a fault plays the controller dead. */
  readonly serves: () => boolean;
  /** Storage that was added gets its place, and machines their addresses. */
  readonly provision: (model: Model) => Model;
  readonly onReboot: (unit: UnitName) => Promise<void>;
  /** An error of the program itself. */
  readonly onError: (error: unknown) => void;
}

export class Turns {
  readonly #init: TurnsInit;
  readonly #running = new Map<UnitName, RunningTurn>();
  readonly #execs: QueuedExec[] = [];
  #timer: Scheduled | null = null;
  #cycle: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #execCount = 0;
  #idle: Idleness = { idle: false, running: [], waitingFor: 'the start', wakeAt: null };
  readonly #idleListeners = new Set<() => void>();

  constructor(init: TurnsInit) {
    this.#init = init;
  }

  /** Something may have changed: look, now or right after the look that is under way. */
  wake(): void {
    if (this.#closed) return;
    this.#again = true;
    if (this.#cycle !== null) return;
    this.#cycle = this.#cycles()
      .catch(this.#init.onError)
      .finally(() => {
        this.#cycle = null;
        if (this.#again) this.wake();
        else this.#announce();
      });
  }

  async #cycles(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#init.agents.sync(this.#init.host.book.model);
      if (!this.#init.serves()) this.#rest(null, 'the controller, which a fault has stopped');
      else this.#turn();
    }
  }

  #turn(): void {
    const { host } = this.#init;
    host.book.change((model) => claimLeases(model, host.clock.now(), host.random.choose));
    if (this.#running.size >= this.#init.parallelHooks) {
      // Leases are renewed while long hooks fill all slots, or a leader would lose its own by working.
      this.#rest(nextLeaseChange(host.book.model), 'one of the hooks that run to end');
      return;
    }
    this.#refuseOrphans();
    const turn = nextTurn(
      host.book.model,
      host.clock.now(),
      { operations: [...this.#running.values()], commands: this.#execs },
      host.random,
    );
    if (turn.kind === 'idle') {
      this.#rest(turn.wakeAt, turn.waitingFor);
      return;
    }
    this.#again = true;
    this.#begin(turn);
  }

  #begin({ unit, operation, lock }: Extract<Turn, { readonly kind: 'run' }>): void {
    const { host } = this.#init;
    host.log(unit, {
      level: 'TRACE',
      logger: 'juju.worker.uniter.resolver',
      message: `${operation.kind}: ${operation.why} (${operation.rule})`,
    });
    const before = host.book.model;
    host.book.replace(
      this.#init.provision(beginOperation(before, unit, operation, host.clock.now())),
    );
    const work = this.#workOf(unit, operation);
    if (work === null) return;
    const what = describe(host.book.model, unit);
    const turn: RunningTurn = {
      unit,
      lock,
      what,
      abandoned: false,
      // The first await in #perform comes after this object is in the map.
      done: Promise.resolve().then(async () => this.#perform(unit, work)),
    };
    this.#running.set(unit, turn);
  }

  /** What is left to do once the operation began: nothing for an instant one, or a hook that was skipped (E15). */
  #workOf(unit: UnitName, operation: Operation): LongOperation | null {
    if (isInstant(operation)) return null;
    if (operation.kind === 'run-commands') return operation;
    return underWay(this.#init.host.book.model, unit);
  }

  async #perform(unit: UnitName, work: LongOperation): Promise<void> {
    const { host, agents } = this.#init;
    const performed = await this.#attempt(unit, work);
    const abandoned = this.#running.get(unit)?.abandoned ?? true;
    this.#running.delete(unit);
    // An agent that can't reach the controller can't say how its hook ended: the hook counts as interrupted (E14).
    if (!abandoned && host.reachable(unit)) {
      host.book.change((model) =>
        this.#init.provision(
          finishOperation(model, unit, performed.outcome, host.clock.now(), host.random),
        ),
      );
      if (performed.reboot && agents.find(unit) !== undefined) await this.#init.onReboot(unit);
    }
    this.wake();
  }

  async #attempt(unit: UnitName, work: LongOperation): Promise<Performed> {
    const { host, agents } = this.#init;
    try {
      return await agents.get(unit).perform(work, (id) => this.#takeExec(id));
    } catch (error) {
      // A fault of this program must not take the other units down: the unit shows it as a failed hook.
      this.#init.onError(error);
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      host.log(unit, { level: 'ERROR', logger: 'juju.worker.uniter', message });
      return { outcome: { kind: 'failed', message: 'the agent failed' }, reboot: false };
    }
  }

  /** Puts a juju-exec in the queue of its unit; `answer` is called when it has run. */
  queueExec(unit: UnitName, waiting: WaitingExec): void {
    this.#execCount += 1;
    this.#execs.push({ ...waiting, unit, id: String(this.#execCount) });
    this.wake();
  }

  /** Nobody will ever run what waits for a unit that has left the model. */
  #refuseOrphans(): void {
    const { units } = this.#init.host.book.model;
    const orphans = this.#execs.filter((exec) => !Object.hasOwn(units, exec.unit));
    for (const { id, unit } of orphans) {
      const stderr = `ERROR unit "${unit}" not found on this machine\n`;
      this.#takeExec(id).answer({ code: 1, stdout: '', stderr });
    }
  }

  #takeExec(id: string): WaitingExec {
    const at = this.#execs.findIndex((exec) => exec.id === id);
    const [exec] = at < 0 ? [] : this.#execs.splice(at, 1);
    if (exec === undefined) throw new Error(`Cannot run juju-exec ${id}: nobody waits for it`);
    return exec;
  }

  /** Lets go of the unit's operation: the model will see it as interrupted. Resolves when its program has ended. */
  async abandon(unit: UnitName): Promise<void> {
    const turn = this.#running.get(unit);
    if (turn === undefined) return;
    turn.abandoned = true;
    this.#init.agents.find(unit)?.interrupt('SIGKILL');
    await turn.done;
  }

  isRunning(unit: UnitName): boolean {
    return this.#running.has(unit);
  }

  #rest(wakeAt: number | null, waitingFor: string): void {
    const { host } = this.#init;
    this.#timer?.cancel();
    this.#timer =
      wakeAt === null
        ? null
        : host.clock.after(Math.max(wakeAt - host.clock.now(), 1), () => this.wake());
    this.#idle = { idle: this.#running.size === 0, running: [], waitingFor, wakeAt };
  }

  #announce(): void {
    if (!this.idleness.idle) return;
    for (const listener of this.#idleListeners) listener();
  }

  /** Whether anything is under way, by what was seen last. */
  get idleness(): Idleness {
    const running = [
      ...[...this.#running.values()].map(({ unit, what }) => `${unit}: ${what}`),
      ...this.#init.agents.leaving.map((machine) => `machine ${machine} going away`),
    ];
    const busy = this.#cycle !== null || this.#again || running.length > 0;
    return { ...this.#idle, running, idle: this.#idle.idle && !busy };
  }

  /** Calls `listener` each time all work is done, until the returned function is called. */
  onIdle(listener: () => void): () => void {
    this.#idleListeners.add(listener);
    return () => {
      this.#idleListeners.delete(listener);
    };
  }

  /** Starts nothing more and waits for what runs; programs that do not end by themselves are for the caller to end. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#cycle;
    await Promise.all([...this.#running.values()].map(async (turn) => turn.done));
  }
}

function describe(model: Model, unit: UnitName): string {
  return model.units[unit]?.agentStatus.message ?? '';
}
