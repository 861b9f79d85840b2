// Things that happen, handed to whoever iterates over them, in order.

/** A reader that is this far behind is cut off: what it missed can be looked up in the model and the log. */
const longestQueue = 100_000;

export class Channel<Item> implements AsyncIterable<Item> {
  #queue: Item[] = [];
  #waiting: (() => void) | null = null;
  #closed = false;

  push(item: Item): void {
    if (this.#closed) return;
    this.#queue.push(item);
    if (this.#queue.length > longestQueue) this.#closed = true;
    this.#waiting?.();
  }

  /** Ends the iteration after what is queued. */
  close(): void {
    this.#closed = true;
    this.#waiting?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      const batch = this.#queue;
      this.#queue = [];
      yield* batch;
      if (this.#queue.length > 0) continue;
      if (this.#closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      await promise;
      this.#waiting = null;
    }
  }
}
