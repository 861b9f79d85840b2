// 500 to 629: a cluster is being made, or this member has no data yet.

import { clusterOf, isStandbyCluster, isUnlocked, ownsLock, pausePrefix } from '../look.ts';
import type { Rule } from '../rule.ts';
import { cloneSourceOf } from '../clone-source.ts';

/** 500 to 519: this member makes a new cluster. */
export const newClusterRules: readonly Rule[] = [
  {
    id: 501,
    why: 'A cluster that could not be made is no cluster: the key is given back and what is there set aside',
    decide: ({ memory, postgres }) => {
      const isFailed =
        memory.bootstrap?.kind === 'failed' || (memory.bootstrap !== null && !postgres.isRunning);
      return isFailed ? { kind: 'cancel-bootstrap' } : null;
    },
  },
  {
    id: 502,
    why: 'A restored cluster first has to reach the end of its recovery',
    decide: ({ memory, postgres, config }) =>
      memory.bootstrap?.kind === 'started' &&
      (postgres.sql === null || (postgres.sql.isInRecovery && config.standbyCluster === null))
        ? {
            kind: 'done',
            message: 'waiting for end of recovery after bootstrap',
            wakeInMs: 500,
          }
        : null,
  },
  {
    id: 503,
    why: 'Roles and scripts come before the key, so that nobody clones half a cluster',
    decide: ({ memory, config }) =>
      memory.bootstrap?.kind === 'started' && config.standbyCluster === null
        ? {
            kind: 'start-action',
            action: { kind: 'post-bootstrap' },
            name: 'post_bootstrap',
            message: 'running post_bootstrap',
          }
        : null,
  },
  {
    id: 504,
    why: 'The cluster is whole: it gets its identity, its configuration and its leader',
    decide: ({ memory }) => (memory.bootstrap === null ? null : { kind: 'finish-bootstrap' }),
  },
];

/** 600 to 629: the data directory is empty, or nobody can say what is in it. */
export const emptyRules: readonly Rule[] = [
  {
    id: 601,
    why: 'Who has no data cannot lead',
    decide: (world) => {
      const { dataDirectory } = world.postgres;
      const hasNone = dataDirectory !== 'cluster' && !world.postgres.isRunning;
      return hasNone && ownsLock(world)
        ? {
            kind: 'release-lock',
            lastLsn: null,
            message:
              dataDirectory === 'unreadable'
                ? 'released leader key voluntarily as data dir not accessible and currently leader'
                : 'released leader key voluntarily as data dir empty and currently leader',
            wakeInMs: 1000,
          }
        : null;
    },
  },
  {
    id: 602,
    why: 'What can not be read is not taken for empty',
    decide: ({ postgres }) =>
      postgres.dataDirectory === 'unreadable'
        ? {
            kind: 'done',
            message: `data directory is not accessible: ${postgres.dataDirectoryProblem}`,
          }
        : null,
  },
  {
    id: 603,
    why: 'What is no cluster is not overwritten: it may be the only copy of something',
    decide: ({ postgres }) =>
      postgres.dataDirectory === 'foreign'
        ? {
            kind: 'done',
            message: `data dir is not empty and holds no cluster: ${postgres.dataDirectoryProblem}; consider doing reinitialize`,
          }
        : null,
  },
  {
    id: 604,
    why: 'In pause nothing is made or cloned',
    decide: (world) =>
      world.postgres.dataDirectory === 'empty' && world.config.isPaused
        ? { kind: 'done', message: `${pausePrefix(world)}running with empty data directory` }
        : null,
  },
  {
    id: 610,
    why: 'Nobody has made this cluster yet; the store lets one member do it',
    decide: (world) => {
      const mayMake =
        world.postgres.dataDirectory === 'empty' &&
        isUnlocked(world) &&
        clusterOf(world).initialize === null &&
        !world.me.tags.nofailover &&
        world.me.hasBootstrapSection;
      return mayMake && world.learned.initializeRace === null ? { kind: 'race-initialize' } : null;
    },
  },
  {
    id: 611,
    why: 'Another member makes the cluster',
    decide: ({ learned }) =>
      learned.initializeRace === 'lost'
        ? { kind: 'done', message: 'failed to acquire initialize lock' }
        : null,
  },
  {
    id: 612,
    why: 'This member makes the cluster',
    decide: (world) => {
      if (world.learned.initializeRace !== 'won') return null;
      const isStandby = isStandbyCluster(world);
      return {
        kind: 'start-action',
        action: { kind: 'bootstrap' },
        name: isStandby ? 'bootstrap_standby_leader' : 'bootstrap',
        message: isStandby
          ? 'trying to bootstrap a new standby leader'
          : 'trying to bootstrap a new cluster',
      };
    },
  },
  {
    id: 620,
    why: 'There is somebody to clone from, or a way that needs nobody',
    decide: (world) => {
      if (world.postgres.dataDirectory !== 'empty') return null;
      const found = cloneSourceOf(world);
      if (found === null) return null;
      return {
        kind: 'start-action',
        action: { kind: 'clone', source: found.source },
        name: found.name,
        message: `trying to ${found.name}`,
      };
    },
  },
  {
    id: 621,
    why: 'Without a leader there is nothing to clone from yet',
    decide: (world) =>
      world.postgres.dataDirectory === 'empty'
        ? {
            kind: 'done',
            message: isStandbyCluster(world)
              ? 'waiting for standby_leader to bootstrap'
              : 'waiting for leader to bootstrap',
          }
        : null,
  },
];
