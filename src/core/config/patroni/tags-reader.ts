// Reads the tags of a member, our own or those another one published, and settles what two tags that
// say opposite things mean.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Tags } from './global-config.ts';
import { textOf } from './json-fields.ts';
import { readBoolean, readInteger } from './read-value.ts';

export interface ReadTags {
  readonly tags: Tags;
  /** Sentences for the log, in Patroni's words. */
  readonly warnings: readonly string[];
}

interface Pair {
  readonly isExcluded: boolean;
  readonly priority: number;
  readonly warning: string | null;
}

/** Patroni's log shows booleans as Python writes them, and people search logs for them. */
function pythonBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}

/** A tag without a known word counts as set, as it does in Patroni: somebody meant something by it. */
function isSet(tags: JsonObject, name: string): boolean {
  const value = tags[name];
  if (value === undefined || value === null) return false;
  return readBoolean(value) ?? value !== '';
}

/** A flag and a priority that says the same in numbers: 0 is the flag. The flag wins where it is given. */
function readPair(tags: JsonObject, flagName: string, priorityName: string): Pair {
  const priority = readInteger(tags[priorityName]);
  if (tags[flagName] === undefined || tags[flagName] === null) {
    return {
      isExcluded: priority !== null && priority <= 0,
      priority: Math.max(priority ?? 1, 0),
      warning: null,
    };
  }
  const flag = isSet(tags, flagName);
  const isConflict = priority !== null && flag === priority > 0;
  const shownFlag = pythonBoolean(flag);
  return {
    isExcluded: flag,
    priority: flag ? 0 : Math.max(priority ?? 1, 1),
    warning: isConflict
      ? `Conflicting configuration between ${flagName}: ${shownFlag} and ${priorityName}: ${priority}. ` +
        `Defaulting to ${flagName}: ${shownFlag}`
      : null,
  };
}

/** Flags that are published only where they say something. */
const flags: ReadonlyMap<string, string | null> = new Map([
  ['clonefrom', null],
  ['noloadbalance', null],
  ['nostream', null],
  ['nofailover', 'failover_priority'],
  ['nosync', 'sync_priority'],
]);

/** Without the flags that say nothing. One beside its priority stays: it may be what wins. */
function published(tags: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(tags).filter(([name]) => {
      const priority = flags.get(name);
      if (priority === undefined) return true;
      return isSet(tags, name) || (priority !== null && tags[priority] !== undefined);
    }),
  );
}

/** Tags with their defaults, from the `tags` section of a file or of a member's value. */
export function readTags(tags: JsonObject): ReadTags {
  const failover = readPair(tags, 'nofailover', 'failover_priority');
  const sync = readPair(tags, 'nosync', 'sync_priority');
  return {
    tags: {
      nofailover: failover.isExcluded,
      failoverPriority: failover.priority,
      nosync: sync.isExcluded,
      syncPriority: sync.priority,
      noloadbalance: isSet(tags, 'noloadbalance'),
      clonefrom: isSet(tags, 'clonefrom'),
      replicatefrom: textOf(tags['replicatefrom']),
      nostream: isSet(tags, 'nostream'),
      raw: published(tags),
    },
    warnings: [failover.warning, sync.warning].filter((warning) => warning !== null),
  };
}
