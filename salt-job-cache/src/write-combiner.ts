// Lets callers that write at the same time share a statement: while one is on its way, whoever comes waits
// for the next one and goes along with it. Each caller learns what became of its own row.

import type { Outcome } from './store-each.ts';
import { storeEach } from './store-each.ts';

export interface CombinerLimits {
  /** Rows in one statement. */
  readonly rows: number;
  /** Characters in one statement; a row that is longer by itself goes alone. */
  readonly size: number;
}

interface Waiting<Row> {
  readonly row: Row;
  readonly size: number;
  readonly settle: (outcome: Outcome) => void;
}

const defaultLimits: CombinerLimits = { rows: 1000, size: 4_000_000 };

export class WriteCombiner<Row> {
  readonly #store: (rows: readonly Row[]) => Promise<unknown>;
  readonly #sizeOf: (row: Row) => number;
  readonly #limits: CombinerLimits;
  #waiting: Waiting<Row>[] = [];
  #isBusy = false;

  /**
   * @param store one statement: all of the rows or none
   * @param sizeOf characters of a row
   */
  constructor(
    store: (rows: readonly Row[]) => Promise<unknown>,
    sizeOf: (row: Row) => number,
    limits: CombinerLimits = defaultLimits,
  ) {
    this.#store = store;
    this.#sizeOf = sizeOf;
    this.#limits = limits;
  }

  /**
   * Resolves when the row is committed. Rows are stored in the order in which they were added.
   *
   * @throws what the database said of this row; a transient error where it is not known what became of it
   */
  async add(row: Row): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#waiting.push({ row, size: this.#sizeOf(row), settle: resolve });
    if (!this.#isBusy) void this.#work();
    const outcome = await promise;
    if (outcome !== null) throw outcome.error;
  }

  /** One statement after the other, as long as anybody waits. Never rejects. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      const rows = batch.map(({ row }) => row);
      const outcomes = await storeEach(rows, this.#store);
      for (const [index, { settle }] of batch.entries()) settle(outcomes[index] ?? null);
    }
    this.#isBusy = false;
  }

  #takeBatch(): readonly Waiting<Row>[] {
    let count = 0;
    let size = 0;
    for (const waiting of this.#waiting) {
      size += waiting.size;
      if (count > 0 && (count >= this.#limits.rows || size > this.#limits.size)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
