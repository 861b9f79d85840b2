// Remembers which jobs have their row already, so that the returns of a job bring its row only once. What is
// forgotten costs one insert that finds the row there.

export class KnownJids {
  readonly #limit: number;
  #recent: Set<string> = new Set();
  #older: Set<string> = new Set();

  /** @param limit about so many are remembered, and at most twice as many */
  constructor(limit: number) {
    this.#limit = limit;
  }

  has(jid: string): boolean {
    return this.#recent.has(jid) || this.#older.has(jid);
  }

  add(jid: string): void {
    this.#recent.add(jid);
    if (this.#recent.size < this.#limit) return;
    this.#older = this.#recent;
    this.#recent = new Set();
  }

  clear(): void {
    this.#recent.clear();
    this.#older.clear();
  }
}
