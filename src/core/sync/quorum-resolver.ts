// Decides the next transition between two settings of synchronous replication, one at a time: a write of the
// key /sync (who may be promoted) or of synchronous_standby_names (who acknowledges commits). It plans from
// whatever state it finds, so it may be cut off, or the world may change, between any two transitions.
//
// A write of the names is allowed where the voting in force loses none of the commits they will acknowledge.
// A write of the voting is allowed where it loses none acknowledged from now on, and none from before: for
// those either nodes are confirmed to have them, or the new voting asks for at least as much as the old one.
// Nothing else has to be remembered, as the voting in force is safe for every commit so far.

import type { Acknowledging, Voting } from './invariants.ts';
import {
  checkInvariants,
  isOverlapping,
  quorumForAcknowledging,
  quorumForPast,
} from './invariants.ts';

export interface QuorumState {
  /** The member that leads now. */
  readonly leader: string;
  /** Who the key says leads. */
  readonly votingLeader: string;
  readonly voting: Voting;
  readonly acknowledging: Acknowledging;
  /** Nodes known to have every commit acknowledged before the present names were in force. */
  readonly confirmed: ReadonlySet<string>;
}

export interface QuorumTarget {
  /** `on`: every voter may be promoted by itself, so quorum is 0 at all times. */
  readonly mode: 'on' | 'quorum';
  /** Standbys to replicate to synchronously; in mode `on` exactly as many as wanted. */
  readonly active: ReadonlySet<string>;
  /** Standbys that are to acknowledge each commit; at most `active.size` counts. */
  readonly wanted: number;
  /** Commits wait where nobody is active, and the last voters stay. */
  readonly isStrict: boolean;
}

export interface Transition {
  /** `quorum` and `restart` write the key, `sync` the names; `restart` puts a new leader into the key. */
  readonly kind: 'sync' | 'quorum' | 'restart';
  readonly leader: string;
  /** Of `sync` the acknowledgements, else the quorum. Where `nodes` is empty a `sync` of 1 blocks commits. */
  readonly num: number;
  readonly nodes: ReadonlySet<string>;
}

export type Resolution =
  | { readonly kind: 'transition'; readonly transition: Transition }
  /** Nothing can be done before more of these are confirmed. */
  | { readonly kind: 'wait'; readonly nodes: ReadonlySet<string> }
  | { readonly kind: 'done' };

/** Only the leader itself can be elected: always safe. */
const nobody: Voting = { voters: new Set(), quorum: 0 };

interface Goal {
  readonly voting: Voting;
  readonly acknowledging: Acknowledging;
}

/** The next transition towards the target. */
export function resolveNext(state: QuorumState, target: QuorumTarget): Resolution {
  if (state.votingLeader !== state.leader) return restart(state, target);
  // Somebody else changed the names: commits may be where the voters are not, so nobody is electable for now.
  if (!isOverlapping(state.voting, state.acknowledging)) return writeVoting(nobody, state);
  const goal = goalOf(state, target);
  const isVotingDone = isSameVoting(state.voting, goal.voting);
  if (!isVotingDone && quorumAllowed(goal.voting.voters, state) <= goal.voting.quorum) {
    return writeVoting(goal.voting, state);
  }
  if (!isSameAcknowledging(state.acknowledging, goal.acknowledging)) {
    return isOverlapping(state.voting, goal.acknowledging)
      ? writeNames(goal.acknowledging, state)
      : makeRoom(state, target, goal);
  }
  return isVotingDone ? { kind: 'done' } : improve(state, target, goal);
}

/**
 * All transitions to the target, each taken as done and every active node as confirmed before the next.
 * Throws `SyncInvariantError` should one of them be unsafe.
 */
export function* transitions(start: QuorumState, target: QuorumTarget): Generator<Transition> {
  let state = start;
  for (;;) {
    const resolution = resolveNext(state, target);
    if (resolution.kind === 'done') return;
    // All who are there are confirmed already: whoever is waited for now will not come.
    const isStuck = resolution.kind === 'wait' && target.active.isSubsetOf(state.confirmed);
    if (isStuck) throw new Error(`Cannot wait for ${[...resolution.nodes].join(', ')}: not active`);
    if (resolution.kind === 'transition') yield resolution.transition;
    state =
      resolution.kind === 'transition' ? applyTransition(state, resolution.transition) : state;
    state = { ...state, confirmed: target.active };
  }
}

/** The state once a transition is done. New names make what is confirmed a new question. */
export function applyTransition(state: QuorumState, transition: Transition): QuorumState {
  const { kind, leader, num, nodes } = transition;
  return kind === 'sync'
    ? { ...state, acknowledging: { names: nodes, num, isAnybody: false }, confirmed: new Set() }
    : { ...state, votingLeader: leader, voting: { voters: nodes, quorum: num } };
}

