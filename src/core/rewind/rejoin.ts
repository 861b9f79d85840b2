// Decides how a member whose history left the leader’s comes back: by pg_rewind, else by a new clone with the
// old data moved aside. It always ends: each way has a limited number of attempts with a growing pause between
// them, and when none is left the member says so and waits for a person or another leader.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { RewindVerdict } from './decide-rewind.ts';
import type { RewindOutcome } from './rewind-facts.ts';

/** Times are monotonic, in milliseconds. */
export interface RejoinMemory {
  /** Leader and timeline the attempts were against, for example `postgres-1@4`. */
  readonly against: string;
  /** Runs of pg_rewind against it after which the member did not stream, whether they failed or not. */
  readonly rewinds: number;
  /** Times the data was replaced without the member streaming afterwards. */
  readonly clones: number;
  /** pg_rewind failed and may have left the data unusable: only a clone makes it good. */
  readonly isDamaged: boolean;
  readonly lastAttemptMs: number | null;
  readonly lastError: string;
}

/** Also what a member goes back to once it streams from the leader. */
export const noRejoinYet: RejoinMemory = {
  against: '',
  rewinds: 0,
  clones: 0,
  isDamaged: false,
  lastAttemptMs: null,
  lastError: '',
};

export interface RejoinFacts {
  readonly verdict: RewindVerdict;
  /** How long the verdict could not be reached already; 0 where it was. */
  readonly unknownForMs: number;
  /** Why we can’t follow though our history fits, for example because WAL was removed; null: we can. */
  readonly obstacle: string | null;
  /** As `RejoinMemory.against`. */
  readonly against: string;
  /** `use_pg_rewind`, and pg_rewind could work here. */
  readonly canRewind: boolean;
  /** Somebody is there to clone from. */
  readonly canClone: boolean;
  /** It is a primary, and has finished its first checkpoint on its timeline. */
  readonly isLeaderReady: boolean;
  readonly config: Pick<
    GlobalConfig,
    'isPaused' | 'removeDataDirectoryOnRewindFailure' | 'removeDataDirectoryOnDivergedTimelines'
  >;
  readonly nowMs: number;
}

export type RejoinStep =
  /** Nothing stands against following the leader. */
  | { readonly kind: 'follow'; readonly why: string }
  | { readonly kind: 'rewind'; readonly why: string }
  /** `isRemoving`: the user asked that the old data is deleted; else it is moved aside. */
  | { readonly kind: 'clone'; readonly isRemoving: boolean; readonly why: string }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly why: string }
  /** Every way was tried; the reason is for people. */
  | { readonly kind: 'stuck'; readonly why: string; readonly hint: string };

/** More would only repeat what failed, and each may take hours. */
const rewindAttempts = 2;
const cloneAttempts = 3;
const firstPauseMs = 2_000;
const longestPauseMs = 300_000;
/** How long a comparison is waited for. Starting as a standby harms nothing, and the comparison goes on then. */
const patienceMs = 30_000;
const askAgainMs = 1_000;

/** What a member that is to follow the leader does next. */
export function nextRejoin(memory: RejoinMemory, facts: RejoinFacts): RejoinStep {
  const known = attemptsAgainst(memory, facts.against);
  const problem = problemOf(known, facts);
  if (problem === null) return { kind: 'follow', why: facts.verdict.why };
  if (problem === 'unknown') return waitOrFollow(facts);
  if (facts.config.isPaused) {
    const why = `${problem}; nothing is done about it in pause`;
    return { kind: 'wait', untilMs: facts.nowMs + longestPauseMs, why };
  }
  const untilMs = pauseEndMs(known);
  if (untilMs > facts.nowMs) {
    const last = known.lastError === '' ? 'it did not help' : known.lastError;
    return { kind: 'wait', untilMs, why: `${problem}; of the last attempt: ${last}` };
  }
  if (!facts.isLeaderReady) {
    const why = `${problem}; the leader has not finished its checkpoint after promotion`;
    return { kind: 'wait', untilMs: facts.nowMs + askAgainMs, why };
  }
  // What a pg_rewind that broke off left has lost what another one would have to read.
  const isRewindable =
    facts.canRewind &&
    facts.obstacle === null &&
    facts.verdict.kind !== 'replaced' &&
    !known.isDamaged;
  return isRewindable && known.rewinds < rewindAttempts
    ? { kind: 'rewind', why: problem }
    : cloneAnew(problem, known, facts);
}

