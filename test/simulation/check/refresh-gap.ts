// How often leaders refresh their key (INV-14). Only for runs in which nothing but slots goes wrong: anything else may
// hold up a refresh as well.

import type { Dcs } from '#adapters/ports/dcs.ts';
import type { Sabotage } from '../member/agent-process.ts';
import type { SimCluster } from '../run/sim-cluster.ts';
import { overlaid } from './overlay.ts';

type MakeSabotage = (machine: string, cluster: () => SimCluster) => Sabotage;

export interface RefreshTimes {
  /** When each member refreshed the key, in milliseconds. */
  readonly byMember: ReadonlyMap<string, readonly number[]>;
  readonly loopWaitMs: () => number;
  /** To be given to the run: it notes, and breaks nothing by itself. */
  readonly sabotage: MakeSabotage;
}

export function refreshTimes(other: MakeSabotage = () => ({})): RefreshTimes {
  const byMember = new Map<string, number[]>();
  let loopWaitMs = 0;
  return {
    byMember,
    loopWaitMs: () => loopWaitMs,
    sabotage: (machine, cluster) => ({
      ...other(machine, cluster),
      dcs: (dcs: Dcs): Dcs =>
        overlaid(dcs, {
          updateLeader: async () => {
            const isRefreshed = await dcs.updateLeader();
            loopWaitMs = cluster().plan.loopWaitSeconds * 1000;
            const times = byMember.get(machine) ?? [];
            if (isRefreshed) times.push(cluster().engine.nowMs);
            byMember.set(machine, times);
            return isRefreshed;
          },
        }),
    }),
  };
}

/** The longest pause between two refreshes of one member. */
export function longestGapMs(byMember: ReadonlyMap<string, readonly number[]>): number {
  const gaps = [...byMember.values()].flatMap((times) =>
    times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs)),
  );
  return Math.max(0, ...gaps);
}
