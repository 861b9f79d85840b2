// A store in memory and a loop over handlers, for the tests of the reactive layer.

import type { StorePort } from '#interfaces/ports.ts';
import { dispatch } from '#charm/reactive/dispatch.ts';
import type { DispatchOutcome } from '#charm/reactive/dispatch.ts';
import { FileWatch } from '#charm/reactive/file-watch.ts';
import { FlagSet } from '#charm/reactive/flag-set.ts';
import type { FlagSource } from '#charm/reactive/flag-set.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import type { EndpointRoles } from '#charm/reactive/hook-patterns.ts';
import type { Trigger } from '#charm/reactive/triggers.ts';
import { triggerTable } from '#charm/reactive/triggers.ts';

export interface MemoryStore extends StorePort {
  readonly rows: Map<string, unknown>;
}

/** Unit data in memory; values go through JSON as they would on disk. */
export function memoryStore(): MemoryStore {
  const rows = new Map<string, unknown>();
  return {
    rows,
    get: (key) => rows.get(key),
    set: (key, value) => void rows.set(key, JSON.parse(JSON.stringify(value))),
    unset: (key) => void rows.delete(key),
    entries: (prefix) =>
      [...rows].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

export interface TestContext {
  readonly flags: FlagSet;
  readonly files: Map<string, string>;
  readonly log: { warning(message: string): void };
}

export interface Unit {
  readonly store: MemoryStore;
  readonly files: Map<string, string>;
  readonly warnings: string[];
}

export function unit(): Unit {
  return { store: memoryStore(), files: new Map(), warnings: [] };
}

export interface HookOptions {
  readonly roles?: EndpointRoles;
  readonly triggers?: readonly Trigger[];
  readonly sources?: readonly FlagSource[];
  readonly onlyFor?: ReadonlySet<string>;
}

/** Runs one hook on a unit; the trace is `phase or turn: handlers` as in `hook: a, b | 0: c`. */
export async function runHook(
  on: Unit,
  hookName: string,
  handlers: readonly Handler<TestContext>[],
  options: HookOptions = {},
): Promise<DispatchOutcome & { readonly trace: string; readonly flags: FlagSet }> {
  const flags = new FlagSet(on.store, triggerTable(options.triggers ?? []));
  for (const source of options.sources ?? []) flags.addSource(source);
  flags.askForTriggers();
  const files = new FileWatch(on.store, (path) => on.files.get(path) ?? null);
  const outcome = await dispatch({
    handlers,
    circumstances: { hookName, roles: options.roles ?? {}, flags, files, store: on.store },
    context: { flags, files: on.files, log: { warning: (text) => on.warnings.push(text) } },
    ...(options.onlyFor === undefined ? {} : { onlyFor: options.onlyFor }),
  });
  const turns = new Map<string, string[]>();
  for (const run of outcome.explanation.ran) {
    const turn = String(run.turn);
    turns.set(turn, [...(turns.get(turn) ?? []), run.handler]);
  }
  const trace = [...turns].map(([turn, ran]) => `${turn}: ${ran.join(', ')}`).join(' | ');
  return { ...outcome, trace, flags };
}
