// 100 to 199: the store can't be read. A primary goes on as long as its lease is proven, or as long as everybody
// agrees (failsafe_mode); before the lease ends it has stopped accepting writes.

import { isDemoting, mayAcceptWrites, pausePrefix } from '../look.ts';
import type { Rule } from '../rule.ts';
import type { World } from '../world.ts';

/** A start that failed without the store is tried again after this long, in milliseconds. */
const readOnlyRetryMs = 10_000;

const demotedMessage = 'demoted self because DCS is not accessible and I was a leader';

/** The part of a lease that is kept for stopping the server, in milliseconds. */
export function fenceReserveMs(ttlSeconds: number): number {
  return Math.min(3000, ttlSeconds * 250);
}

/** The part before it, for a stop in good order: the guard of the lease knows only the other kind. */
export function orderlyStopMs(ttlSeconds: number): number {
  return Math.min(2000, ttlSeconds * 100);
}

/** What is left of the proven lease before fencing has to begin, in milliseconds. */
export function leaseLeftMs({ memory, config, nowMs }: World): number {
  if (memory.leaseUntilMs === null) return 0;
  return memory.leaseUntilMs - nowMs - fenceReserveMs(config.ttlSeconds);
}

function isCut({ dcs }: World): boolean {
  return dcs.kind === 'error';
}

/** The failsafe topology this member last saw, if it is in it. */
export function failsafeTopology({ dcs, me }: World): Readonly<Record<string, string>> | null {
  const cluster = dcs.kind === 'error' ? dcs.cached : dcs.cluster;
  const failsafe = cluster?.failsafe ?? null;
  return failsafe !== null && failsafe[me.name] !== undefined ? failsafe : null;
}

export const storeRules: readonly Rule[] = [
  {
    id: 100,
    why: 'A demotion under way is what would be done next anyway',
    decide: (world) =>
      isCut(world) && world.action !== null && isDemoting(world)
        ? { kind: 'done', message: `DCS is not accessible, ${world.action.name} in progress` }
        : null,
  },
  {
    id: 101,
    why: 'Without the store nobody leads, but everybody can still be read from',
    decide: (world) => {
      const { postgres, memory, config, nowMs, action } = world;
      const isStartable =
        isCut(world) &&
        !postgres.isRunning &&
        postgres.dataDirectory === 'cluster' &&
        action === null &&
        memory.bootstrap === null &&
        !memory.rejoin.isDamaged &&
        // A cluster that was just made has no standing in the store yet, and is no standby of anybody.
        (memory.hasJoined || postgres.isSetUpAsStandby) &&
        !config.isPaused;
      const failedAtMs = memory.lastStartFailedAtMs;
      if (!isStartable || (failedAtMs !== null && nowMs - failedAtMs < readOnlyRetryMs))
        return null;
      return {
        kind: 'start-action',
        action: { kind: 'start-standby', role: 'replica', upstream: null },
        name: 'starting read-only',
        message: 'DCS is not accessible, starting as a standby that follows nobody',
      };
    },
  },
  {
    id: 102,
    why: 'In pause nobody is demoted, and a standby has nothing to lose',
    decide: (world) =>
      isCut(world) &&
      (world.config.isPaused || !mayAcceptWrites(world) || world.memory.bootstrap !== null)
        ? { kind: 'done', message: `${pausePrefix(world)}DCS is not accessible` }
        : null,
  },
  {
    id: 110,
    why: 'With failsafe_mode the other members may confirm the leader in place of the store',
    decide: (world) =>
      isCut(world) &&
      world.config.isFailsafeMode &&
      world.learned.failsafe === null &&
      failsafeTopology(world) !== null
        ? { kind: 'ask-failsafe' }
        : null,
  },
  {
    id: 111,
    why: 'Every other member accepted this leader, so nobody of them promotes for one ttl',
    decide: (world) => {
      const { failsafe, lock } = world.learned;
      if (!isCut(world) || failsafe === null || !failsafe.every((answer) => answer.isAccepted)) {
        return null;
      }
      return lock === null
        ? { kind: 'extend-lease' }
        : {
            kind: 'done',
            message:
              'continue to run as a leader because failsafe mode is enabled and all members are accessible',
          };
    },
  },
  {
    id: 120,
    why: 'The lease is still proven: nobody else can be promoted, and the store may come back',
    decide: (world) => {
      const leftMs = leaseLeftMs(world) - orderlyStopMs(world.config.ttlSeconds);
      const isWaiting = isCut(world) && !world.config.isFailsafeMode && leftMs > 0;
      return isWaiting
        ? {
            kind: 'done',
            message: `DCS is not accessible, leading on for ${Math.ceil(leftMs / 1000)} more seconds of the lease`,
            wakeInMs: Math.min(1000, leftMs),
          }
        : null;
    },
  },
  {
    id: 129,
    why: 'Whatever is being done, it must not leave a primary behind that nobody can vouch for',
    decide: (world) => (isCut(world) && world.action !== null ? { kind: 'cancel-action' } : null),
  },
  {
    id: 130,
    why: 'A primary that cannot prove its lease stops accepting writes before it ends',
    decide: (world) =>
      isCut(world)
        ? {
            kind: 'start-action',
            action: { kind: 'demote', mode: 'offline' },
            name: 'offline: demote',
            message: demotedMessage,
          }
        : null,
  },
];
