// The bags a hook has read and what it wants to write to its own, for one hook. Every hook starts
// with an empty one (W5): what another unit wrote is read again each time.

import type { Settings, SettingsChange } from '#interfaces/ports.ts';
import { HookToolError } from './errors.ts';
import type { RelationTools } from './relation-tools.ts';

export interface BagCacheOptions {
  /** Our own unit and application, for example `app/0` and `app`: the bags that can be written. */
  readonly unitName: string;
  readonly applicationName: string;
  isLeader(): boolean;
}

export interface BagCache extends Pick<
  RelationTools,
  'relationGet' | 'relationGetKey' | 'relationSet'
> {
  /** Sends what differs from what is there: at most one relation-set a bag, none for no difference. */
  flush(): void;
}

interface PendingBag {
  readonly relation: string;
  readonly application: boolean;
  /** An empty text takes the key away, as it does for Juju (H90). */
  readonly change: Map<string, string>;
}

/** Makes an empty cache before `tools`. */
export function createBagCache(tools: RelationTools, options: BagCacheOptions): BagCache {
  const bags = new Map<string, Settings>();
  const keys = new Map<string, string | null>();
  const pending = new Map<string, PendingBag>();

  const stored = (relation: string, target: string): Settings => {
    const name = bagName(relation, target);
    const known = bags.get(name);
    if (known !== undefined) return known;
    const bag = Object.freeze(tools.relationGet(relation, target));
    bags.set(name, bag);
    return bag;
  };

  /** What the keys are now. A bag of thousands of keys is not read for one that was read by itself. */
  const valuesOf = (
    name: string,
    relation: string,
    target: string,
    wanted: Iterable<string>,
  ): ((key: string) => string) => {
    const isKnown = !bags.has(name) && [...wanted].every((key) => keys.has(`${name} ${key}`));
    if (isKnown) return (key) => keys.get(`${name} ${key}`) ?? '';
    const bag = stored(relation, target);
    return (key) => valueOf(bag, key);
  };

  return {
    relationGet(relation, target) {
      const change = pending.get(bagName(relation, target))?.change;
      const bag = stored(relation, target);
      return change === undefined ? bag : apply(bag, change);
    },
    relationGetKey(relation, target, key) {
      const name = bagName(relation, target);
      const written = pending.get(name)?.change.get(key);
      if (written !== undefined) return written === '' ? null : written;
      const bag = bags.get(name);
      if (bag !== undefined) return Object.hasOwn(bag, key) ? (bag[key] ?? null) : null;
      const keyName = `${name} ${key}`;
      const known = keys.get(keyName);
      if (known !== undefined) return known;
      const value = tools.relationGetKey(relation, target, key);
      keys.set(keyName, value);
      return value;
    },
    relationSet(relation, change, setOptions = {}) {
      const application = setOptions.application === true;
      if (Object.keys(change).length === 0) return;
      if (application && !options.isLeader()) throw notLeader(relation, change);
      const target = application ? options.applicationName : options.unitName;
      const name = bagName(relation, target);
      const bag = pending.get(name) ?? { relation, application, change: new Map() };
      for (const [key, value] of Object.entries(change)) bag.change.set(key, value ?? '');
      pending.set(name, bag);
    },
    flush() {
      for (const [name, { relation, application, change }] of pending) {
        const target = application ? options.applicationName : options.unitName;
        const current = valuesOf(name, relation, target, change.keys());
        const different = [...change].filter(([key, value]) => current(key) !== value);
        if (different.length > 0) {
          // Built from entries, because an assignment would lose a key named `__proto__`.
          tools.relationSet(relation, Object.fromEntries(different), { application });
          const bag = bags.get(name);
          if (bag !== undefined) bags.set(name, Object.freeze(apply(bag, change)));
        }
      }
      pending.clear();
    },
  };
}

/** Neither relations nor units nor applications have a space in their names. */
function bagName(relation: string, target: string): string {
  return `${relation} ${target}`;
}

function valueOf(bag: Settings, key: string): string {
  return Object.hasOwn(bag, key) ? (bag[key] ?? '') : '';
}

function apply(bag: Settings, change: ReadonlyMap<string, string>): Settings {
  const settings = new Map([...Object.entries(bag), ...change]);
  return Object.fromEntries([...settings].filter(([, value]) => value !== ''));
}

/** The same failure relation-set would give (H93), before anything is half written (T25). */
function notLeader(relation: string, change: SettingsChange): HookToolError {
  return new HookToolError({
    kind: 'notLeader',
    tool: 'relation-set',
    args: ['-r', relation, '--app'],
    detail: `this unit is not the leader, and only the leader may write ${Object.keys(change).join(', ')} to the application's bag`,
  });
}
