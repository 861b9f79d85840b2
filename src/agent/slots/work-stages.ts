// Runs the parts of slot work each for itself: one that fails stops no other, and says why once.

import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { wordsOf } from '../executor.ts';

export class WorkStages {
  readonly #log: LogPort;
  #told: ReadonlyMap<string, string> = new Map();
  /** How often each part has failed. */
  readonly errors: Map<string, number> = new Map();

  constructor(log: LogPort) {
    this.#log = log;
  }

  /** Counts it, and tells it once, and again when it is something else. */
  noteError(part: string, error: unknown): void {
    this.errors.set(part, (this.errors.get(part) ?? 0) + 1);
    const why = wordsOf(error);
    if (this.#told.get(part) === why) return;
    this.#told = new Map([...this.#told, [part, why]]);
    this.#log.error(`Exception when changing replication slots (${part}): ${why}`, { error });
  }

  /** What the part answers; `otherwise` where it failed. Never throws. */
  async run<Result>(
    part: string,
    work: () => Promise<Result> | Result,
    otherwise: Result,
  ): Promise<Result> {
    try {
      const result = await work();
      this.#told = new Map([...this.#told].filter(([failed]) => failed !== part));
      return result;
    } catch (error) {
      this.noteError(part, error);
      return otherwise;
    }
  }
}
