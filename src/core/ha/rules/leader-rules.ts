// 900 to 999: the leader key is ours (patroni/ha.py, process_healthy_cluster and enforce_primary_role).

import { isFailoverPossible } from '../failover-possible.ts';
import { actionName, judgeFailoverRequest } from '../failover-request.ts';
import {
  clusterOf,
  hasLostLock,
  hasProvenLock,
  isPrimary,
  isStandbyCluster,
  mayAcceptWrites,
  ownsLock,
  pausePrefix,
} from '../look.ts';
import type { Rule } from '../rule.ts';
import { nextSyncStep, syncWaitMs } from '../sync-turn.ts';
import { remoteUpstream } from '../upstream.ts';
import type { World } from '../world.ts';

function isCandidate(world: World): boolean {
  const { failover } = clusterOf(world);
  return failover?.candidate === world.me.name && !world.learned.isFailoverKeyCleared;
}

/** 900 to 919: keeping the key, or noticing that it is gone. */
export const leaseRules: readonly Rule[] = [
  {
    id: 901,
    why: 'In pause a leader that is no primary has lost its meaning, but for one about to be promoted',
    decide: (world) => {
      const isLeaderless =
        ownsLock(world) && world.config.isPaused && !isPrimary(world) && !isStandbyCluster(world);
      if (!isLeaderless) return null;
      return isCandidate(world) || world.postgres.role === 'promoted' || hasProvenLock(world)
        ? null
        : {
            kind: 'release-lock',
            lastLsn: null,
            message: `${pausePrefix(world)}removed leader lock because postgres is not running as primary`,
          };
    },
  },
  {
    id: 905,
    why: 'The lease is renewed before anything else is done with it',
    decide: (world) =>
      ownsLock(world) && world.learned.lock === null ? { kind: 'refresh-lock' } : null,
  },
  {
    id: 906,
    why: 'In pause a primary goes on although the key is somebody else’s: somebody works on this cluster',
    decide: (world) =>
      hasLostLock(world) && isPrimary(world) && world.config.isPaused
        ? {
            kind: 'done',
            message: `${pausePrefix(world)}continue to run as primary after failing to update leader lock in DCS`,
          }
        : null,
  },
  {
    id: 907,
    why: 'Somebody else has the key: a primary without it stops at once',
    decide: (world) =>
      hasLostLock(world) && mayAcceptWrites(world) && !world.config.isPaused
        ? {
            kind: 'start-action',
            action: { kind: 'demote', mode: 'immediate-nolock' },
            name: 'immediate-nolock: demote',
            message: 'demoted self because failed to update leader lock in DCS',
          }
        : null,
  },
  {
    id: 908,
    why: 'Without the key nobody is promoted',
    decide: (world) =>
      hasLostLock(world)
        ? {
            kind: 'done',
            message: 'not promoting because failed to update leader lock in DCS',
            wakeInMs: 0,
          }
        : null,
  },
];

/** 920 to 939: what people asked of the leader. */
export const requestRules: readonly Rule[] = [
  {
    id: 921,
    why: 'The winner of a race clears the request that led to it',
    decide: (world) => {
      const { failover } = clusterOf(world);
      const isDone = world.learned.lock === 'acquired' && failover !== null;
      if (!isDone || world.learned.isFailoverKeyCleared) return null;
      return { kind: 'clear-failover', keepCandidate: world.config.isPaused && !isPrimary(world) };
    },
  },
  {
    id: 925,
    why: 'A switchover steps down only for somebody who can take over',
    decide: (world) => {
      const isLeading = hasProvenLock(world) && world.learned.lock !== 'acquired';
      if (!isLeading || (world.config.isPaused && !isPrimary(world))) return null;
      const verdict = judgeFailoverRequest(world);
      switch (verdict.kind) {
        case 'nothing':
        case 'wait':
          return null;
        case 'ask':
          return { kind: 'ask-peers', names: verdict.names };
        case 'clear':
          return { kind: 'clear-failover', keepCandidate: false };
        case 'step-down':
          return {
            kind: 'start-action',
            action: {
              kind: 'step-down',
              candidate: verdict.candidate,
              isForced: verdict.action !== 'switchover',
            },
            name: `${verdict.action}: demote`,
            message: `${verdict.action}: demoting myself`,
          };
        default:
          return verdict satisfies never;
      }
    },
  },
];

/** When to look again before the loop would: a request has its time, or standbys are about to catch up. */
function wakeFor(world: World, requestMs: number): { readonly wakeInMs?: number } {
  const isUnfinished = world.learned.standbyNames !== null || nextSyncStep(world) !== null;
  const times = [...(requestMs > 0 ? [requestMs] : []), ...(isUnfinished ? [syncWaitMs] : [])];
  return times.length === 0 ? {} : { wakeInMs: Math.min(...times) };
}

