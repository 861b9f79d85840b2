// What people ask of a cluster while all this happens: no faults, but they have to go well beside them.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { epochMs } from '../engine/sim-clock.ts';
import { prefix } from '../member/member-config.ts';
import type { Fault, FaultScene } from './fault.ts';
import { machinesUp } from './fault.ts';

function request(
  { cluster }: FaultScene,
  machine: string,
  method: string,
  path: string,
  body: JsonObject,
): void {
  void cluster.ask(machine, { method, path, body: JSON.stringify(body) });
}

function anyOf(scene: FaultScene): string | null {
  const up = machinesUp(scene).filter(({ agent }) => agent !== null);
  return up.length === 0 ? null : scene.random.choose(up).name;
}

function leaderOf({ cluster }: FaultScene): string | null {
  return cluster.etcd.valueOf(`${prefix}leader`);
}

/** Another member than the leader; null where there is none. */
function candidateOf(scene: FaultScene): string | null {
  const leader = leaderOf(scene);
  const others = scene.cluster.machines.filter(({ name, isLost }) => name !== leader && !isLost);
  return others.length === 0 ? null : scene.random.choose(others).name;
}

function soon(scene: FaultScene): string {
  const atMs = epochMs + scene.cluster.engine.nowMs + scene.random.between(1000, 15_000);
  return new Date(atMs).toISOString().replace('Z', '+00:00');
}

/** Asks until the configuration is as wanted: pause is left also where the first member asked is down. */
function keepAsking(scene: FaultScene, body: JsonObject, isDone: () => boolean): void {
  const { cluster } = scene;
  // A request that was on its way may still come true after it: so this goes on asking.
  const ask = (): void => {
    const machine = isDone() ? null : anyOf(scene);
    if (machine !== null) request(scene, machine, 'PATCH', '/config', body);
    cluster.engine.after(3000, ask);
  };
  ask();
}

export const requests: readonly Fault[] = [
  {
    kind: 'switchover',
    weight: 8,
    inject: (scene) => {
      const leader = leaderOf(scene);
      const machine = anyOf(scene);
      if (leader === null || machine === null) return null;
      const candidate = scene.random.chance(0.6) ? candidateOf(scene) : null;
      const isScheduled = scene.random.chance(0.2);
      const body = {
        leader,
        ...(candidate === null ? {} : { candidate }),
        ...(isScheduled ? { scheduled_at: soon(scene) } : {}),
      };
      request(scene, machine, 'POST', '/switchover', body);
      return JSON.stringify(body);
    },
  },
  {
    kind: 'failover by hand',
    weight: 2,
    inject: (scene) => {
      const candidate = candidateOf(scene);
      const machine = anyOf(scene);
      if (candidate === null || machine === null) return null;
      scene.cluster.checker.failoverByHand();
      request(scene, machine, 'POST', '/failover', { candidate });
      return candidate;
    },
  },
  {
    kind: 'restart',
    weight: 4,
    inject: (scene) => {
      const machine = anyOf(scene);
      if (machine === null) return null;
      const isScheduled = scene.random.chance(0.2);
      request(scene, machine, 'POST', '/restart', isScheduled ? { schedule: soon(scene) } : {});
      return machine;
    },
  },
  {
    kind: 'reinitialize',
    weight: 3,
    inject: (scene) => {
      const machine = anyOf(scene);
      if (machine === null || machine === leaderOf(scene)) return null;
      const isForced = scene.random.chance(0.3);
      scene.cluster.checker.reinitialized.add(machine);
      request(scene, machine, 'POST', '/reinitialize', { force: isForced });
      return machine;
    },
  },
  {
    kind: 'pause',
    weight: 2,
    inject: (scene) => {
      const machine = anyOf(scene);
      if (machine === null) return null;
      const { etcd } = scene.cluster;
      const isPaused = (): boolean =>
        etcd.valueOf(`${prefix}config`)?.includes('"pause":true') ?? false;
      request(scene, machine, 'PATCH', '/config', { pause: true });
      const ms = scene.random.between(3000, 40_000);
      scene.healAfter(ms, () => keepAsking(scene, { pause: null }, () => !isPaused()));
      return `for ${ms} ms`;
    },
  },
  {
    kind: 'configuration changed',
    weight: 4,
    inject: (scene) => {
      const machine = anyOf(scene);
      if (machine === null) return null;
      const { random } = scene;
      const change: JsonObject = random.choose([
        { loop_wait: random.between(1, 5) },
        { ttl: random.choose([10, 20, 30]) },
        { maximum_lag_on_failover: random.choose([65_536, 1_048_576]) },
        { synchronous_node_count: random.between(1, 2) },
        { synchronous_mode_strict: scene.cluster.plan.isStrict && random.chance(0.5) },
        { postgresql: { parameters: { work_mem: `${random.between(1, 64)}MB` } } },
      ]);
      request(scene, machine, 'PATCH', '/config', change);
      return JSON.stringify(change);
    },
  },
];
