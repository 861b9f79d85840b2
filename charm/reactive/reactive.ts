// The vocabulary of a charm's handlers, bound to the flags, services and endpoints it declares: a
// flag that is not declared does not compile.
//
//   type AppFlags = 'admin-pass' | 'db.database.available';
//   const { handler, when, hook } = reactive<AppFlags, Services, Endpoints>();

import type { CharmContext } from '../charm.ts';
import { handler } from './handler.ts';
import type { Handler } from './handler.ts';
import * as predicates from './predicates.ts';
import type { FlagPredicate, Flagged, GuardPredicate, Predicate } from './predicates.ts';
import { trigger } from './triggers.ts';
import type { Trigger, TriggerOptions } from './triggers.ts';

/** Flags every endpoint has by itself, to be joined to a charm's own. */
export type EndpointFlags<Name extends string> =
  | `endpoint.${Name}.joined`
  | `endpoint.${Name}.changed`
  | `endpoint.${Name}.changed.${string}`
  | `endpoint.${Name}.departed`;

export type ConfigFlags<Option extends string = string> =
  | 'config.changed'
  | `config.changed.${Option}`
  | `config.set.${Option}`
  | `config.default.${Option}`;

export type LeadershipFlags<Key extends string = string> =
  | 'leadership.is_leader'
  | 'leadership.changed'
  | `leadership.changed.${Key}`
  | `leadership.set.${Key}`;

type OnFlags<Flag extends string> = (...flags: Flagged<Flag>) => FlagPredicate<Flag>;
type Guard<Flag extends string> = (...flags: Flagged<Flag>) => GuardPredicate<Flag>;

export interface Reactive<Flag extends string, Context> {
  readonly handler: (
    id: string,
    conditions: readonly Predicate<Flag>[],
    run: (context: Context) => void | Promise<void>,
  ) => Handler<Context>;
  readonly trigger: (options: TriggerOptions<Flag>) => Trigger<Flag>;
  readonly when: OnFlags<Flag>;
  readonly whenAll: OnFlags<Flag>;
  readonly whenAny: OnFlags<Flag>;
  readonly whenNot: OnFlags<Flag>;
  readonly whenNone: OnFlags<Flag>;
  readonly whenNotAll: OnFlags<Flag>;
  readonly notUnless: Guard<Flag>;
  readonly strictlyNotUnless: Guard<Flag>;
  readonly whenFileChanged: typeof predicates.whenFileChanged;
  readonly hook: typeof predicates.hook;
  readonly onlyOnce: typeof predicates.onlyOnce;
  readonly everyHook: typeof predicates.everyHook;
}

/** The functions with which a charm of these flags, services and endpoints is written. */
export function reactive<
  Flag extends string,
  Services = unknown,
  Endpoints extends object = object,
>(): Reactive<Flag, CharmContext<Flag, Services, Endpoints>> {
  const { when, whenAll, whenAny, whenNot, whenNone, whenNotAll } = predicates;
  const { notUnless, strictlyNotUnless, whenFileChanged, hook, onlyOnce, everyHook } = predicates;
  return {
    handler,
    trigger,
    when,
    whenAll,
    whenAny,
    whenNot,
    whenNone,
    whenNotAll,
    notUnless,
    strictlyNotUnless,
    whenFileChanged,
    hook,
    onlyOnce,
    everyHook,
  };
}
