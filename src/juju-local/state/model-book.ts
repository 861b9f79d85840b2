// The one copy of the model in the controller's memory. Every change goes through here: it is on disk before
// anybody hears of it.

import type { Model } from '#core/juju/model.ts';

import { eventsBetween } from './model-events.ts';
import type { ModelEvent } from './model-events.ts';
import type { Store } from './store.ts';

export class ModelBook {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #listeners = new Set<(events: readonly ModelEvent[]) => void>();
  #model: Model;

  constructor(store: Store, model: Model, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#model = model;
    store.save(model);
  }

  get model(): Model {
    return this.#model;
  }

  /** Puts another model in place of this one. The same reference is no change. */
  replace(model: Model): void {
    const before = this.#model;
    if (model === before) return;
    this.#store.save(model);
    this.#model = model;
    const events = eventsBetween(before, model, this.#now());
    for (const listener of this.#listeners) listener(events);
  }

  change(step: (model: Model) => Model): void {
    this.replace(step(this.#model));
  }

  /** Calls `listener` after each change, until the returned function is called. */
  subscribe(listener: (events: readonly ModelEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
