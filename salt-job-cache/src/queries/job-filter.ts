// What jobs are looked for by, as conditions of SQL on `jids` under the name `j`.

import type { Glob } from '../glob.ts';
import { elementRegex, wholeRegex } from '../glob.ts';

/** `missing`: no minion has returned. `success`: some have, and none of them failed. */
export type Outcome = 'success' | 'failed' | 'missing';

export interface JobFilter {
  readonly function: Glob | null;
  /** Matches an element of a list of minions too. */
  readonly target: Glob | null;
  /** A minion that returned. */
  readonly minion: Glob | null;
  readonly user: string | null;
  readonly outcome: Outcome | null;
  /** Lowest job id, included. */
  readonly fromJid: string | null;
  /** Highest job id, not included. */
  readonly toJid: string | null;
}

export const everyJob: JobFilter = {
  function: null,
  target: null,
  minion: null,
  user: null,
  outcome: null,
  fromJid: null,
  toJid: null,
};

// Between these are all job ids, whatever the collation: digits come before letters in every one.
const lowestJid = '';
const aboveEveryJid = 'zzzzzzzzzzzzzzzzzzzz';

export interface JidRange {
  readonly from: string;
  readonly to: string;
}

export function jidRangeOf(filter: JobFilter): JidRange {
  return { from: filter.fromJid ?? lowestJid, to: filter.toJid ?? aboveEveryJid };
}

/** Collects the values of a statement; gives each its placeholder. */
export class Placeholders {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Whether a column, or the indexed part of one, matches. */
export function globCondition(column: string, glob: Glob, placeholders: Placeholders): string {
  return glob.isLiteral
    ? `${column} = ${placeholders.add(glob.prefix)}`
    : `${column} ~ ${placeholders.add(wholeRegex(glob))}`;
}

export function targetCondition(column: string, glob: Glob, placeholders: Placeholders): string {
  const element = `(left(${column}, 1) = '[' AND ${column} ~ ${placeholders.add(elementRegex(glob))})`;
  return `(${globCondition(column, glob, placeholders)} OR ${element})`;
}

/**
 * How returns are asked for: `each` job by its id, for a few jobs out of many; or `all` jobs against all
 * returns at once, where most of the jobs have to be looked at anyway.
 */
export type Reach = 'each' | 'all';

// A subquery with LIMIT or an aggregate is run for each row; EXISTS the planner may turn into a join that
// reads all returns.
const outcomeConditions: Readonly<Record<Reach, Readonly<Record<Outcome, string>>>> = {
  each: {
    success: '(SELECT bool_and(r.success IS NOT FALSE) FROM salt_returns r WHERE r.jid = j.jid)',
    failed: '(SELECT true FROM salt_returns r WHERE r.jid = j.jid AND NOT r.success LIMIT 1)',
    missing: '(SELECT true FROM salt_returns r WHERE r.jid = j.jid LIMIT 1) IS NULL',
  },
  all: {
    success:
      'EXISTS (SELECT FROM salt_returns r WHERE r.jid = j.jid) ' +
      'AND NOT EXISTS (SELECT FROM salt_returns r WHERE r.jid = j.jid AND NOT r.success)',
    failed: 'EXISTS (SELECT FROM salt_returns r WHERE r.jid = j.jid AND NOT r.success)',
    missing: 'NOT EXISTS (SELECT FROM salt_returns r WHERE r.jid = j.jid)',
  },
};

/** A return of a minion that matches. */
function minionCondition(glob: Glob, reach: Reach, placeholders: Placeholders): string {
  const returns = `salt_returns r WHERE r.jid = j.jid AND ${globCondition('r.id', glob, placeholders)}`;
  return reach === 'each'
    ? `(SELECT true FROM ${returns} LIMIT 1)`
    : `EXISTS (SELECT FROM ${returns})`;
}

/** All conditions but the range of job ids, joined by AND; `true` where there are none. */
export function conditionsOf(
  filter: JobFilter,
  placeholders: Placeholders,
  reach: Reach = 'each',
): string {
  const { function: fun, target, user, minion, outcome } = filter;
  const conditions = [
    fun === null ? null : globCondition('j.fun', fun, placeholders),
    target === null ? null : targetCondition('j.tgt', target, placeholders),
    user === null ? null : `j.username = ${placeholders.add(user)}`,
    minion === null ? null : minionCondition(minion, reach, placeholders),
    outcome === null ? null : outcomeConditions[reach][outcome],
  ].filter((condition) => condition !== null);
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}
