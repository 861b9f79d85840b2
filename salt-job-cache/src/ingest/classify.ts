// What an event of Salt's master is about, told by its tag, whether its data agrees, and the globs that choose
// which events are kept as events.

import { JobCacheError } from '../errors.ts';
import { parseGlob, wholeRegex } from '../glob.ts';
import type { EventFilter } from '../service/service-config.ts';
import type { PythonDict } from '../value/python-value.ts';
import { valueAt } from '../value/python-value.ts';
import { pythonStr } from '../value/repr.ts';

/**
 * `job`: a publication. `return`: of one minion. `runner`: the result of a runner.
 * `other`: nothing the job cache of Salt would store, unless as an event.
 */
export type EventKind = 'job' | 'return' | 'runner' | 'other';

/** @param tag e.g. `salt/job/20240102030405678901/ret/web1` */
export function kindOf(tag: string): EventKind {
  const parts = tag.split('/');
  const [salt, base, , what] = parts;
  if (salt !== 'salt') return 'other';
  if (base === 'job' && what === 'new' && parts.length === 4) return 'job';
  // A minion's id has no slash: Salt refuses one that has.
  if (base === 'job' && what === 'ret' && parts.length === 5) return 'return';
  return base === 'run' && what === 'ret' && parts.length === 4 ? 'runner' : 'other';
}

/**
 * The master makes the tag from the load, so the two name the same job and minion, unless somebody else made
 * the event. What is missing in the load is left to whoever makes a row of it.
 *
 * @throws JobCacheError where they differ
 */
export function checkTag(tag: string, load: PythonDict): void {
  const [, , jid, , id] = tag.split('/');
  for (const [field, named] of [
    ['jid', jid],
    ['id', id],
  ] as const) {
    const value = valueAt(load, field) ?? null;
    if (named === undefined || value === null || pythonStr(value) === named) continue;
    throw new JobCacheError(
      `Cannot store the event: its tag names ${field} "${named}", its data "${pythonStr(value)}"; no master publishes that`,
      { kind: 'ValueError', ...(jid === undefined ? {} : { jid }), field },
    );
  }
}

/** A glob as Python's fnmatch reads it: `*`, `?`, `[seq]`, `[!seq]`; the whole text has to match. */
export function globPattern(glob: string): RegExp {
  try {
    return new RegExp(wholeRegex(parseGlob(glob)), 's');
  } catch {
    // A range such as [z-a] matches nothing in Python, and is no regular expression at all.
    return /(?!)/;
  }
}

/** Tells which tags are kept as events: those one of `allow` matches (all, where it is empty), less `deny`. */
export function tagFilter(filter: EventFilter | null): (tag: string) => boolean {
  if (filter === null) return () => false;
  const allow = filter.allow.map(globPattern);
  const deny = filter.deny.map(globPattern);
  return (tag) =>
    (allow.length === 0 || allow.some((pattern) => pattern.test(tag))) &&
    !deny.some((pattern) => pattern.test(tag));
}
