// The promise of synchronous replication, as arithmetic on names. Every step a resolver plans is checked
// against it before it is handed out, and tests check it against an enumeration of all subsets.
//
// A commit is acknowledged once the leader and `num` of `names` have it. A member may be promoted without the
// leader once it and `quorum` other voters have been compared, so once `quorum + 1` voters were seen. No
// acknowledged commit is lost when every set of `quorum + 1` voters shares a node with every set of `num` names.

/** Who may be promoted: what the key /sync says. */
export interface Voting {
  readonly voters: ReadonlySet<string>;
  /** Other voters that have to be compared with a candidate. */
  readonly quorum: number;
}

/** Who acknowledges commits: what synchronous_standby_names says. */
export interface Acknowledging {
  readonly names: ReadonlySet<string>;
  readonly num: number;
  /** `*`: anybody may acknowledge, so nobody in particular is known to have a commit. */
  readonly isAnybody: boolean;
}

/** What is known of commits that were acknowledged before the present setting was in force. */
export interface Past {
  /** The voting that is in force: it is safe for all of them. */
  readonly voting: Voting;
  /** Nodes known to have every one of them. */
  readonly confirmed: ReadonlySet<string>;
}

export class SyncInvariantError extends Error {
  readonly voting: Voting;
  readonly acknowledging: Acknowledging;
  constructor(voting: Voting, acknowledging: Acknowledging) {
    const voters = [...voting.voters].join(', ');
    const names = acknowledging.isAnybody ? '*' : [...acknowledging.names].join(', ');
    super(
      `Cannot let ${voting.quorum + 1} of the voters (${voters}) decide who leads while commits are acknowledged ` +
        `by ${acknowledging.num} of (${names}): an acknowledged commit could be lost`,
    );
    this.name = 'SyncInvariantError';
    this.voting = voting;
    this.acknowledging = acknowledging;
  }
}

/** The smallest quorum of these voters that loses no commit acknowledged from now on. */
export function quorumForAcknowledging(
  voters: ReadonlySet<string>,
  { names, num, isAnybody }: Acknowledging,
): number {
  // With as many others asked for as there are voters, the leader itself has to be among them.
  if (isAnybody) return voters.size;
  // More acknowledgements than names: no commit is ever acknowledged.
  if (num > names.size) return 0;
  // Two disjoint sets of quorum + 1 and num exist only among quorum + 1 + num nodes or more.
  return Math.max(0, Math.min(voters.size, voters.union(names).size - num));
}

/** The smallest quorum of these voters that loses no commit acknowledged before. */
export function quorumForPast(voters: ReadonlySet<string>, past: Past): number {
  const unsure = voters.difference(past.confirmed);
  // Either so many that a confirmed one is among them, or enough to hold a deciding set of the voting in force.
  const newcomers = unsure.difference(past.voting.voters).size;
  return Math.min(unsure.size, past.voting.quorum + newcomers);
}

export function isOverlapping(voting: Voting, acknowledging: Acknowledging): boolean {
  return voting.quorum >= quorumForAcknowledging(voting.voters, acknowledging);
}

/** Throws `SyncInvariantError` where an acknowledged commit could be lost. */
export function checkInvariants(voting: Voting, acknowledging: Acknowledging): void {
  if (!isOverlapping(voting, acknowledging)) throw new SyncInvariantError(voting, acknowledging);
}
