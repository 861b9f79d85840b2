// Decides whether our history has left that of the leader, so that it has to be rewound before we can follow.

import { formatLsn } from '#core/postgres/lsn.ts';
import type { Branch, LocalHistory, RewindFacts } from './rewind-facts.ts';

export type RewindVerdict =
  | { readonly kind: 'needed'; readonly why: string }
  | { readonly kind: 'not-needed'; readonly why: string }
  /** As `needed`, and pg_rewind would see nothing to do: only a clone brings us back. */
  | { readonly kind: 'replaced'; readonly why: string }
  /** It can't be told now: ask again. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Compares where our history ends with where the leader's went another way. */
export function decideRewind({ local, leader }: RewindFacts): RewindVerdict {
  if (local === null) {
    return unknown(
      'where our own history ends is not known: neither the server nor pg_control tells',
    );
  }
  if (leader.kind === 'unknown') return unknown(`the leader’s history is not known: ${leader.why}`);
  const ours = local.timeline;
  if (ours > leader.timeline) {
    return needed(`our timeline ${ours} is newer than the leader’s, ${leader.timeline}`);
  }
  if (ours === leader.timeline) {
    return isOtherBranch(local.branch, leader.branch)
      ? replaced(`our timeline ${ours} and the leader’s were made by two promotions`)
      : notNeeded(`we are on the leader’s timeline, ${ours}`);
  }
  if (leader.lines.length === 0) {
    return unknown(`the leader did not say where its timeline ${leader.timeline} comes from`);
  }
  const end = leader.lines.find(({ timeline }) => timeline === ours);
  if (end === undefined) {
    return needed(`our timeline ${ours} is no ancestor of the leader’s, ${leader.timeline}`);
  }
  if (isOtherBranch(local.branch, leader.branch)) {
    const why = `our timeline ${ours} and that in the leader’s history were made by two promotions`;
    // pg_rewind looks at where timelines begin, and at nothing else of them.
    return local.branch?.lsn === leader.branch?.lsn ? replaced(why) : needed(why);
  }
  const left = `the leader left timeline ${ours} at ${formatLsn(end.lsn)}`;
  return local.isInRecovery
    ? decideStandby(local, end.lsn, left)
    : decideFormerPrimary(local, end.lsn, left);
}

/** A standby may have replayed up to the place where the leader went on, and not beyond. */
function decideStandby({ lsn }: LocalHistory, end: bigint, left: string): RewindVerdict {
  return lsn > end
    ? needed(`${left} and we replayed up to ${formatLsn(lsn)}`)
    : notNeeded(`${left} and we replayed no further than ${formatLsn(lsn)}`);
}

/** A primary that was shut down cleanly ends with its checkpoint, which the leader has to have got whole. */
function decideFormerPrimary(local: LocalHistory, end: bigint, left: string): RewindVerdict {
  const { lsn, checkpointEndLsn } = local;
  if (lsn >= end) return needed(`${left} and our last checkpoint is at ${formatLsn(lsn)}`);
  if (checkpointEndLsn === null) {
    return needed(`${left} and where our last checkpoint ends can’t be read`);
  }
  return checkpointEndLsn === end
    ? notNeeded(`${left}, which is where our shutdown ended`)
    : needed(`${left} and our shutdown ended at ${formatLsn(checkpointEndLsn)}`);
}

function isOtherBranch(ours: Branch | undefined, theirs: Branch | undefined): boolean {
  if (ours === undefined || theirs === undefined) return false;
  if (ours.lsn !== theirs.lsn) return true;
  return ours.mark !== null && theirs.mark !== null && ours.mark !== theirs.mark;
}

function replaced(why: string): RewindVerdict {
  return { kind: 'replaced', why };
}

function needed(why: string): RewindVerdict {
  return { kind: 'needed', why };
}

function notNeeded(why: string): RewindVerdict {
  return { kind: 'not-needed', why };
}

function unknown(why: string): RewindVerdict {
  return { kind: 'unknown', why };
}
