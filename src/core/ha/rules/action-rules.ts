// 300 to 499: a long action runs, or the server is starting. The lease is kept meanwhile, and an action that lost
// its ground is called off.

import { isFailoverPossible } from '../failover-possible.ts';
import {
  hasLostLock,
  hasProvenLock,
  isDemoting,
  isPrimary,
  isUnlocked,
  mayAcceptWrites,
  ownsLock,
  pausePrefix,
} from '../look.ts';
import type { Rule } from '../rule.ts';
import type { Step } from '../step.ts';
import type { World } from '../world.ts';

const startTimeoutQuestion = {
  action: 'failover',
  candidate: null,
  requiredLsn: null,
  isSyncRequired: true,
} as const;

/** How long a start may take, in milliseconds. */
export function startTimeoutMs({ memory, config }: World): number {
  return memory.startTimeoutMs ?? config.primaryStartTimeoutSeconds * 1000;
}

function demote(mode: 'immediate' | 'immediate-nolock', message: string): Step {
  return {
    kind: 'start-action',
    action: { kind: 'demote', mode },
    name: `${mode}: demote`,
    message,
  };
}

/** Actions that may go on without the leader key: they make or end what the key is for. */
function needsNoLock(world: World): boolean {
  const { action, memory } = world;
  return (
    memory.bootstrap !== null ||
    isDemoting(world) ||
    action?.kind === 'bootstrap' ||
    action?.kind === 'post-bootstrap' ||
    action?.kind === 'clone' ||
    action?.kind === 'reinitialize'
  );
}

export const actionRules: readonly Rule[] = [
  {
    id: 301,
    why: 'The lease is kept while a long action runs',
    decide: (world) =>
      world.action !== null && !isDemoting(world) && ownsLock(world) && world.learned.lock === null
        ? { kind: 'refresh-lock' }
        : null,
  },
  {
    id: 302,
    why: 'A crash recovery that takes too long is given up where another member can lead',
    decide: (world) => {
      const { action, nowMs } = world;
      const isOverdue =
        action?.kind === 'crash-recovery' &&
        hasProvenLock(world) &&
        nowMs - action.sinceMs > startTimeoutMs(world);
      if (!isOverdue) return null;
      const possible = isFailoverPossible(world, startTimeoutQuestion);
      if (possible.kind === 'ask') return { kind: 'ask-peers', names: possible.names };
      return possible.kind === 'yes' ? { kind: 'cancel-action' } : null;
    },
  },
  {
    id: 303,
    why: 'The action goes on, and so does the lease',
    decide: (world) =>
      world.action !== null && hasProvenLock(world)
        ? { kind: 'done', message: `updated leader lock during ${world.action.name}` }
        : null,
  },
  {
    id: 310,
    why: 'A promotion that was not sent yet is called off when the key is lost',
    decide: (world) => {
      const { action, config } = world;
      if (action?.kind !== 'promote' || !action.isCancellable || config.isPaused) return null;
      return action.isCancelled
        ? { kind: 'done', message: 'lost leader before promote' }
        : { kind: 'cancel-action' };
    },
  },
  {
    id: 311,
    why: 'Whatever is being done, a primary without the key must stop',
    decide: (world) => {
      const { action, config } = world;
      if (action === null || config.isPaused || needsNoLock(world)) return null;
      const isLeading =
        mayAcceptWrites(world) || action.kind === 'promote' || action.kind === 'start-primary';
      return isLeading ? { kind: 'cancel-action' } : null;
    },
  },
  {
    id: 312,
    why: 'A copy of slots that has not stopped the server yet gives way to an election',
    decide: (world) => {
      const { action, dcs } = world;
      const isWaiting =
        action?.kind === 'copy-slots' && action.isCancellable && !action.isCancelled;
      return isWaiting && dcs.kind === 'cluster' && isUnlocked(world)
        ? { kind: 'cancel-action' }
        : null;
    },
  },
  {
    id: 319,
    why: 'One long action at a time',
    decide: (world) =>
      world.action === null
        ? null
        : { kind: 'done', message: `${pausePrefix(world)}${world.action.name} in progress` },
  },
];

function isStarting({ postgres, config, memory }: World): boolean {
  return (
    postgres.isRunning &&
    postgres.state === 'starting' &&
    !config.isPaused &&
    memory.bootstrap === null
  );
}

export const startingRules: readonly Rule[] = [
  {
    id: 401,
    why: 'The lease is kept while the server starts',
    decide: (world) =>
      isStarting(world) && ownsLock(world) && world.learned.lock === null
        ? { kind: 'refresh-lock' }
        : null,
  },
  {
    id: 402,
    why: 'Somebody else leads now: this server must not come up as a primary',
    decide: (world) =>
      isStarting(world) && hasLostLock(world) && isPrimary(world)
        ? demote(
            'immediate-nolock',
            'stopped PostgreSQL while starting up because leader key was lost',
          )
        : null,
  },
  {
    id: 403,
    why: 'A start that takes too long is given up where another member can lead',
    decide: (world) => {
      const { postgres } = world;
      const isOverdue =
        isStarting(world) && hasProvenLock(world) && postgres.stateSinceMs > startTimeoutMs(world);
      if (!isOverdue) return null;
      const possible = isFailoverPossible(world, startTimeoutQuestion);
      if (possible.kind === 'ask') return { kind: 'ask-peers', names: possible.names };
      return possible.kind === 'yes'
        ? demote('immediate', 'stopped PostgreSQL because of startup timeout')
        : {
            kind: 'done',
            message:
              'primary start has timed out, but continuing to wait because failover is not possible',
          };
    },
  },
  {
    id: 404,
    why: 'Recovery takes as long as it takes, within the limit',
    decide: (world) => {
      if (!isStarting(world) || !hasProvenLock(world)) return null;
      const left = Math.ceil((startTimeoutMs(world) - world.postgres.stateSinceMs) / 1000);
      return {
        kind: 'done',
        message: `PostgreSQL is still starting up, ${left} seconds until timeout`,
        wakeInMs: 1000,
      };
    },
  },
];
