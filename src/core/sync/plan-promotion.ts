// Decides what has to be in place before this member is promoted in synchronous mode. Whoever holds the
// leader key comes here before the promotion, step by step, and is promoted once nothing is left to do: the
// compare-and-set of /sync proves that nobody else promoted meanwhile, and the names hold back commits that
// the next election could not see.

import type { SyncState } from '#core/dcs/cluster.ts';
import type { SyncConfig, SyncStep } from './plan-sync.ts';
import { renderNames } from './plan-sync.ts';
import type { Voting } from './invariants.ts';
import { votingOfNewLeader } from './quorum-resolver.ts';
import { parseStandbyNames, renderStandbyNames } from './standby-names.ts';

export interface PromotionInput {
  readonly me: string;
  readonly sync: SyncState;
  /** synchronous_standby_names as our standby has it now. */
  readonly names: string;
  readonly config: SyncConfig;
}

/** The next step before the promotion, or null once it may go ahead. */
export function planPromotion(input: PromotionInput): SyncStep | null {
  const { me, sync, names, config } = input;
  if (config.synchronousMode === 'off' || config.standbyCluster !== null) return null;
  const voting = votingAfterwards(input);
  if (sync.leader !== me) {
    return {
      kind: 'write-sync',
      leader: me,
      voters: [...voting.voters].toSorted(),
      quorum: voting.quorum,
      expected: sync.modRevision,
      why: `${me} is about to lead, and nobody else may be promoted by what was in force before`,
    };
  }
  const wanted = namesAfterwards(voting, config);
  const current = parseStandbyNames(names);
  if (current !== null && renderStandbyNames(current) === wanted) return null;
  const why = 'commits after the promotion have to wait for those who could be promoted next';
  return { kind: 'set-names', names: wanted, why };
}

function votingAfterwards({ me, sync, config }: PromotionInput): Voting {
  const before = { voters: new Set(sync.voters), quorum: sync.quorum };
  if (sync.leader === me) return before;
  const nobody = { voters: new Set<string>(), quorum: 0 };
  if (config.synchronousMode === 'quorum') {
    const next = votingOfNewLeader(before, sync.leader, me);
    return next.quorum < next.voters.size ? next : nobody;
  }
  // Without strict mode a primary starts alone rather than have its commits wait for standbys on their way.
  if (!config.isSynchronousModeStrict || sync.quorum > 0) return nobody;
  return votingOfNewLeader(before, sync.leader, me);
}

/** The setting with which no commit is acknowledged that this voting could lose. */
function namesAfterwards({ voters, quorum }: Voting, config: SyncConfig): string {
  const least = config.isSynchronousModeStrict ? 1 : 0;
  const num = Math.max(least, voters.size - quorum);
  return renderNames(voters, num, config.synchronousMode === 'quorum' ? 'quorum' : 'on');
}
