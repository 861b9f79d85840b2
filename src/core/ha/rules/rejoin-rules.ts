// 750 to 779 and 1050 to 1059: this member's history may have left the leader's. It is compared, and brought back by
// pg_rewind or by a new clone, whichever the number of attempts so far leaves (core/rewind/rejoin.ts).

import type { Member } from '#core/dcs/cluster.ts';
import type { RewindVerdict } from '#core/rewind/decide-rewind.ts';
import { decideRewind } from '#core/rewind/decide-rewind.ts';
import { nextRejoin } from '#core/rewind/rejoin.ts';
import { cloneMemberOf } from '../clone-source.ts';
import { clusterOf, isPrimary, isUnlocked, ownTimeline, ownsLock } from '../look.ts';
import type { Rule } from '../rule.ts';
import type { Step } from '../step.ts';
import { leaderUpstream } from '../upstream.ts';
import type { World } from '../world.ts';

/** The leader another member can be compared with; null where there is none yet. */
function leaderMember(world: World): Member | null {
  if (world.dcs.kind !== 'cluster' || isUnlocked(world) || ownsLock(world)) return null;
  return clusterOf(world).leader?.member ?? null;
}

/** The situation a comparison is good for. */
export function situationOf({ name, timeline }: Member): string {
  return `${name}@${timeline ?? '?'}`;
}

/** It leads and says on which timeline. */
function isComparable({ role, timeline, state }: Member): boolean {
  const leads = role === 'primary' || role === 'master' || role === 'standby_leader';
  return leads && timeline !== null && state === 'running';
}

/** What is known of our history against this leader; null where it has to be asked first. */
function verdictOf(world: World, leader: Member): RewindVerdict | null {
  const { memory, learned } = world;
  const { kind, against, why } = memory.rewind;
  if (kind !== 'unchecked' && against === situationOf(leader)) return { kind, why };
  if (!isComparable(leader)) {
    return { kind: 'unknown', why: `${leader.name} has not finished its promotion` };
  }
  return learned.rewindFacts === null ? null : decideRewind(learned.rewindFacts);
}

/** Of a stopped server; in pause it is left alone by other rules. */
function isDamaged({ postgres, memory, config }: World): boolean {
  return !postgres.isRunning && memory.rejoin.isDamaged && !config.isPaused;
}

function compare(world: World): Step | null {
  const upstream = leaderUpstream(world);
  return upstream === null ? null : { kind: 'read-rewind-facts', leader: upstream };
}

/** What is done about a verdict; null where nothing stands against following the leader. */
function comeBack(
  world: World,
  leader: Member,
  verdict: RewindVerdict,
  obstacle: string | null = null,
): Step | null {
  const { config, memory, learned, nowMs, postgres } = world;
  const upstream = leaderUpstream(world);
  const source = cloneMemberOf(world);
  const next = nextRejoin(memory.rejoin, {
    verdict,
    unknownForMs: postgres.isRunning ? 0 : postgres.stateSinceMs,
    obstacle,
    against: situationOf(leader),
    canRewind: config.isUsingPgRewind && (learned.canRewind ?? true),
    canClone: source !== null && upstream !== null,
    isLeaderReady: isComparable(leader) && leader.checkpointAfterPromote !== false,
    config,
    nowMs,
  });
  const cause = obstacle === null ? 'diverged timelines' : 'missing WAL';
  switch (next.kind) {
    case 'follow':
      return null;
    case 'wait':
      return { kind: 'done', message: next.why, wakeInMs: Math.max(100, next.untilMs - nowMs) };
    case 'stuck':
      return { kind: 'done', message: `${next.why}: ${next.hint}` };
    case 'rewind':
      return upstream === null
        ? null
        : {
            kind: 'start-action',
            action: { kind: 'rewind', leader: upstream },
            name: `running pg_rewind from ${leader.name}`,
            message: `running pg_rewind from ${leader.name}: ${next.why}`,
          };
    case 'clone':
      return {
        kind: 'start-action',
        action: {
          kind: 'rejoin-by-clone',
          source: {
            kind: 'member',
            name: source?.name ?? leader.name,
            isLeader: source === null || source.name === leader.name,
          },
          isRemoving: next.isRemoving,
        },
        name: `reinitializing due to ${cause}`,
        message: `reinitializing due to ${cause}: ${next.why}`,
      };
    default:
      return next satisfies never;
  }
}

function remembered(leader: Member, verdict: RewindVerdict): Step | null {
  if (verdict.kind === 'unknown') return null;
  const { kind, why } = verdict;
  return { kind: 'remember', memory: { rewind: { kind, why, against: situationOf(leader) } } };
}

/** Whether the verdict was just reached and has to be kept. */
function isNews({ memory }: World, leader: Member, verdict: RewindVerdict): boolean {
  return (
    verdict.kind !== 'unknown' &&
    (memory.rewind.kind !== verdict.kind || memory.rewind.against !== situationOf(leader))
  );
}

/** 650 to 659: they stand before every rule that starts a server. */
export const damagedRules: readonly Rule[] = [
  {
    id: 651,
    why: 'Data that pg_rewind left half way can not lead',
    decide: (world) =>
      isDamaged(world) && ownsLock(world)
        ? {
            kind: 'release-lock',
            lastLsn: null,
            message: 'released leader key voluntarily as pg_rewind left data that can’t be used',
            wakeInMs: 1000,
          }
        : null,
  },
  {
    id: 652,
    why: 'Data that pg_rewind left half way is never started: a clone takes its place',
    decide: (world) => {
      if (!isDamaged(world)) return null;
      const leader = leaderMember(world);
      const why = 'pg_rewind left data that can’t be used';
      const step = leader === null ? null : comeBack(world, leader, { kind: 'needed', why });
      return step ?? { kind: 'done', message: `${why}, and nobody is there to clone from yet` };
    },
  },
];

