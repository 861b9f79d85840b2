// 200 to 299: what every turn sees to before anything else, and what makes a member leave at once.

import { clusterOf, isSystemId, isUnlocked, memberOf, ownsLock } from '../look.ts';
import type { Rule } from '../rule.ts';
import type { World } from '../world.ts';

function systemIdOf({ postgres }: World): string | null {
  return postgres.control?.systemId ?? null;
}

export const preparationRules: readonly Rule[] = [
  {
    id: 201,
    why: 'In pause the watchdog must not restart a machine that somebody works on',
    decide: (world) =>
      world.config.isPaused && world.memory.isWatchdogRunning && world.learned.watchdog === null
        ? { kind: 'watchdog', to: 'disable' }
        : null,
  },
  {
    id: 210,
    why: 'Whoever looks for members must find this one',
    decide: (world) =>
      memberOf(clusterOf(world), world.me.name) === null && !world.learned.isMemberTouched
        ? { kind: 'touch-member' }
        : null,
  },
  {
    id: 220,
    why: 'The leader knows which cluster this is; the key was lost or never written',
    decide: (world) => {
      const { initialize } = clusterOf(world);
      const systemId = systemIdOf(world);
      const isMissing = !isSystemId(initialize) && !world.learned.isInitializeWritten;
      return isMissing && systemId !== null && ownsLock(world) && world.memory.bootstrap === null
        ? { kind: 'write-initialize', createNew: initialize === null, systemId }
        : null;
    },
  },
  {
    id: 221,
    why: 'The leader keeps a copy of the dynamic configuration and restores it when it was wiped',
    decide: (world) => {
      const isWiped = (clusterOf(world).config?.data ?? null) === null;
      return isWiped &&
        ownsLock(world) &&
        !world.learned.isConfigWritten &&
        world.memory.bootstrap === null
        ? { kind: 'write-config' }
        : null;
    },
  },
];

/** 630 to 649: whose data this is. They stand behind the rules for a missing data directory. */
export const identityRules: readonly Rule[] = [
  {
    id: 630,
    why: 'Without a control file nobody can tell whose data it is',
    decide: (world) =>
      systemIdOf(world) === null && !world.postgres.isRunning
        ? {
            kind: 'done',
            message:
              'data dir for the cluster is not empty, but system ID is invalid; consider doing reinitialize',
          }
        : null,
  },
  {
    id: 631,
    why: 'Data of another cluster must never lead this one',
    decide: (world) => {
      const { initialize } = clusterOf(world);
      const isOther =
        isSystemId(initialize) && systemIdOf(world) !== null && initialize !== systemIdOf(world);
      if (!isOther) return null;
      if (world.config.isPaused) {
        return ownsLock(world)
          ? {
              kind: 'release-lock',
              lastLsn: null,
              message: 'released leader key voluntarily due to the system ID mismatch',
            }
          : null;
      }
      return {
        kind: 'exit',
        message:
          `system ID mismatch, node ${world.me.name} belongs to a different cluster: ` +
          `${initialize} != ${systemIdOf(world)}`,
      };
    },
  },
  {
    id: 632,
    why: 'A stand-alone primary is taken over as it is; a replica first needs its primary',
    decide: (world) => {
      const { initialize } = clusterOf(world);
      const { postgres, learned, config, memory } = world;
      const isNew = !isSystemId(initialize) && isUnlocked(world) && !config.isPaused;
      const systemId = systemIdOf(world);
      if (!isNew || systemId === null || learned.isInitializeWritten) return null;
      // A store that lost its keys finds its members running: whoever knows the cluster says which it is.
      const isStranger = postgres.isRunning && postgres.isSetUpAsStandby && !memory.hasJoined;
      if (isStranger && config.standbyCluster === null) {
        return {
          kind: 'exit',
          message:
            'No initialize key in DCS and PostgreSQL is running as replica, aborting start. ' +
            'Please first start the agent on the node running as primary',
        };
      }
      return { kind: 'write-initialize', createNew: initialize === null, systemId };
    },
  },
];
