// All parts of a run, put together: engine, network, etcd, machines, clients, checks.

import type { Random } from '#core/random.ts';
import { Checker } from '../check/checker.ts';
import { Consumer } from '../client/consumer.ts';
import { Writer } from '../client/writer.ts';
import { Actor } from '../engine/actor.ts';
import { Engine } from '../engine/engine.ts';
import { SimClock } from '../engine/sim-clock.ts';
import type { Sabotage } from '../member/agent-process.ts';
import { Machine } from '../member/machine.ts';
import type { Listen, RestCall } from '../member/sim-peers.ts';
import { callRest } from '../member/sim-peers.ts';
import { Network } from '../net/network.ts';
import type { ServerWorld } from '../postgres/server-world.ts';
import { EtcdNode } from '../store/etcd-node.ts';
import type { Plan } from './plan.ts';
import { streamOf } from './plan.ts';
import { Trace } from './trace.ts';

export interface ClusterOptions {
  readonly plan: Plan;
  readonly write: ((line: string) => void) | null;
  readonly sabotage: (machine: string, cluster: () => SimCluster) => Sabotage;
}

/** How often a client writes, in milliseconds. */
const writePauseMs = 150;

/** A few transactions before they go round, or before they take one more digit. */
function xidBaseOf(seed: number): number {
  return [0, 700, 99_500, 0xffff_ffff - 800][seed % 4] ?? 0;
}

function consumerOf(slotName: string): string {
  return `reader of ${slotName}`;
}

export class SimCluster {
  readonly plan: Plan;
  readonly engine: Engine = new Engine();
  readonly network: Network;
  readonly etcd: EtcdNode;
  readonly machines: readonly Machine[];
  readonly checker: Checker;
  readonly trace: Trace;
  readonly random: Random;
  readonly #operator: Actor;
  readonly #clock: SimClock;
  readonly #listen: Listen;

  constructor({ plan, write, sabotage }: ClusterOptions) {
    const { engine } = this;
    const { seed } = plan;
    this.plan = plan;
    this.trace = new Trace(engine, write);
    this.random = streamOf(seed, 2);
    this.network = new Network(engine, streamOf(seed, 3));
    this.etcd = new EtcdNode(engine, plan.etcdRate);
    this.#operator = new Actor(engine, 'operator');
    this.#clock = new SimClock(this.#operator, { rate: 1, offsetMs: 0, wallErrorMs: 0 });
    this.#listen = (name, call, answer) => {
      const machine = this.machine(name);
      if (machine?.isUp === true) machine.answer(call, answer);
    };
    const world = this.#world();
    this.machines = plan.members.map(
      ({ setup, clock }, index) =>
        new Machine({
          setup,
          clock,
          world,
          engine,
          network: this.network,
          etcd: this.etcd,
          random: streamOf(seed, 10 + index),
          listen: this.#listen,
          log: this.trace.logOf(setup.name),
          sabotage: sabotage(setup.name, () => this),
          events: {
            onRemove: (machine, directory) => this.checker.removing(machine, directory),
            onCreate: (machine) => this.checker.creating(machine),
            onNote: ({ name }, what) => this.trace.note(name, what),
          },
          others: () => this.nodes.filter((node) => node !== setup.name),
        }),
    );
    this.checker = new Checker({
      engine,
      etcd: this.etcd,
      machines: this.machines,
      isFailsafe: plan.isFailsafe,
      note: (what) => this.trace.note('check', what),
    });
    this.trace.onMistake = (who, what) => this.checker.breach('turn', `${who}: ${what}`);
  }

  /** Everybody on the network. */
  get nodes(): readonly string[] {
    const clients = Array.from({ length: this.plan.writers }, (_, index) => `c${index + 1}`);
    const consumers = this.plan.logicalSlots.map((slot) => consumerOf(slot));
    return [
      'etcd',
      'operator',
      ...clients,
      ...consumers,
      ...this.plan.members.map(({ setup }) => setup.name),
    ];
  }

  machine(name: string): Machine | null {
    return this.machines.find((machine) => machine.name === name) ?? null;
  }

  #world(): ServerWorld {
    let id = 0;
    return {
      engine: this.engine,
      network: this.network,
      random: streamOf(this.plan.seed, 4),
      nextId: () => {
        id += 1;
        return id;
      },
      xidBase: xidBaseOf(this.plan.seed),
      serverOn: (name) => this.machine(name)?.server ?? null,
      events: {
        onAccepting: (server) => {
          this.trace.note(
            server.name,
            `PostgreSQL accepts writes on timeline ${server.data.wal.timeline}`,
          );
          this.checker.accepting(server);
        },
        onPromoted: (server) => this.checker.promoted(server),
        onBreach: (server, what) => this.checker.breach('data', `${server.name} ${what}`),
        onNote: (server, what) => this.trace.note(server.name, what),
        onStopping: (server) => this.checker.slots.stopping(server),
        onSlotAsked: (server, asked) => this.checker.slots.asked(server, asked),
      },
    };
  }

  start(): void {
    const { plan, engine, network } = this;
    for (const machine of this.machines) {
      engine.after(this.random.between(0, 1500), () => machine.boot());
    }
    for (let index = 1; index <= plan.writers; index += 1) {
      const writer = new Writer({
        name: `c${index}`,
        engine,
        network,
        random: streamOf(plan.seed, 30 + index),
        servers: this.machines.map(({ server }) => server),
        pauseMs: writePauseMs,
        onAcknowledged: (server, answer) => this.checker.acknowledged(server, answer),
      });
      writer.start();
    }
    for (const [index, slotName] of plan.logicalSlots.entries()) {
      const consumer = new Consumer({
        name: consumerOf(slotName),
        slotName,
        engine,
        network,
        random: streamOf(plan.seed, 40 + index),
        servers: this.machines.map(({ server }) => server),
        onAttached: (...attached) => this.checker.slots.attached(...attached),
      });
      consumer.start();
    }
  }

  /** An operator asks a member; the status, or null where no answer came. */
  async ask(machine: string, call: RestCall): Promise<number | null> {
    const options = {
      network: this.network,
      listen: this.#listen,
      actor: this.#operator,
      clock: this.#clock,
      from: 'operator',
    };
    const answer = await callRest(options, machine, call, 30_000);
    this.trace.note(
      'operator',
      `${call.method} ${call.path} at ${machine}: ${answer?.status ?? 'no answer'}`,
    );
    return answer?.status ?? null;
  }
}
