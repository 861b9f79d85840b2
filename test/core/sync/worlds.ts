// A model of what synchronous replication promises that knows nothing of the arithmetic under test: it keeps,
// for every commit that may have been acknowledged, the exact sets of standbys that may hold it.

import type { Voting } from '#core/sync/invariants.ts';
import type { QuorumState, Transition } from '#core/sync/quorum-resolver.ts';
import { applyTransition } from '#core/sync/quorum-resolver.ts';

export interface ModelWorld {
  readonly state: QuorumState;
  /**
   * Sets of standbys, each as `a,b`: for each of them some acknowledged commit may be there and on the leader
   * only. Sets that include another one of the same age say nothing more and are left out.
   */
  readonly holders: ReadonlySet<string>;
}

export function subsets<Item>(items: Iterable<Item>): readonly (readonly Item[])[] {
  const found: (readonly Item[])[] = [[]];
  for (const item of items) found.push(...found.map((each) => [...each, item]));
  return found;
}

function smallest(sets: Iterable<string>): ReadonlySet<string> {
  const all = [...new Set(sets)].map((text) => ({ text, items: new Set(split(text)) }));
  const isCovered = (one: (typeof all)[number]): boolean =>
    all.some(({ text, items }) => text !== one.text && items.isSubsetOf(one.items));
  return new Set(all.filter((one) => !isCovered(one)).map(({ text }) => text));
}

function split(text: string): readonly string[] {
  return text === '' ? [] : text.split(',');
}

function join(items: Iterable<string>): string {
  return [...items].toSorted().join(',');
}

/** Commits made now are on the leader and any `num` of the names; with too few names there are none. */
function acknowledgedNow({ acknowledging: { names, num } }: QuorumState): readonly string[] {
  return subsets(names)
    .filter(({ length }) => length === num)
    .map(join);
}

/** A world in which commits were acknowledged under these settings all the time. */
export function worldOf(state: QuorumState): ModelWorld {
  return { state, holders: smallest(acknowledgedNow(state)) };
}

/** The transition is done, and commits go on. */
export function perform({ state, holders }: ModelWorld, transition: Transition): ModelWorld {
  const next = applyTransition(state, transition);
  return { state: next, holders: smallest([...holders, ...acknowledgedNow(next)]) };
}

/** A standby in the names catches up with all that was committed before they were in force. */
export function confirm({ state, holders }: ModelWorld, node: string): ModelWorld {
  const next = { ...state, confirmed: new Set([...state.confirmed, node]) };
  const caughtUp = [...holders].map((each) => join(new Set([...split(each), node])));
  return { state: next, holders: smallest([...caughtUp, ...acknowledgedNow(next)]) };
}

/** Another node leads, with all acknowledged commits, before it acknowledged one itself. */
export function takeOver({ state, holders }: ModelWorld, me: string, voting: Voting): ModelWorld {
  const moved = [...holders].map((each) =>
    join(new Set([...split(each), state.leader].filter((node) => node !== me))),
  );
  const next = { ...state, leader: me, votingLeader: me, voting, confirmed: new Set<string>() };
  return { state: next, holders: smallest(moved) };
}

/** A commit and a deciding set of voters without it, if there are such; null: no acknowledged write is lost. */
export function lossIn({ state, holders }: ModelWorld): string | null {
  const { voters, quorum } = state.voting;
  for (const deciding of subsets(voters).filter(({ length }) => length === quorum + 1)) {
    const lost = [...holders].find(
      (holder) => !split(holder).some((node) => deciding.includes(node)),
    );
    if (lost !== undefined) {
      return `(${deciding.join(', ')}) decide, and a commit is on (${lost}) only`;
    }
  }
  return null;
}

export function keyOf({ state, holders }: ModelWorld): string {
  const { voting, acknowledging, confirmed, votingLeader } = state;
  return [
    votingLeader,
    join(voting.voters),
    voting.quorum,
    join(acknowledging.names),
    acknowledging.num,
    join(confirmed),
    [...holders].toSorted().join('|'),
  ].join(';');
}
