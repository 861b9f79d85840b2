// Faults of the network and of etcd.

import { fineWeather } from '../net/network.ts';
import type { Fault, FaultScene } from './fault.ts';
import { victimOf } from './fault.ts';

/** Cuts all links between two groups, in both directions or in one. */
function part(
  scene: FaultScene,
  ours: readonly string[],
  theirs: readonly string[],
  direction: 'both' | 'out' | 'in',
): number {
  const { network } = scene.cluster;
  const ms = scene.random.between(300, 50_000);
  const heals: (() => void)[] = [];
  for (const one of ours) {
    for (const other of theirs) {
      if (direction !== 'in') heals.push(network.cut(one, other));
      if (direction !== 'out') heals.push(network.cut(other, one));
    }
  }
  scene.healAfter(ms, () => {
    for (const heal of heals) heal();
  });
  return ms;
}

function directionOf({ random }: FaultScene): 'both' | 'out' | 'in' {
  return random.choose(['both', 'both', 'both', 'out', 'in']);
}

export const networkFaults: readonly Fault[] = [
  {
    kind: 'cut off from etcd',
    weight: 10,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      const direction = directionOf(scene);
      const ms = part(scene, [victim.name], ['etcd'], direction);
      return `${victim.name} (${direction}) for ${ms} ms`;
    },
  },
  {
    kind: 'cut off from everybody',
    weight: 6,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      const others = scene.cluster.nodes.filter((node) => node !== victim.name);
      const direction = directionOf(scene);
      const ms = part(scene, [victim.name], others, direction);
      return `${victim.name} (${direction}) for ${ms} ms`;
    },
  },
  {
    kind: 'cut off from the other members',
    weight: 5,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null) return null;
      const others = scene.cluster.machines
        .map(({ name }) => name)
        .filter((name) => name !== victim.name);
      if (others.length === 0) return null;
      const direction = directionOf(scene);
      const ms = part(scene, [victim.name], others, direction);
      return `${victim.name} (${direction}) for ${ms} ms`;
    },
  },
  {
    kind: 'network split in two',
    weight: 4,
    inject: (scene) => {
      const nodes = scene.random.shuffle(scene.cluster.nodes);
      const size = scene.random.between(1, nodes.length - 1);
      const ms = part(scene, nodes.slice(0, size), nodes.slice(size), 'both');
      return `${nodes.slice(0, size).join(' ')} for ${ms} ms`;
    },
  },
  {
    kind: 'bad weather',
    weight: 5,
    inject: ({ cluster, random, healAfter }) => {
      const delayMs = random.choose([0.5, 5, 40, 150]);
      const loss = random.choose([0, 0.01, 0.05, 0.15]);
      cluster.network.weather = { delayMs, loss, spikes: 0.05 };
      const ms = random.between(1000, 30_000);
      healAfter(ms, () => {
        cluster.network.weather = fineWeather;
      });
      return `${delayMs} ms and ${loss * 100} % lost for ${ms} ms`;
    },
  },
  {
    kind: 'etcd down',
    weight: 6,
    inject: ({ cluster, random, healAfter }) => {
      if (cluster.etcd.health !== 'up') return null;
      const health = random.choose(['refusing', 'silent'] as const);
      const ms = random.choose([random.between(100, 3000), random.between(1000, 60_000)]);
      cluster.etcd.setHealth(health);
      healAfter(ms, () => cluster.etcd.setHealth('up'));
      return `${health} for ${ms} ms`;
    },
  },
  {
    kind: 'etcd slow',
    weight: 4,
    inject: ({ cluster, random, healAfter }) => {
      cluster.etcd.slownessMs = random.choose([20, 200, 900, 2500]);
      const ms = random.between(1000, 30_000);
      healAfter(ms, () => {
        cluster.etcd.slownessMs = 0.3;
      });
      return `${cluster.etcd.slownessMs} ms for ${ms} ms`;
    },
  },
];
