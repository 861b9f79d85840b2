// The loop: which handlers run in a hook, in what order, until nothing is left to do.
//
// First the handlers that name a hook, then turn after turn those that wait for flags. Turn 0 runs
// every handler whose conditions hold, whatever changed; later turns run those of whose flags one was
// set or cleared in the turn before. A cleared flag takes waiting handlers out of the queue at once;
// a set flag is acted on in the next turn, so chains run in an order one can foresee.

import type { Circumstances } from './evaluate.ts';
import { evaluate, heldBackBy, remember } from './evaluate.ts';
import { ReactiveError } from './errors.ts';
import type { Explanation, HandlerRun } from './explain.ts';
import type { Handler } from './handler.ts';
import { phaseOf, watchedFlags } from './handler.ts';
import { HookExit } from './hook-exit.ts';

export interface DispatchOptions<Context> {
  readonly handlers: readonly Handler<Context>[];
  readonly circumstances: Circumstances;
  readonly context: Context;
  /**
   * Flags to act on instead of everything: only handlers that watch one of them, or a file, run, as
   * in a later turn, and none that names a hook. Used after an action, which is no hook of its own.
   */
  readonly onlyFor?: ReadonlySet<string>;
  /** Called before each handler. */
  readonly onRun?: (run: HandlerRun) => void;
}

export interface DispatchOutcome {
  readonly explanation: Explanation;
  /** What a handler ended the hook with; null when the loop came to rest by itself. */
  readonly exit: HookExit | null;
}

/** After so many turns the handlers are taken to keep each other running. */
const turnsMax = 100;

/** How many of the last turns are searched for the flags that go to and fro. */
const turnsLookedAt = 10;

interface Turn {
  readonly ran: readonly string[];
  readonly changes: ReadonlySet<string>;
}

/**
 * Runs the handlers of one hook, one at a time.
 * @throws ReactiveError `HANDLER_FAILED` when a handler throws, with its error as the cause;
 *   `NOT_SETTLED` when the loop does not come to rest, naming the flags and handlers
 */
export async function dispatch<Context>(
  options: DispatchOptions<Context>,
): Promise<DispatchOutcome> {
  const loop = new Loop(options);
  let exit: HookExit | null = null;
  try {
    await loop.run();
  } catch (error) {
    if (!(error instanceof HookExit)) throw error;
    exit = error;
  }
  return { explanation: loop.explanation(), exit };
}

class Loop<Context> {
  readonly #options: DispatchOptions<Context>;
  readonly #ran: HandlerRun[] = [];
  readonly #turns: Turn[] = [];

  constructor(options: DispatchOptions<Context>) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { circumstances, onlyFor } = this.#options;
    if (onlyFor === undefined) await this.#turn('hook', null);
    let changes: ReadonlySet<string> | null = onlyFor ?? null;
    for (let turn = 0; turn < turnsMax; turn += 1) {
      const ran = await this.#turn(turn, changes);
      if (!ran) return;
      changes = this.#turns.at(-1)?.changes ?? null;
    }
    circumstances.files.begin();
    if (this.#queue(turnsMax, changes).length > 0) throw this.#notSettled();
  }

  explanation(): Explanation {
    const ran = new Set(this.#ran.map((run) => run.handler));
    const { handlers, circumstances } = this.#options;
    const held = handlers
      .filter((one) => !ran.has(one.id))
      .map((one) => ({
        handler: one.id,
        heldBack: heldBackBy(one.id, one.predicates, circumstances),
      }));
    return { hook: circumstances.hookName, ran: this.#ran, held };
  }

  /** @returns whether any handler ran */
  async #turn(turn: number | 'hook', changes: ReadonlySet<string> | null): Promise<boolean> {
    const { flags, files } = this.#options.circumstances;
    files.begin();
    let queue = this.#queue(turn, changes);
    const ran: string[] = [];
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      queue = queue.slice(1);
      flags.takeCleared();
      await this.#invoke(next);
      ran.push(next.run.handler);
      if (flags.takeCleared())
        queue = queue.flatMap((one) => this.#test(one.handler, turn, changes));
    }
    this.#turns.push({ ran, changes: flags.takeChanges() });
    return ran.length > 0;
  }

  #queue(turn: number | 'hook', changes: ReadonlySet<string> | null): readonly Queued<Context>[] {
    return this.#options.handlers.flatMap((one) => this.#test(one, turn, changes));
  }

  /** The handler as it goes into the queue, or nothing if it does not run in this turn. */
  #test(
    handler: Handler<Context>,
    turn: number | 'hook',
    changes: ReadonlySet<string> | null,
  ): readonly Queued<Context>[] {
    if (!isConcerned(handler, turn, changes)) return [];
    const because: string[] = [];
    for (const predicate of handler.predicates) {
      if (predicate.kind === 'notUnless') continue;
      const finding = evaluate(handler.id, predicate, this.#options.circumstances);
      if (!finding.holds) return [];
      because.push(finding.found);
    }
    return [{ handler, run: { handler: handler.id, turn, because } }];
  }

  async #invoke({ handler, run }: Queued<Context>): Promise<void> {
    const { context, circumstances, onRun } = this.#options;
    onRun?.(run);
    this.#ran.push(run);
    try {
      await handler.run(context);
    } catch (error) {
      // Leaving with success is a way for a handler to end well, so it counts as having run.
      if (error instanceof HookExit) {
        if (error.exitCode === 0) remember(handler.id, handler.predicates, circumstances);
        throw error;
      }
      const where = run.turn === 'hook' ? 'before the loop' : `in turn ${run.turn}`;
      const said = error instanceof Error ? error.message : String(error);
      throw new ReactiveError(
        'HANDLER_FAILED',
        `The handler '${handler.id}' failed ${where}: ${said}`,
        {
          cause: error,
        },
      );
    }
    remember(handler.id, handler.predicates, circumstances);
  }

  #notSettled(): ReactiveError {
    const last = this.#turns.slice(-turnsLookedAt);
    const flags = repeated(last.flatMap((turn) => [...turn.changes]));
    const handlers = repeated(last.flatMap((turn) => turn.ran));
    // Without a flag that changes it can only be a file that is written again in every turn.
    const what = flags.length > 0 ? `flags ${flags.join(', ')}` : 'not flags but watched files';
    return new ReactiveError(
      'NOT_SETTLED',
      `The handlers did not come to rest within ${turnsMax} turns: ${what} keep changing, and ` +
        `${handlers.join(', ')} keep running. Let each handler change only what its work is about`,
    );
  }
}

interface Queued<Context> {
  readonly handler: Handler<Context>;
  readonly run: HandlerRun;
}

/** Whether a handler is tested in a turn at all. */
function isConcerned(
  handler: Handler,
  turn: number | 'hook',
  changes: ReadonlySet<string> | null,
): boolean {
  const phase = phaseOf(handler);
  if (turn === 'hook') return phase !== 'flags';
  if (phase === 'hook') return false;
  if (changes === null || phase === 'any') return true;
  // A file changes without any flag telling, so whoever watches one is tested every time.
  if (handler.predicates.some((one) => one.kind === 'fileChanged')) return true;
  return !watchedFlags(handler).isDisjointFrom(changes);
}

/** Those that occur more than once; all of them where none does. */
function repeated(names: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const often = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  return (often.length > 0 ? often : [...counts.keys()]).sort();
}
