// Has faults and requests come at random times, counts them, and ends all of them when their time is over.

import type { Random } from '#core/random.ts';
import type { SimCluster } from '../run/sim-cluster.ts';
import type { Fault, FaultScene } from './fault.ts';
import { networkFaults } from './network-faults.ts';
import { processFaults } from './process-faults.ts';
import { requests } from './requests.ts';
import { slotFaults } from './slot-faults.ts';

export const allFaults: readonly Fault[] = [
  ...processFaults,
  ...networkFaults,
  ...slotFaults,
  ...requests,
];

export class Injector {
  readonly #cluster: SimCluster;
  readonly #random: Random;
  readonly #faults: readonly Fault[];
  readonly counts: Map<string, number> = new Map();
  #heals: Set<() => void> = new Set();
  #isOver = false;

  constructor(cluster: SimCluster, random: Random, faults: readonly Fault[] = allFaults) {
    this.#cluster = cluster;
    this.#random = random;
    this.#faults = faults;
  }

  start(): void {
    const { engine, plan } = this.#cluster;
    engine.after(plan.faultsFromMs, () => this.#next());
  }

  #next(): void {
    if (this.#isOver) return;
    const { engine, plan } = this.#cluster;
    this.#inject(this.#pick());
    // Some come together.
    const isTogether = this.#random.chance(0.15);
    const pauseMs = isTogether ? 50 : -plan.faultPauseMs * Math.log(1 - this.#random.next());
    engine.after(pauseMs, () => this.#next());
  }

  #pick(): Fault {
    const total = this.#faults.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.#random.next() * total;
    for (const fault of this.#faults) {
      left -= fault.weight;
      if (left < 0) return fault;
    }
    return this.#faults[0] as Fault;
  }

  #inject({ kind, inject }: Fault): void {
    const scene: FaultScene = {
      cluster: this.#cluster,
      random: this.#random,
      healAfter: (ms, heal) => {
        const once = (): void => {
          if (!this.#heals.delete(once)) return;
          heal();
        };
        this.#heals.add(once);
        this.#cluster.engine.after(ms, once);
      },
    };
    const what = inject(scene);
    if (what === null) return;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.#cluster.trace.note('fault', `${kind}: ${what}`);
  }

  /** From now on there are none, and those that last end. */
  end(): void {
    this.#isOver = true;
    for (const heal of [...this.#heals]) heal();
    this.#cluster.trace.note('fault', 'no more of them');
  }
}
