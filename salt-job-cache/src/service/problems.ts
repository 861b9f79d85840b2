// What is wrong with the service now: each kind once, with when it began. A change is told to the log and to
// the status file; what is only said again is not.

import type { ProblemKind, ServiceProblem } from './service-status.ts';

export interface ProblemsListener {
  began(problem: ServiceProblem): void;
  ended(problem: ServiceProblem): void;
}

export class Problems {
  readonly #now: () => number;
  readonly #listener: ProblemsListener;
  readonly #current: Map<ProblemKind, ServiceProblem> = new Map();

  /** @param now milliseconds since the epoch */
  constructor(now: () => number, listener: ProblemsListener) {
    this.#now = now;
    this.#listener = listener;
  }

  /** The oldest first. */
  get current(): readonly ServiceProblem[] {
    return [...this.#current.values()];
  }

  has(kind: ProblemKind): boolean {
    return this.#current.has(kind);
  }

  set(kind: ProblemKind, message: string): void {
    const known = this.#current.get(kind);
    if (known?.message === message) return;
    const since = known?.since ?? new Date(this.#now()).toISOString();
    const problem = { kind, message, since };
    this.#current.set(kind, problem);
    this.#listener.began(problem);
  }

  clear(kind: ProblemKind): void {
    const known = this.#current.get(kind);
    if (known === undefined) return;
    this.#current.delete(kind);
    this.#listener.ended(known);
  }
}
