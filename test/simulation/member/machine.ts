// One machine of the cluster: a disk, a PostgreSQL server, an agent that its supervisor starts again, a watchdog
// device. It can lose power, be suspended, or be lost for good.

import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { RestResponse } from '#agent/rest/rest-message.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Random } from '#core/random.ts';
import type { Engine } from '../engine/engine.ts';
import type { ClockOptions } from '../engine/sim-clock.ts';
import type { Network } from '../net/network.ts';
import type { DataDirectory } from '../postgres/data-directory.ts';
import { PostgresServer } from '../postgres/server.ts';
import type { ServerWorld } from '../postgres/server-world.ts';
import type { SlotTrouble } from '../postgres/sim-slots.ts';
import type { Disk } from '../postgres/sim-bootstrap.ts';
import type { EtcdNode } from '../store/etcd-node.ts';
import type { Sabotage } from './agent-process.ts';
import { AgentProcess } from './agent-process.ts';
import type { MemberSetup } from './member-config.ts';
import type { Listen, RestCall } from './sim-peers.ts';
import { WatchdogDevice } from './sim-watchdog.ts';

export interface MachineEvents {
  onRemove(machine: Machine, directory: DataDirectory): void;
  onCreate(machine: Machine): void;
  onNote(machine: Machine, what: string): void;
}

export interface MachineOptions {
  readonly setup: MemberSetup;
  readonly engine: Engine;
  readonly network: Network;
  readonly etcd: EtcdNode;
  readonly random: Random;
  readonly clock: ClockOptions;
  readonly world: ServerWorld;
  readonly listen: Listen;
  readonly log: LogPort;
  readonly sabotage: Sabotage;
  readonly events: MachineEvents;
  /** Whoever else is on the network. */
  readonly others: () => readonly string[];
}

export class Machine {
  readonly name: string;
  readonly server: PostgresServer;
  readonly disk: Disk = { journal: null, isGivenUp: false, aside: [] };
  readonly #options: MachineOptions;
  readonly #device: WatchdogDevice;
  agent: AgentProcess | null = null;
  isUp = false;
  isLost = false;
  isSuspended = false;
  /** When it was last woken from a suspend. */
  resumedMs: number = Number.NEGATIVE_INFINITY;
  /** Faults of long work. */
  isRewindFailing = false;
  isCloneFailing = false;
  isPrePromoteFailing = false;
  slotTrouble: SlotTrouble = { kind: 'none' };
  #dynamic: JsonObject | null = null;
  #leaseUntilMs: number | null = null;
  #generation = 0;
  #reconnect: (() => void)[] = [];

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.setup.name;
    this.server = new PostgresServer(this.name, options.world);
    this.#device = new WatchdogDevice(options.engine, () => this.#reset());
  }

  get tags(): JsonObject {
    return this.#options.setup.tags;
  }

  get hasWatchdog(): boolean {
    return this.#options.setup.watchdog !== 'off';
  }

  boot(): void {
    if (this.isUp || this.isLost) return;
    this.isUp = true;
    for (const reconnect of this.#reconnect) reconnect();
    this.#reconnect = [];
    this.startAgent();
  }

  startAgent(): void {
    if (!this.isUp || this.agent !== null) return;
    const { disk, server } = this;
    this.#generation += 1;
    this.agent = new AgentProcess({
      ...this.#options,
      device: this.#device,
      postgres: {
        server,
        isRewindFailing: () => this.isRewindFailing,
        isPrePromoteFailing: () => this.isPrePromoteFailing,
      },
      bootstrap: {
        disk,
        isFailing: () => this.isCloneFailing,
        onRemove: (directory) => this.#options.events.onRemove(this, directory),
        onCreate: () => this.#options.events.onCreate(this),
      },
      slotTrouble: () => this.slotTrouble,
      dynamic: this.#dynamic,
      keepDynamic: (dynamic) => {
        this.#dynamic = dynamic;
      },
      leaseNote: (clock) => ({
        read: async () => {
          await clock.delay(1);
          return this.#leaseUntilMs === null ? null : this.#leaseUntilMs - clock.monotonicMs();
        },
        write: (leftMs) => {
          this.#leaseUntilMs = leftMs === null ? null : clock.monotonicMs() + leftMs;
        },
      }),
      onEnd: (why) => {
        this.#options.events.onNote(this, `agent ended: ${why}`);
        this.agent = null;
        this.#startAgentSoon();
      },
    });
    this.agent.start();
  }

  /** As systemd does. */
  #startAgentSoon(): void {
    const { engine, random } = this.#options;
    const generation = this.#generation;
    // What runs without a watchdog is started again in time: a dead agent fences nothing.
    const longestMs = this.hasWatchdog ? 4000 : 800;
    engine.after(random.between(100, longestMs), () => {
      if (generation === this.#generation) this.startAgent();
    });
  }

  killAgent(): void {
    const { agent } = this;
    if (agent === null) return;
    agent.actor.kill();
    this.agent = null;
    this.#startAgentSoon();
  }

  freezeAgent(): void {
    this.agent?.actor.freeze();
  }

  thawAgent(): void {
    this.agent?.actor.thaw();
  }

  losePower(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.isSuspended = false;
    this.#generation += 1;
    this.#leaseUntilMs = null;
    this.#device.disarm();
    this.agent?.actor.kill();
    this.agent = null;
    const { network, others } = this.#options;
    for (const other of others()) {
      this.#reconnect.push(network.cut(this.name, other), network.cut(other, this.name));
    }
    this.server.losePower();
  }

  lose(): void {
    this.isLost = true;
    this.losePower();
  }

  /** By the watchdog. */
  #reset(): void {
    const { engine, random, events } = this.#options;
    events.onNote(this, 'the watchdog resets the machine');
    this.losePower();
    engine.after(random.between(5000, 20_000), () => this.boot());
  }

  suspend(): void {
    if (!this.isUp) return;
    this.isSuspended = true;
    this.agent?.actor.freeze();
    this.server.process?.freeze();
    this.#device.disarm();
  }

  resume(): void {
    if (!this.isSuspended) return;
    this.isSuspended = false;
    this.resumedMs = this.#options.engine.nowMs;
    // Its device counts from here on, or was never armed.
    this.agent?.actor.thaw();
    this.server.process?.thaw();
  }

  /** A request over REST; null where nobody listens. */
  answer(call: RestCall, answer: (response: RestResponse | null) => void): void {
    if (this.agent === null) answer(null);
    else this.agent.answer(call, answer);
  }
}
