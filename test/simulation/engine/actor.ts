// Something that acts: a process. What it waits for reaches it only while it is alive, and while it is frozen only
// after it has thawed, late and in order.

import type { Engine, Scheduled } from './engine.ts';

interface Held {
  task: (() => void) | null;
}

export class Actor {
  readonly name: string;
  readonly #engine: Engine;
  #isAlive = true;
  #isFrozen = false;
  #held: Held[] = [];

  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.name = name;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get engine(): Engine {
    return this.#engine;
  }

  /** Has it do something after the time; nothing happens where it does not live any more by then. */
  after(delayMs: number, task: () => void): Scheduled {
    const held: Held = { task };
    const scheduled = this.#engine.after(delayMs, () => this.#dispatch(held));
    return {
      cancel: () => {
        held.task = null;
        scheduled.cancel();
      },
    };
  }

  #dispatch(held: Held): void {
    if (!this.#isAlive || held.task === null) return;
    if (this.#isFrozen) this.#held.push(held);
    else held.task();
  }

  kill(): void {
    this.#isAlive = false;
    this.#held = [];
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    const held = this.#held;
    this.#held = [];
    for (const each of held) this.#engine.after(0, () => this.#dispatch(each));
  }
}
