// What a fault is.

import type { Random } from '#core/random.ts';
import type { Machine } from '../member/machine.ts';
import type { SimCluster } from '../run/sim-cluster.ts';

export interface FaultScene {
  readonly cluster: SimCluster;
  readonly random: Random;
  /** Has something end after the time, or when the faults end, whichever is first. */
  readonly healAfter: (ms: number, heal: () => void) => void;
}

export interface Fault {
  readonly kind: string;
  readonly weight: number;
  /** What it does, in words; null where it makes no sense now. */
  readonly inject: (scene: FaultScene) => string | null;
}

/** Machines that run. */
export function machinesUp({ cluster }: FaultScene): readonly Machine[] {
  return cluster.machines.filter(({ isUp, isSuspended }) => isUp && !isSuspended);
}

/** More often than not the one that matters. */
export function victimOf(scene: FaultScene): Machine | null {
  const up = machinesUp(scene);
  if (up.length === 0) return null;
  const primary = up.find(({ server }) => server.isAccepting);
  return primary !== undefined && scene.random.chance(0.5) ? primary : scene.random.choose(up);
}
