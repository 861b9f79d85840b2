// Virtual time: events in the order of their time, and of their making where times are equal. After each event all
// promises that can go on do so before the next one; nothing else makes time pass.

export interface Scheduled {
  cancel(): void;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  task: (() => void) | null;
}

/** Events handed to Node at a time. Between two of them it runs every promise's continuation. */
const batchSize = 64;

export class Engine {
  #nowMs = 0;
  #order = 0;
  #count = 0;
  readonly #heap: Entry[] = [];

  /** Milliseconds since the beginning of the run. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that took place so far. */
  get count(): number {
    return this.#count;
  }

  after(delayMs: number, task: () => void): Scheduled {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, task };
    this.#order += 1;
    push(this.#heap, entry);
    return {
      cancel: () => {
        entry.task = noTask;
      },
    };
  }

  /**
   * Lets time pass until then, or until the condition holds after an event. Rejects with what an event threw.
   */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let isEnded = false;
    const step = (isLast: boolean): void => {
      if (isEnded) return;
      try {
        if (isOver() || !this.#next(untilMs)) {
          isEnded = true;
          resolve();
          return;
        }
      } catch (error) {
        isEnded = true;
        reject(error);
        return;
      }
      if (isLast) begin();
    };
    const begin = (): void => {
      for (let at = 1; at <= batchSize; at += 1) setImmediate(step, at === batchSize);
    };
    begin();
    return promise;
  }

  /** Runs the next event; false where none is left before that time. */
  #next(untilMs: number): boolean {
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined || first.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      pop(this.#heap);
      const { task } = first;
      if (task === noTask || task === null) continue;
      this.#nowMs = first.atMs;
      this.#count += 1;
      task();
      return true;
    }
  }
}

function noTask(): void {
  // In the place of a task that was called off.
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Entry;
    if (!isBefore(entry, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let below = at * 2 + 1;
    if (below >= heap.length) break;
    const right = heap[below + 1];
    if (right !== undefined && isBefore(right, heap[below] as Entry)) below += 1;
    const child = heap[below] as Entry;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
}
