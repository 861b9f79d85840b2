// Long actions, one at a time: clone, promote, demote, restart and their like run beside the loop, which is
// woken when one ends.

import type { ActionKind, RunningAction } from '#core/ha/world.ts';
import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';

export interface ActionHandle {
  readonly signal: AbortSignal;
  /** From here on the action can't be called off without harm. */
  commit(): void;
}

interface Current {
  readonly kind: ActionKind;
  readonly name: string;
  readonly sinceMs: number;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  isCancellable: boolean;
}

export interface ExecutorDeps {
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly onEnd: () => void;
}

export class Executor {
  readonly #deps: ExecutorDeps;
  #current: Current | null = null;
  #isClosed = false;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
  }

  /** The action that runs, as decisions see it. */
  running(): RunningAction | null {
    if (this.#current === null) return null;
    const { kind, name, sinceMs, abort, isCancellable } = this.#current;
    return { kind, name, sinceMs, isCancellable, isCancelled: abort.signal.aborted };
  }

  /** From here on nothing is started: what is stopped for good must not come up again. */
  close(): void {
    this.#isClosed = true;
  }

  /** Starts the action; false where another one runs, or it is closed. What it throws is logged and ends it. */
  start(kind: ActionKind, name: string, work: (handle: ActionHandle) => Promise<void>): boolean {
    if (this.#current !== null || this.#isClosed) return false;
    const abort = new AbortController();
    const settled = Promise.withResolvers<void>();
    const current: Current = {
      kind,
      name,
      sinceMs: this.#deps.clock.monotonicMs(),
      abort,
      ended: settled.promise,
      isCancellable: true,
    };
    this.#current = current;
    const handle: ActionHandle = {
      signal: abort.signal,
      commit: () => {
        current.isCancellable = false;
      },
    };
    void this.#run(current, async () => work(handle)).finally(() => settled.resolve());
    return true;
  }

  /** Asks the action that runs to end, and resolves when it has. */
  async cancel(): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    current.abort.abort(new Error(`${current.name} was called off`));
    await current.ended;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#current !== null) await this.#current.ended;
  }

  async #run(current: Current, work: () => Promise<void>): Promise<void> {
    const { log, onEnd } = this.#deps;
    try {
      await work();
    } catch (error) {
      if (current.abort.signal.aborted) log.info(`${current.name} was called off`);
      else log.error(`${current.name} failed: ${wordsOf(error)}`, { error });
    } finally {
      this.#current = null;
      onEnd();
    }
  }
}

/** What went wrong, in its own words. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