/** After pg_rewind. A leader that went away is no failure: another one is compared with. */
export function noteRewind(
  memory: RejoinMemory,
  outcome: RewindOutcome,
  { against, nowMs }: Pick<RejoinFacts, 'against' | 'nowMs'>,
): RejoinMemory {
  const known = attemptsAgainst(memory, against);
  return {
    ...known,
    rewinds: known.rewinds + (outcome.kind === 'leader-lost' ? 0 : 1),
    isDamaged: outcome.kind === 'leader-lost' ? known.isDamaged : outcome.kind === 'failed',
    lastAttemptMs: nowMs,
    lastError: outcome.kind === 'done' ? '' : outcome.why,
  };
}

/** After the data was replaced by a clone, or that failed: `error` is null where it worked. */
export function noteClone(
  memory: RejoinMemory,
  error: string | null,
  { against, nowMs }: Pick<RejoinFacts, 'against' | 'nowMs'>,
): RejoinMemory {
  const known = attemptsAgainst(memory, against);
  return {
    ...known,
    clones: known.clones + 1,
    isDamaged: known.isDamaged && error !== null,
    lastAttemptMs: nowMs,
    lastError: error ?? '',
  };
}

/** Another leader, or the same one on a new timeline, is a new situation; damage stays. */
function attemptsAgainst(memory: RejoinMemory, against: string): RejoinMemory {
  return memory.against === against
    ? memory
    : { ...noRejoinYet, against, isDamaged: memory.isDamaged };
}

/** What is wrong, in words; null where nothing is. */
function problemOf(memory: RejoinMemory, { verdict, obstacle }: RejoinFacts): string | null {
  // Half rewound data may look right to a comparison and must not be started.
  if (memory.isDamaged) return 'pg_rewind failed and left data that can’t be used';
  if (verdict.kind === 'needed' || verdict.kind === 'replaced') return verdict.why;
  if (obstacle !== null) return obstacle;
  return verdict.kind === 'unknown' ? 'unknown' : null;
}

function waitOrFollow({ verdict, unknownForMs, nowMs }: RejoinFacts): RejoinStep {
  return unknownForMs < patienceMs
    ? { kind: 'wait', untilMs: nowMs + askAgainMs, why: verdict.why }
    : { kind: 'follow', why: `${verdict.why}; it starts as a standby and is compared afterwards` };
}

/** Each attempt doubles the pause. Against another leader there is no reason to wait. */
function pauseEndMs({ rewinds, clones, lastAttemptMs }: RejoinMemory): number {
  if (lastAttemptMs === null) return 0;
  const doublings = Math.max(0, rewinds + clones - 1);
  return lastAttemptMs + Math.min(longestPauseMs, firstPauseMs * 2 ** doublings);
}

function cloneAnew(problem: string, memory: RejoinMemory, facts: RejoinFacts): RejoinStep {
  const { config, nowMs, canClone } = facts;
  if (memory.clones >= cloneAttempts) {
    const last = memory.lastError === '' ? '' : `; the last error: ${memory.lastError}`;
    return {
      kind: 'stuck',
      why: `${problem}, and ${memory.clones} new clones did not help${last}`,
      hint: 'find out why it can’t stream from the leader, then run patronictl reinit for this member',
    };
  }
  if (!canClone) {
    const why = `${problem}; nobody is there to clone from`;
    return { kind: 'wait', untilMs: nowMs + askAgainMs, why };
  }
  const isRemoving =
    config.removeDataDirectoryOnDivergedTimelines ||
    (memory.isDamaged && config.removeDataDirectoryOnRewindFailure);
  return { kind: 'clone', isRemoving, why: problem };
}
