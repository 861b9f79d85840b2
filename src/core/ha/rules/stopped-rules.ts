// 550 to 599 and 700 to 799: PostgreSQL does not run. A leader starts it again as the primary it was; everybody else
// first makes sure that its history is the leader's, and then starts as a standby.

import { isFailoverPossible } from '../failover-possible.ts';
import {
  clusterOf,
  hasLostLock,
  hasProvenLock,
  isStandbyCluster,
  isUnlocked,
  ownsLock,
  pausePrefix,
} from '../look.ts';
import { pauseMs } from '../crash-loop.ts';
import type { Rule } from '../rule.ts';
import type { World } from '../world.ts';
import { remoteUpstream, standbyRole, upstreamOf } from '../upstream.ts';

/** A failed start is tried again after this long, in milliseconds. */
const retryMs = 2000;

/** How long a former primary waits for its successor before it starts as a standby, in milliseconds. */
const successorWaitMs = 10_000;

function isStopped({ postgres }: World): boolean {
  return !postgres.isRunning;
}

/** pg_control of a server that did not stop in an orderly way. */
const crashedStates: readonly string[] = ['in production', 'shutting down', 'in crash recovery'];

function isCrashedPrimary({ postgres }: World): boolean {
  const { control, isSetUpAsStandby } = postgres;
  if (control === null || isSetUpAsStandby) return false;
  return crashedStates.includes(control.clusterState) || control.clusterState === 'shut down';
}

/** 550 to 559: the start tried in the turn before is judged. */
export const startOutcomeRules: readonly Rule[] = [
  {
    id: 551,
    why: 'A leader whose server can not be started gives the key to somebody whose can',
    decide: (world) =>
      world.memory.isRecovering &&
      isStopped(world) &&
      ownsLock(world) &&
      world.memory.lastStartFailedAtMs !== null &&
      !world.config.isPaused
        ? {
            kind: 'release-lock',
            lastLsn: null,
            message: 'removed leader key after trying and failing to start postgres',
            wakeInMs: retryMs,
          }
        : null,
  },
  {
    id: 553,
    why: 'What fails at once would fail at once again',
    decide: ({ memory, postgres, nowMs, config }) => {
      const { lastStartFailedAtMs } = memory;
      const isFailing = memory.isRecovering && !postgres.isRunning && lastStartFailedAtMs !== null;
      if (!isFailing || config.isPaused || nowMs - lastStartFailedAtMs >= retryMs) return null;
      return { kind: 'done', message: 'failed to start postgres', wakeInMs: retryMs };
    },
  },
  {
    id: 554,
    why: 'A server that dies soon after each start waits longer before the next one',
    decide: ({ memory, postgres, config }) => {
      const waitMs = pauseMs(memory.crashLoop) - postgres.stateSinceMs;
      if (postgres.isRunning || config.isPaused || waitMs <= 0) return null;
      const { deaths } = memory.crashLoop;
      return {
        kind: 'done',
        message: `PostgreSQL has died soon after its start, ${deaths} times in a row; its log says why`,
        wakeInMs: waitMs,
      };
    },
  },
];

