// Decides whether a handler's conditions hold, and says why in words. Pure but for the looks it takes
// at flags and files.

import type { StorePort } from '#interfaces/ports.ts';
import type { FileWatch } from './file-watch.ts';
import type { FlagSet } from './flag-set.ts';
import type { EndpointRoles } from './hook-patterns.ts';
import { expandPatterns } from './hook-patterns.ts';
import type { FlagPredicate, Predicate } from './predicates.ts';

/** What conditions are tested against. */
export interface Circumstances {
  readonly hookName: string;
  readonly roles: EndpointRoles;
  readonly flags: FlagSet;
  readonly files: FileWatch;
  readonly store: StorePort;
}

export interface Finding {
  readonly holds: boolean;
  /** What was found, for example `db.ready is set, paused is not set`. */
  readonly found: string;
}

const invokedPrefix = 'reactive.invoked.';

/** Whether the one condition holds for the handler in these circumstances. */
export function evaluate(handlerId: string, predicate: Predicate, now: Circumstances): Finding {
  switch (predicate.kind) {
    case 'all':
    case 'any':
    case 'none':
    case 'notAll':
      return evaluateFlags(predicate, (flag) => now.flags.isSet(flag));
    case 'hook': {
      const holds = expandPatterns(predicate.patterns, now.roles).has(now.hookName);
      const wanted = predicate.patterns.join(' or ');
      return {
        holds,
        found: holds ? `hook is ${wanted}` : `hook is ${now.hookName}, not ${wanted}`,
      };
    }
    case 'everyHook':
      return { holds: true, found: 'it runs in every hook' };
    case 'onlyOnce': {
      const ran = now.store.get(invokedPrefix + handlerId) === true;
      return { holds: !ran, found: ran ? 'it has run once already' : 'it has not run before' };
    }
    case 'fileChanged': {
      const paths = now.files.changedPaths(handlerId, predicate);
      const found = paths.length > 0 ? `${paths.join(', ')} changed` : 'no watched file changed';
      return { holds: paths.length > 0, found };
    }
    case 'notUnless':
      return { holds: true, found: 'a guard is not tested' };
    default:
      return predicate satisfies never;
  }
}

/** Remembers that the handler ran, where one of its conditions asks for that. */
export function remember(
  handlerId: string,
  predicates: readonly Predicate[],
  now: Circumstances,
): void {
  now.files.ran(handlerId);
  if (predicates.some((one) => one.kind === 'onlyOnce')) {
    now.store.set(invokedPrefix + handlerId, true);
  }
}

/**
 * What keeps a handler from running, in words, and empty if nothing does. Looks at no file and asks
 * for no derived flag that nobody asked for, so that explaining a hook costs no hook tool.
 */
export function heldBackBy(
  handlerId: string,
  predicates: readonly Predicate[],
  now: Circumstances,
): readonly string[] {
  return predicates.flatMap((predicate) => {
    if ('flags' in predicate) {
      if (predicate.kind === 'notUnless') return [];
      const unknown = predicate.flags.filter((flag) => now.flags.peek(flag) === undefined);
      if (unknown.length > 0) return [`${unknown.join(', ')} not looked at`];
      const finding = evaluateFlags(predicate, (flag) => now.flags.peek(flag) === true);
      return finding.holds ? [] : [finding.found];
    }
    if (predicate.kind === 'fileChanged') return ['no watched file changed'];
    const finding = evaluate(handlerId, predicate, now);
    return finding.holds ? [] : [finding.found];
  });
}

function evaluateFlags(predicate: FlagPredicate, isSet: (flag: string) => boolean): Finding {
  const set = predicate.flags.filter((flag) => isSet(flag));
  const unset = predicate.flags.filter((flag) => !set.includes(flag));
  switch (predicate.kind) {
    case 'all':
      return say(unset.length === 0, set, unset);
    case 'any':
      return say(set.length > 0, set, unset);
    case 'none':
      return say(set.length === 0, unset, set);
    case 'notAll':
      return say(unset.length > 0, unset, set);
    default:
      return predicate.kind satisfies never;
  }

  /** Names the flags that decided: those that speak for it if it holds, the others if it does not. */
  function say(holds: boolean, inFavour: readonly string[], against: readonly string[]): Finding {
    const decisive = holds ? inFavour : against;
    const word = decisive === set ? 'is set' : 'is not set';
    return { holds, found: decisive.map((flag) => `${flag} ${word}`).join(', ') };
  }
}