/**
 * The voting that follows when this member leads: voters and the old leader without itself. It is in order
 * before its promotion too: it was compared with a deciding set, so whoever of those may decide next has,
 * among as many of them, one that holds every acknowledged commit.
 */
export function votingOfNewLeader(voting: Voting, oldLeader: string | null, me: string): Voting {
  const voters = new Set([...voting.voters, ...(oldLeader === null ? [] : [oldLeader])]);
  voters.delete(me);
  return { voters, quorum: Math.min(voting.quorum, voters.size) };
}

function restart(state: QuorumState, target: QuorumTarget): Resolution {
  const { voters, quorum: least } = votingOfNewLeader(
    state.voting,
    state.votingLeader,
    state.leader,
  );
  const quorum = Math.max(least, quorumForAcknowledging(voters, state.acknowledging));
  const isUseful = quorum < voters.size && (target.mode === 'quorum' || quorum === 0);
  const voting = isUseful ? { voters, quorum } : nobody;
  return transition('restart', state, voting.quorum, voting.voters);
}

function goalOf({ voting }: QuorumState, { active, wanted, isStrict }: QuorumTarget): Goal {
  if (isStrict && active.size === 0) {
    // The last voters keep what they promised: nobody is there who could be confirmed for anything else.
    const num = Math.max(1, voting.voters.size - voting.quorum);
    return { voting, acknowledging: { names: voting.voters, num, isAnybody: false } };
  }
  const num = Math.min(wanted, active.size);
  return {
    voting: { voters: active, quorum: active.size - num },
    acknowledging: { names: active, num, isAnybody: false },
  };
}

/** The smallest quorum of these voters that is safe in this state. */
function quorumAllowed(voters: ReadonlySet<string>, state: QuorumState): number {
  return Math.max(
    quorumForAcknowledging(voters, state.acknowledging),
    quorumForPast(voters, { voting: state.voting, confirmed: state.confirmed }),
  );
}

/**
 * Takes voters away, or adds them with a higher quorum, so that the names can be written afterwards. Without
 * voters that is always so; the choice is the one that leaves most members electable.
 */
function makeRoom(state: QuorumState, target: QuorumTarget, goal: Goal): Resolution {
  const choices = [state.voting.voters.intersection(goal.voting.voters), goal.voting.voters]
    .map((voters) => ({
      voters,
      quorum: Math.max(
        quorumAllowed(voters, state),
        quorumForAcknowledging(voters, goal.acknowledging),
      ),
    }))
    .filter(({ quorum }) => target.mode === 'quorum' || quorum === 0);
  const best = choices.reduce((best, each) => (slack(each) > slack(best) ? each : best), nobody);
  return writeVoting(best, state);
}

/** While nodes are not confirmed yet, a voting that is better than the one in force already counts. */
function improve(state: QuorumState, target: QuorumTarget, goal: Goal): Resolution {
  const { voters } = goal.voting;
  const known = state.voting.voters.union(state.confirmed).intersection(voters);
  const choice = target.mode === 'on' ? known : voters;
  const voting = {
    voters: choice,
    quorum: Math.max(
      quorumAllowed(choice, state),
      quorumForAcknowledging(choice, goal.acknowledging),
    ),
  };
  const isAllowed = target.mode === 'quorum' || voting.quorum === 0;
  return isAllowed && slack(voting) > slack(state.voting)
    ? writeVoting(voting, state)
    : { kind: 'wait', nodes: voters.difference(state.confirmed) };
}

/** How many voters may be missing at an election, and one more; 0 where only the leader can be elected. */
function slack({ voters, quorum }: Voting): number {
  return Math.max(0, voters.size - quorum);
}

function writeVoting(voting: Voting, state: QuorumState): Resolution {
  checkInvariants(voting, state.acknowledging);
  return transition('quorum', state, voting.quorum, voting.voters);
}

function writeNames(acknowledging: Acknowledging, state: QuorumState): Resolution {
  checkInvariants(state.voting, acknowledging);
  return transition('sync', state, acknowledging.num, acknowledging.names);
}

function transition(
  kind: Transition['kind'],
  { leader }: QuorumState,
  num: number,
  nodes: ReadonlySet<string>,
): Resolution {
  return { kind: 'transition', transition: { kind, leader, num, nodes } };
}

function isSameVoting(one: Voting, other: Voting): boolean {
  return one.quorum === other.quorum && isSameSet(one.voters, other.voters);
}

function isSameAcknowledging(one: Acknowledging, other: Acknowledging): boolean {
  return (
    one.num === other.num && one.isAnybody === other.isAnybody && isSameSet(one.names, other.names)
  );
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && one.isSubsetOf(other);
}