/** 700 to 799. */
export const stoppedRules: readonly Rule[] = [
  {
    id: 701,
    why: 'In pause a server that was stopped stays stopped, and then nobody may think it leads',
    decide: (world) =>
      isStopped(world) && world.config.isPaused && ownsLock(world)
        ? {
            kind: 'release-lock',
            lastLsn: null,
            message: `${pausePrefix(world)}removed leader lock because postgres is not running`,
          }
        : null,
  },
  {
    id: 702,
    why: 'In pause nothing is started',
    decide: (world) => {
      if (!isStopped(world) || !world.config.isPaused || world.memory.isReturning) return null;
      return {
        kind: 'done',
        message: `${pausePrefix(world)}postgres is not running`,
      };
    },
  },
  {
    id: 703,
    why: 'The lease has to be proven before a primary is started',
    decide: (world) =>
      isStopped(world) && ownsLock(world) && world.learned.lock === null
        ? { kind: 'refresh-lock' }
        : null,
  },
  {
    id: 704,
    why: 'With primary_start_timeout 0 a crash means a failover where one is possible',
    decide: (world) => {
      const mayFailOver =
        isStopped(world) && hasProvenLock(world) && world.config.primaryStartTimeoutSeconds === 0;
      if (!mayFailOver || isStandbyCluster(world)) return null;
      const possible = isFailoverPossible(world, {
        action: 'failover',
        candidate: null,
        requiredLsn: null,
        isSyncRequired: true,
      });
      if (possible.kind === 'ask') return { kind: 'ask-peers', names: possible.names };
      return possible.kind === 'yes'
        ? {
            kind: 'start-action',
            action: { kind: 'demote', mode: 'immediate' },
            name: 'immediate: demote',
            message: 'stopped PostgreSQL to fail over after a crash',
          }
        : null;
    },
  },
  {
    id: 705,
    why: 'It was the primary and has the lease: starting it where it stands is the shortest outage',
    decide: (world) =>
      isStopped(world) &&
      hasProvenLock(world) &&
      !isStandbyCluster(world) &&
      isCrashedPrimary(world) &&
      world.memory.lastStartFailedAtMs === null
        ? {
            kind: 'start-action',
            action: { kind: 'start-primary' },
            name: 'starting primary after failure',
            message: 'starting primary after failure',
          }
        : null,
  },
  {
    id: 706,
    why: 'A standby must not be watched as a primary is',
    decide: (world) =>
      isStopped(world) && world.memory.isWatchdogRunning && world.learned.watchdog === null
        ? { kind: 'watchdog', to: 'disable' }
        : null,
  },
  {
    id: 707,
    why: 'The key was lost or is nobody’s, and this server was the primary: its successor is awaited',
    decide: (world) => {
      const { memory, nowMs } = world;
      const isWaiting =
        isStopped(world) &&
        isUnlocked(world) &&
        !hasLostLock(world) &&
        memory.demotedAtMs !== null &&
        nowMs - memory.demotedAtMs < successorWaitMs &&
        clusterOf(world).members.length > 1;
      return isWaiting
        ? {
            kind: 'done',
            message: 'waiting for the new leader after demotion',
            wakeInMs: Math.max(100, successorWaitMs - (nowMs - memory.demotedAtMs)),
          }
        : null;
    },
  },
  {
    id: 708,
    why: 'With the key and a clean history it starts read-only and is promoted in the next turn',
    decide: (world) =>
      isStopped(world) && hasProvenLock(world) && !isStandbyCluster(world)
        ? {
            kind: 'start-action',
            action: { kind: 'start-standby', role: 'replica', upstream: null },
            name: 'starting as readonly',
            message: 'starting as readonly because i had the session lock',
          }
        : null,
  },
  {
    id: 709,
    why: 'Somebody took the key in this turn: who it is has to be read before anything is started',
    decide: (world) =>
      isStopped(world) && hasLostLock(world)
        ? {
            kind: 'done',
            message: 'lost the leader key while postgres was not running',
            wakeInMs: 0,
          }
        : null,
  },
];

/** 780 to 789: history is settled (rejoin-rules.ts), so the server can start as a standby. */
export const startStandbyRules: readonly Rule[] = [
  {
    id: 781,
    why: 'The leader of a standby cluster replicates from the cluster it follows',
    decide: (world) =>
      isStopped(world) && isStandbyCluster(world) && (hasProvenLock(world) || isUnlocked(world))
        ? {
            kind: 'start-action',
            action: {
              kind: 'start-standby',
              role: standbyRole(world),
              upstream: remoteUpstream(world),
            },
            name: 'starting as a standby leader',
            message: hasProvenLock(world)
              ? 'starting as a standby leader because i had the session lock'
              : 'trying to follow a remote member because standby cluster is unhealthy',
          }
        : null,
  },
  {
    id: 782,
    why: 'Everybody who does not lead is a standby',
    decide: (world) =>
      isStopped(world)
        ? {
            kind: 'start-action',
            action: { kind: 'start-standby', role: 'replica', upstream: upstreamOf(world) },
            name: 'starting as a secondary',
            message: 'starting as a secondary',
          }
        : null,
  },
];