/** 940 to 999: being the leader. */
export const leadRules: readonly Rule[] = [
  {
    id: 940,
    why: 'The leader of a standby cluster replicates and accepts no writes',
    decide: (world) => {
      if (!hasProvenLock(world) || !isStandbyCluster(world)) return null;
      if (isPrimary(world)) {
        return {
          kind: 'start-action',
          action: { kind: 'demote', mode: 'demote-cluster' },
          name: 'demoting to a standby cluster',
          message: 'cannot be a real primary in a standby cluster',
        };
      }
      const isNew = world.postgres.role !== 'standby_leader';
      const gained =
        world.learned.lock === 'acquired'
          ? 'promoted self to a standby leader by acquiring session lock'
          : 'promoted self to a standby leader because i had the session lock';
      return {
        kind: 'follow',
        role: 'standby_leader',
        upstream: remoteUpstream(world),
        message: isNew
          ? gained
          : `no action. I am (${world.me.name}), the standby leader with the lock`,
      };
    },
  },
  {
    id: 950,
    why: 'A required watchdog comes before the first write',
    decide: (world) => {
      const { me, memory, config, learned } = world;
      const isMissing = hasProvenLock(world) && !config.isPaused && !memory.isWatchdogRunning;
      return isMissing && me.isWatchdogHealthy && learned.watchdog === null
        ? { kind: 'watchdog', to: 'activate' }
        : null;
    },
  },
  {
    id: 951,
    why: 'A primary that must be watched and can not be is no primary',
    decide: (world) => {
      const { me, memory, config, learned } = world;
      const isUnwatched =
        hasProvenLock(world) &&
        me.isWatchdogRequired &&
        !config.isPaused &&
        !memory.isWatchdogRunning;
      if (!isUnwatched || learned.watchdog === 'activated') return null;
      return mayAcceptWrites(world)
        ? {
            kind: 'start-action',
            action: { kind: 'demote', mode: 'immediate' },
            name: 'immediate: demote',
            message: 'Demoting self because watchdog could not be activated',
          }
        : {
            kind: 'release-lock',
            lastLsn: null,
            message: 'Not promoting self because watchdog could not be activated',
          };
    },
  },
  {
    id: 955,
    why: 'A primary that has hung or could not write for one ttl keeps the key from somebody who could serve',
    decide: (world) => {
      const { config, nowMs, postgres } = world;
      const silentForMs = nowMs - (world.memory.silentSinceMs ?? nowMs);
      const isHung = isPrimary(world) && silentForMs >= config.ttlSeconds * 1000;
      if (!isHung || !hasProvenLock(world) || config.isPaused) return null;
      const possible = isFailoverPossible(world, {
        action: 'failover',
        candidate: null,
        requiredLsn: null,
        isSyncRequired: true,
      });
      if (possible.kind === 'ask') return { kind: 'ask-peers', names: possible.names };
      if (possible.kind === 'no') return null;
      const seconds = Math.round(silentForMs / 1000);
      return {
        kind: 'start-action',
        action: { kind: 'demote', mode: 'immediate' },
        name: 'immediate: demote',
        message: `demoting self because PostgreSQL has not served for ${seconds} seconds: ${world.memory.storageProblem ?? postgres.sqlProblem}`,
      };
    },
  },
  {
    id: 960,
    why: 'The synchronous state is brought forward one step at a time, each safe to be the last',
    decide: (world) => {
      if (!hasProvenLock(world) || world.learned.isSyncLost) return null;
      const step = nextSyncStep(world);
      return step === null || step.kind === 'wait' ? null : { kind: 'sync', step };
    },
  },
  {
    id: 961,
    why: 'Who may hold acknowledged commits changed under us: the promotion waits for a fresh view',
    decide: (world) =>
      hasProvenLock(world) && !isPrimary(world) && world.learned.isSyncLost
        ? {
            kind: 'done',
            message:
              'Postponing promotion because synchronous replication state was updated by somebody else',
            wakeInMs: 0,
          }
        : null,
  },
  {
    id: 965,
    why: 'What a promotion owes to synchronous standbys is not known while the server does not answer',
    decide: (world) => {
      const { postgres, config } = world;
      const isSilent = hasProvenLock(world) && !mayAcceptWrites(world) && postgres.sql === null;
      return isSilent && config.synchronousMode !== 'off'
        ? {
            kind: 'release-lock',
            lastLsn: null,
            message: `not promoting because PostgreSQL does not answer: ${postgres.sqlProblem}`,
            wakeInMs: 1000,
          }
        : null;
    },
  },
  {
    id: 970,
    why: 'The leader is the primary',
    decide: (world) => {
      if (!hasProvenLock(world) || isPrimary(world)) return null;
      return {
        kind: 'start-action',
        action: { kind: 'promote', isStandbyLeader: false },
        name: 'promote',
        message: `${pausePrefix(world)}${
          world.learned.lock === 'acquired'
            ? 'promoted self to leader by acquiring session lock'
            : 'promoted self to leader because I had the session lock'
        }`,
      };
    },
  },
  {
    id: 980,
    why: 'All is well: the lease is proven, and the server is the primary',
    decide: (world) => {
      if (!hasProvenLock(world)) return null;
      const verdict = judgeFailoverRequest(world);
      const { failover } = clusterOf(world);
      const waiting = verdict.kind === 'wait' ? verdict : null;
      const note =
        waiting === null || failover === null ? '' : ` (${actionName(failover)}: ${waiting.why})`;
      return {
        kind: 'confirm-primary',
        message: `${pausePrefix(world)}${
          world.learned.lock === 'acquired'
            ? 'acquired session lock as a leader'
            : `no action. I am (${world.me.name}), the leader with the lock${note}`
        }`,
        ...wakeFor(world, waiting?.forMs ?? 0),
      };
    },
  },
];
