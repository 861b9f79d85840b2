// What the decision whether to rewind needs, and what came of a rewind.

import type { HistoryLine } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';

/**
 * Where a timeline began. Two members that were promoted without knowing of each other may both have made the same
 * timeline: it has the same number and is another one.
 */
export interface Branch {
  /** Where it left the timeline before it. */
  readonly lsn: Lsn;
  /** Of the first record on it, which no other promotion has the like of; null where it can't be read. */
  readonly mark: string | null;
}

/** Our own end of history. */
export interface LocalHistory {
  readonly timeline: number;
  /** Replayed or checkpoint position. */
  readonly lsn: Lsn;
  readonly isInRecovery: boolean;
  /** End of the checkpoint record of a stopped former primary, by pg_waldump; null where not known. */
  readonly checkpointEndLsn: Lsn | null;
  /** Of our timeline; absent on timeline 1 and where it is not known. */
  readonly branch?: Branch;
}

/** What a replication connection to the leader said. */
export type LeaderHistory =
  | {
      readonly kind: 'known';
      readonly timeline: number;
      /** Of its current timeline; empty on timeline 1. */
      readonly lines: readonly HistoryLine[];
      /** Of our timeline as its history has it; absent where that has none of our number, or it is not known. */
      readonly branch?: Branch;
    }
  /** It did not answer, or is still in recovery itself: ask again later. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface RewindFacts {
  readonly local: LocalHistory | null;
  readonly leader: LeaderHistory;
}

export type RewindOutcome =
  | { readonly kind: 'done' }
  /** The leader went away meanwhile; nothing is damaged. */
  | { readonly kind: 'leader-lost'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };
