// One run of one seed: faults for a while, then quiet, in which the cluster has to become whole again.

import type { Breach } from '../check/breach.ts';
import type { Tally } from '../check/checker.ts';
import type { SlotTally } from '../check/slot-watch.ts';
import { recoveryBoundMs, whatIsMissing } from '../check/recovery.ts';
import type { Fault } from '../faults/fault.ts';
import { allFaults, Injector } from '../faults/injector.ts';
import type { Sabotage } from '../member/agent-process.ts';
import { prefix } from '../member/member-config.ts';
import type { PlanOptions } from './plan.ts';
import { planOf, printPlan, streamOf } from './plan.ts';
import { SimCluster } from './sim-cluster.ts';

export interface RunOptions extends PlanOptions {
  readonly seed: number;
  readonly faults?: readonly Fault[];
  readonly sabotage?: (machine: string, cluster: () => SimCluster) => Sabotage;
  /** Takes the lines of the trace. */
  readonly write?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly breaches: readonly Breach[];
  readonly faults: ReadonlyMap<string, number>;
  readonly tally: Tally;
  readonly slots: SlotTally;
  readonly events: number;
  readonly simulatedMs: number;
  /** From the last fault to a whole cluster; null where it did not become one. */
  readonly recoveredMs: number | null;
  readonly fingerprint: string;
}

/** How often it is looked whether the cluster is whole, in milliseconds. */
const lookMs = 500;
/** How long it has to stay so. */
const steadyMs = 5000;

export async function runSeed(options: RunOptions): Promise<RunResult> {
  const plan = planOf(options.seed, options);
  const cluster = new SimCluster({
    plan,
    write: options.write ?? null,
    sabotage: options.sabotage ?? (() => ({})),
  });
  const { engine, checker, trace } = cluster;
  trace.note('plan', printPlan(plan));
  const injector = new Injector(cluster, streamOf(options.seed, 5), options.faults ?? allFaults);
  cluster.start();
  injector.start();
  await engine.run(plan.faultsUntilMs);
  injector.end();
  const recoveredMs = await recover(cluster);
  const primary = cluster.machines.find(({ server }) => server.isAccepting);
  if (primary !== undefined) checker.checkEnd(primary.server);
  return {
    seed: options.seed,
    breaches: checker.breaches,
    faults: injector.counts,
    tally: checker.tally,
    slots: checker.slots.tally,
    events: engine.count,
    simulatedMs: engine.nowMs,
    recoveredMs,
    fingerprint: trace.fingerprint,
  };
}

/**
 * A claim of the new cluster whose answer never came to an agent that had died by then is nobody's: a person takes it
 * back, as the documentation says.
 */
function takeBackLostClaim({ etcd, machines, trace }: SimCluster): void {
  if (etcd.valueOf(`${prefix}initialize`) !== '') return;
  const isMaking = machines.some(
    ({ disk, isLost, server, agent }) =>
      !isLost &&
      ((disk.journal !== null && !disk.isGivenUp) || server.directory !== null || agent === null),
  );
  if (isMaking || etcd.health !== 'up') return;
  const key = Buffer.from(`${prefix}initialize`).toString('base64');
  etcd.receive('kv/deleterange', { key }, () => trace.note('operator', 'took a lost claim back'));
}

/** Waits until the cluster is whole, serves, and stays so. */
async function recover(cluster: SimCluster): Promise<number | null> {
  const { engine, checker } = cluster;
  const fromMs = engine.nowMs;
  const untilMs = fromMs + recoveryBoundMs(cluster);
  let wholeSinceMs: number | null = null;
  let servedBefore = checker.tally.acknowledged;
  let missing: string | null = 'everything';
  while (engine.nowMs < untilMs + steadyMs) {
    await engine.run(engine.nowMs + lookMs);
    takeBackLostClaim(cluster);
    missing = whatIsMissing(cluster);
    if (missing !== null) {
      wholeSinceMs = null;
      servedBefore = checker.tally.acknowledged;
      continue;
    }
    wholeSinceMs ??= engine.nowMs;
    const isSteady = engine.nowMs - wholeSinceMs >= steadyMs;
    if (isSteady && checker.tally.acknowledged > servedBefore) return wholeSinceMs - fromMs;
  }
  checker.breach(
    'recovery',
    `the cluster is not whole again: ${missing ?? 'no write was acknowledged'}`,
  );
  return null;
}
