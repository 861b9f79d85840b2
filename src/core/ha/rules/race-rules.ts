// 800 to 899: nobody leads (patroni/ha.py, process_unhealthy_cluster).

import {
  clusterOf,
  isPrimary,
  isStandbyCluster,
  isUnlocked,
  mayAcceptWrites,
  pausePrefix,
} from '../look.ts';
import { judgeRace } from '../race.ts';
import type { Rule } from '../rule.ts';
import type { Step } from '../step.ts';
import { remoteUpstream } from '../upstream.ts';
import type { World } from '../world.ts';

function loses({ learned }: World): boolean {
  return learned.lock === 'lost-race';
}

/** Still receiving from a leader whose key is gone: it may only be cut off from the store. */
function backoffLeftMs(world: World): number | null {
  const { config, memory, postgres, nowMs } = world;
  const { failover } = clusterOf(world);
  const backoffMs = config.primaryRaceBackoffSeconds * 1000;
  const isOff = config.isPaused || isStandbyCluster(world) || backoffMs === 0;
  if (isOff || failover?.candidate !== undefined || memory.previousLsn === null) return null;
  const sinceMs = nowMs - (memory.raceBackoffSinceMs ?? nowMs);
  const isMoving =
    postgres.sql?.receiverState === 'streaming' &&
    memory.lastLsn !== null &&
    memory.lastLsn > memory.previousLsn;
  const isWaiting = sinceMs < backoffMs && (isMoving || sinceMs < config.loopWaitSeconds * 1000);
  return isWaiting ? backoffMs - sinceMs : null;
}

/** What a member does that may not lead: it follows whoever there is, and never goes on as a primary. */
function standAside(world: World, primaryWords: string, standbyWords: string): Step {
  if (mayAcceptWrites(world)) {
    return {
      kind: 'start-action',
      action: { kind: 'demote', mode: 'immediate-nolock' },
      name: 'immediate-nolock: demote',
      message: primaryWords,
    };
  }
  // The old upstream stays configured: its leader may come back, and nothing better is known.
  return { kind: 'done', message: standbyWords, ...(loses(world) ? { wakeInMs: 0 } : {}) };
}

export const raceRules: readonly Rule[] = [
  {
    id: 801,
    why: 'The wait for a leader that still sends WAL begins when the key is gone',
    decide: (world) =>
      isUnlocked(world) &&
      world.memory.raceBackoffSinceMs === null &&
      world.config.primaryRaceBackoffSeconds > 0
        ? { kind: 'remember', memory: { raceBackoffSinceMs: world.nowMs } }
        : null,
  },
  {
    id: 802,
    why: 'WAL still arrives from the leader, so it most likely only lost the store for a moment',
    decide: (world) => {
      if (!isUnlocked(world) || mayAcceptWrites(world)) return null;
      const leftMs = backoffLeftMs(world);
      if (leftMs === null) return null;
      return {
        kind: 'done',
        message:
          `My (${world.me.name}) wal position moved since last heart beat loop, ` +
          `${Math.ceil(leftMs / 1000)} seconds until leader race`,
        wakeInMs: Math.min(leftMs, world.config.loopWaitSeconds * 1000),
      };
    },
  },
  {
    id: 810,
    why: 'Whether this member may lead depends on who else could',
    decide: (world) => {
      if (!isUnlocked(world) || loses(world)) return null;
      const verdict = judgeRace(world);
      switch (verdict.kind) {
        case 'ask':
          return { kind: 'ask-peers', names: verdict.names };
        case 'clear-failover':
          return { kind: 'clear-failover', keepCandidate: false };
        case 'may-lead':
          return { kind: 'acquire-lock' };
        case 'may-not':
          return null;
        default:
          return verdict satisfies never;
      }
    },
  },
  {
    id: 820,
    why: 'The store gave the key to somebody else: what leads without it must stop',
    decide: (world) =>
      loses(world) && !world.config.isPaused
        ? standAside(
            world,
            'demoted self after trying and failing to obtain lock',
            'following new leader after trying and failing to obtain lock',
          )
        : null,
  },
  {
    id: 830,
    why: 'Without a key a primary in pause goes on: somebody works on this cluster',
    decide: (world) =>
      isUnlocked(world) && world.config.isPaused
        ? {
            kind: 'done',
            message: `${pausePrefix(world)}${
              isPrimary(world)
                ? 'continue to run as primary without lock'
                : `no action. I am (${world.me.name})`
            }`,
          }
        : null,
  },
  {
    id: 840,
    why: 'A standby cluster without a leader still follows the other cluster',
    decide: (world) =>
      isUnlocked(world) && isStandbyCluster(world) && !mayAcceptWrites(world)
        ? {
            kind: 'follow',
            role: 'replica',
            upstream: remoteUpstream(world),
            message: 'following a remote member because standby cluster is unhealthy',
          }
        : null,
  },
  {
    id: 850,
    why: 'This member may not lead, now or ever',
    decide: (world) => {
      if (!isUnlocked(world)) return null;
      const verdict = judgeRace(world);
      const why = verdict.kind === 'may-not' ? ` (${verdict.why})` : '';
      return world.me.tags.nofailover
        ? standAside(
            world,
            `demoting self because I am not allowed to become primary`,
            `following a different leader because I am not allowed to promote`,
          )
        : standAside(
            world,
            `demoting self because i am not the healthiest node${why}`,
            `following a different leader because i am not the healthiest node${why}`,
          );
    },
  },
];
