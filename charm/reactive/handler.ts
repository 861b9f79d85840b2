// A handler: an id, the conditions, and what to do. The id is the charm's own word for it; it is how
// a handler is known in the log, in explanations, and in the unit data across upgrades of the charm.

import { ReactiveError } from './errors.ts';
import type { Flags } from './flag-set.ts';
import type { GuardPredicate, Predicate } from './predicates.ts';

/** What a handler's guard needs of the context it is called with. */
export interface GuardContext {
  readonly flags: Flags;
  readonly log: { warning(message: string): void };
}

export interface Handler<Context = never> {
  readonly id: string;
  readonly predicates: readonly Predicate[];
  /** Runs the handler, whatever its conditions say; only guards are looked at. */
  run(context: Context): Promise<void>;
}

/**
 * Makes a handler. Ids have to be unique in a charm, which `defineCharm` checks.
 * @throws TypeError for an empty id, or without a condition that could make it run
 */
export function handler<Context extends GuardContext, Flag extends string = string>(
  id: string,
  predicates: readonly Predicate<Flag>[],
  run: (context: Context) => void | Promise<void>,
): Handler<Context> {
  if (id.trim() === '') throw new TypeError('Cannot make a handler: its id is empty, need a name');
  const guards: GuardPredicate[] = predicates.filter((one) => one.kind === 'notUnless');
  if (guards.length === predicates.length) {
    throw new TypeError(
      `Cannot make the handler '${id}': it has no condition, need one or more. For a handler that runs in every hook use everyHook()`,
    );
  }
  return Object.freeze({
    id,
    predicates: [...predicates],
    async run(context: Context): Promise<void> {
      for (const guard of guards) check(id, guard, context);
      await run(context);
    },
  });
}

function check(id: string, guard: GuardPredicate, context: GuardContext): void {
  const missing = context.flags.unset(...guard.flags);
  if (missing.length === 0) return;
  const message = `The handler '${id}' was called before its flags were set: missing ${missing.join(', ')}`;
  if (guard.strict) throw new ReactiveError('NOT_UNLESS', message);
  context.log.warning(message);
}

/** `hook`: only in the first phase. `flags`: in the loop. `any`: in both, until its condition is used up. */
export type Phase = 'hook' | 'flags' | 'any';

const flagKinds: ReadonlySet<Predicate['kind']> = new Set(['all', 'any', 'none', 'notAll']);

/**
 * When a handler is considered. One that waits for flags belongs to the loop even if it names a hook
 * as well; one that names only hooks runs before the loop.
 */
export function phaseOf(one: { readonly predicates: readonly Predicate[] }): Phase {
  const kinds = one.predicates.map((predicate) => predicate.kind);
  if (kinds.some((kind) => flagKinds.has(kind))) return 'flags';
  return kinds.includes('hook') || kinds.includes('everyHook') ? 'hook' : 'any';
}

/** The flags whose change makes a handler run again. */
export function watchedFlags(one: {
  readonly predicates: readonly Predicate[];
}): ReadonlySet<string> {
  const flags = new Set<string>();
  for (const predicate of one.predicates) {
    if ('flags' in predicate && predicate.kind !== 'notUnless') {
      for (const flag of predicate.flags) flags.add(flag);
    }
  }
  return flags;
}
