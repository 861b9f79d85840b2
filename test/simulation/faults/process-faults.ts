// Faults of processes, disks and machines.

import { parseJsonObject } from '#core/dcs/json.ts';
import type { Machine } from '../member/machine.ts';
import { prefix } from '../member/member-config.ts';
import type { Fault, FaultScene } from './fault.ts';
import { machinesUp, victimOf } from './fault.ts';

/** A machine may be lost for good where the others can go on by what the store says. */
function mayLose(scene: FaultScene, name: string): boolean {
  const { cluster } = scene;
  const { machines, etcd } = cluster;
  if (machines.length < 3 || machines.some(({ isLost }) => isLost)) return false;
  const others = machines.filter((machine) => machine.name !== name && machine.isUp);
  // With failsafe_mode only who is in the topology may lead.
  const failsafe = parseJsonObject(etcd.valueOf(`${prefix}failsafe`) ?? '');
  const isInTopology = (machine: Machine): boolean =>
    !cluster.plan.isFailsafe || failsafe === null || failsafe[machine.name] !== undefined;
  const limit = Number(cluster.plan.dynamic['maximum_lag_on_failover']);
  const furthest = Math.max(...machines.map(({ server }) => server.directory?.wal.end ?? 0));
  const able = others
    .filter(isInTopology)
    .filter(
      ({ tags, server }) =>
        tags['nofailover'] !== true &&
        server.isReady &&
        server.receiver?.sender !== null &&
        server.data.wal.flushedEnd > furthest - limit / 2,
    );
  if (able.length === 0) return false;
  if (etcd.valueOf(`${prefix}leader`) === null) return false;
  const sync = parseJsonObject(etcd.valueOf(`${prefix}sync`) ?? '');
  if (cluster.plan.mode === 'async' || sync === null) return true;
  const standby = sync['sync_standby'];
  const voters = typeof standby === 'string' ? standby.split(',') : [];
  return voters.length > 1 && able.filter((one) => voters.includes(one.name)).length > 1;
}

export const processFaults: readonly Fault[] = [
  {
    kind: 'agent killed',
    weight: 10,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim?.agent == null) return null;
      victim.killAgent();
      return victim.name;
    },
  },
  {
    kind: 'agent stopped in order',
    weight: 4,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim?.agent == null) return null;
      void victim.agent.stopInOrder();
      return victim.name;
    },
  },
  {
    kind: 'agent frozen',
    weight: 8,
    inject: (scene) => {
      const victim = victimOf(scene);
      const { agent } = victim ?? {};
      if (victim === null || agent == null || agent.actor.isFrozen) return null;
      // Without a watchdog nothing can fence a primary whose agent does not run.
      const { ttlSeconds } = scene.cluster.plan;
      const longestMs = victim.hasWatchdog ? 60_000 : ttlSeconds * 150;
      const ms = scene.random.between(500, longestMs);
      agent.actor.freeze();
      scene.healAfter(ms, () => agent.actor.thaw());
      return `${victim.name} for ${ms} ms`;
    },
  },
  {
    kind: 'postgres killed',
    weight: 10,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim?.server.process == null) return null;
      victim.server.kill();
      return victim.name;
    },
  },
  {
    kind: 'agent and postgres killed',
    weight: 6,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim?.agent == null) return null;
      victim.killAgent();
      victim.server.kill();
      return victim.name;
    },
  },
  {
    kind: 'power lost',
    weight: 8,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      victim.losePower();
      const ms = scene.random.between(2000, 45_000);
      scene.healAfter(ms, () => victim.boot());
      return `${victim.name} for ${ms} ms`;
    },
  },
  {
    kind: 'power lost everywhere',
    weight: 1,
    inject: (scene) => {
      for (const machine of machinesUp(scene)) {
        machine.losePower();
        scene.healAfter(scene.random.between(2000, 20_000), () => machine.boot());
      }
      return 'all';
    },
  },
  {
    kind: 'machine lost for good',
    weight: 1,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null || !mayLose(scene, victim.name)) return null;
      victim.lose();
      return victim.name;
    },
  },
  {
    kind: 'machine suspended',
    weight: 5,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      victim.suspend();
      const ms = scene.random.between(500, 60_000);
      scene.healAfter(ms, () => {
        if (!victim.isSuspended) return;
        victim.resume();
        scene.cluster.checker.resumed(victim);
      });
      return `${victim.name} for ${ms} ms`;
    },
  },
  {
    kind: 'postgres hung',
    weight: 5,
    inject: (scene) => {
      const victim = victimOf(scene);
      const process = victim?.server.process;
      if (victim === null || process == null || process.isFrozen) return null;
      const ms = scene.random.between(500, 30_000);
      process.freeze();
      scene.healAfter(ms, () => {
        if (!victim.isSuspended) process.thaw();
      });
      return `${victim.name} for ${ms} ms`;
    },
  },
  {
    kind: 'disk stalled',
    weight: 4,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      victim.server.isStalled = true;
      const ms = scene.random.between(300, 20_000);
      scene.healAfter(ms, () => {
        victim.server.isStalled = false;
      });
      return `${victim.name} for ${ms} ms`;
    },
  },
  {
    kind: 'disk full',
    weight: 2,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      victim.server.isDiskFull = true;
      victim.server.kill();
      const ms = scene.random.between(1000, 30_000);
      scene.healAfter(ms, () => {
        victim.server.isDiskFull = false;
      });
      return `${victim.name} for ${ms} ms`;
    },
  },
  {
    kind: 'starts fail',
    weight: 3,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      victim.server.failingStarts = scene.random.between(1, 3);
      victim.server.kill();
      scene.healAfter(60_000, () => {
        victim.server.failingStarts = 0;
      });
      return victim.name;
    },
  },
  {
    kind: 'recovery and promotion slow',
    weight: 4,
    inject: (scene) => {
      const victim = scene.random.choose(scene.cluster.machines);
      victim.server.slowRecoveryMs = scene.random.between(0, 20_000);
      victim.server.slowPromotionMs = scene.random.between(0, 12_000);
      scene.healAfter(scene.random.between(5000, 60_000), () => {
        victim.server.slowRecoveryMs = 0;
        victim.server.slowPromotionMs = 0;
      });
      return victim.name;
    },
  },
  {
    kind: 'long work fails',
    weight: 3,
    inject: (scene) => {
      const victim = scene.random.choose(scene.cluster.machines);
      victim.isRewindFailing = scene.random.chance(0.5);
      victim.isCloneFailing = scene.random.chance(0.5);
      victim.isPrePromoteFailing = scene.random.chance(0.3);
      scene.healAfter(scene.random.between(2000, 20_000), () => {
        victim.isRewindFailing = false;
        victim.isCloneFailing = false;
        victim.isPrePromoteFailing = false;
      });
      return victim.name;
    },
  },
];