/**
 * A primary that crashed. Where its WAL ends is known once it has recovered, which it does as a standby without writing
 * anything: it is started, and compared then.
 */
function isCrashed({ postgres }: World): boolean {
  const state = postgres.control?.clusterState ?? '';
  const isUnclean = ['in production', 'shutting down', 'in crash recovery'].includes(state);
  return isUnclean && !postgres.isSetUpAsStandby;
}

/**
 * The leader to compare a stopped server with; null where there is none, or nothing to compare yet. A standby wrote
 * nothing of its own: it is started, and compared while it runs if it does not stream.
 */
function leaderToCompare(world: World): Member | null {
  const { postgres, memory } = world;
  const isKnownBad = memory.rejoin.isDamaged || ['needed', 'replaced'].includes(memory.rewind.kind);
  if (postgres.isRunning) return null;
  if (!isKnownBad && (postgres.isSetUpAsStandby || isCrashed(world))) return null;
  return leaderMember(world);
}

/** 750 to 779: a stopped server, before it is started as a standby. */
export const stoppedRejoinRules: readonly Rule[] = [
  {
    id: 750,
    why: 'A crashed primary that does not start as a standby recovers in single-user mode, once',
    decide: (world) => {
      const { postgres, memory } = world;
      const isDue =
        !postgres.isRunning &&
        isCrashed(world) &&
        !memory.wasCrashRecoveryTried &&
        memory.lastStartFailedAtMs !== null &&
        leaderMember(world) !== null;
      return isDue
        ? {
            kind: 'start-action',
            action: { kind: 'crash-recovery' },
            name: 'doing crash recovery in a single user mode',
            message: 'doing crash recovery in a single user mode',
          }
        : null;
    },
  },
  {
    id: 751,
    why: 'A stopped server is compared with the leader before it is started',
    decide: (world) => {
      const leader = leaderToCompare(world);
      return leader !== null && verdictOf(world, leader) === null ? compare(world) : null;
    },
  },
  {
    id: 752,
    why: 'What was found holds as long as the leader stays on its timeline',
    decide: (world) => {
      const leader = leaderToCompare(world);
      const verdict = leader === null ? null : verdictOf(world, leader);
      const isNew = leader !== null && verdict !== null && isNews(world, leader, verdict);
      return isNew ? remembered(leader, verdict) : null;
    },
  },
  {
    id: 753,
    why: 'A history that went apart is brought back, by one way or another, and always in the end',
    decide: (world) => {
      const leader = leaderToCompare(world);
      const verdict = leader === null ? null : verdictOf(world, leader);
      return leader === null || verdict === null ? null : comeBack(world, leader, verdict);
    },
  },
];

/** A running standby on another timeline than its leader, or one of the same number that it does not stream. */
function strayedFrom(world: World): Member | null {
  const leader = leaderMember(world);
  const { sql, isRunning } = world.postgres;
  if (leader === null || !isRunning || sql === null || isPrimary(world)) return null;
  if (!isComparable(leader)) return null;
  const isFollowing = ownTimeline(world) === leader.timeline && sql.receiverState === 'streaming';
  return isFollowing && !world.memory.rejoin.isDamaged ? null : leader;
}

/**
 * What is known of a running standby. While it does not stream it may still be replaying towards the place where the
 * histories part, so that "not needed" is asked for again until it does.
 */
function runningVerdict(world: World, leader: Member): RewindVerdict | null {
  const { memory, learned, postgres } = world;
  if (learned.rewindFacts !== null) return decideRewind(learned.rewindFacts);
  const { kind, against, why } = memory.rewind;
  const isKnown = against === situationOf(leader) && kind !== 'unchecked';
  const isSettled =
    kind === 'needed' || kind === 'replaced' || postgres.sql?.receiverState === 'streaming';
  return isKnown && isSettled ? { kind, why } : null;
}

/** 1050 to 1059: a running standby. */
export const runningRejoinRules: readonly Rule[] = [
  {
    id: 1051,
    why: 'A standby on another timeline than its leader may have replayed what the leader never had',
    decide: (world) => {
      const leader = strayedFrom(world);
      return leader !== null && runningVerdict(world, leader) === null ? compare(world) : null;
    },
  },
  {
    id: 1052,
    why: 'What was found holds as long as the leader stays on its timeline',
    decide: (world) => {
      const leader = strayedFrom(world);
      const verdict = leader === null ? null : runningVerdict(world, leader);
      const isNew = leader !== null && verdict !== null && isNews(world, leader, verdict);
      return isNew ? remembered(leader, verdict) : null;
    },
  },
  {
    id: 1053,
    why: 'A standby that replayed what the leader never had is brought back',
    decide: (world) => {
      const leader = strayedFrom(world);
      const verdict = leader === null ? null : runningVerdict(world, leader);
      const isNeeded = verdict?.kind === 'needed' || verdict?.kind === 'replaced';
      return leader !== null && isNeeded ? comeBack(world, leader, verdict) : null;
    },
  },
  {
    id: 1054,
    why: 'A standby whose next WAL the leader has thrown away can not follow any more: it is cloned',
    decide: (world) => {
      const leader = strayedFrom(world);
      const { walGap } = world.memory;
      if (leader === null || walGap === null || walGap.against !== situationOf(leader)) return null;
      return comeBack(world, leader, { kind: 'not-needed', why: walGap.why }, walGap.why);
    },
  },
];
