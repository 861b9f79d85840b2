// What many runs found, in words.

import type { RunResult } from './run-seed.ts';

export interface Totals {
  runs: number;
  failing: number[];
  simulatedMs: number;
  events: number;
  promotions: number;
  acknowledged: number;
  lost: number;
  mostLostBytes: number;
  breaches: number;
  slotsCreated: number;
  slotsCopied: number;
  slotsMoved: number;
  slotsDropped: number;
  attached: number;
  readonly recoveredMs: number[];
  readonly faults: Map<string, number>;
}

export function noTotals(): Totals {
  return {
    runs: 0,
    failing: [],
    simulatedMs: 0,
    events: 0,
    promotions: 0,
    acknowledged: 0,
    lost: 0,
    mostLostBytes: 0,
    breaches: 0,
    slotsCreated: 0,
    slotsCopied: 0,
    slotsMoved: 0,
    slotsDropped: 0,
    attached: 0,
    recoveredMs: [],
    faults: new Map(),
  };
}

export function addRun(totals: Totals, result: RunResult): void {
  const { tally, faults, breaches } = result;
  totals.runs += 1;
  totals.simulatedMs += result.simulatedMs;
  totals.events += result.events;
  totals.promotions += tally.promotions;
  totals.acknowledged += tally.acknowledged;
  totals.lost += tally.lost;
  totals.mostLostBytes = Math.max(totals.mostLostBytes, tally.mostLostBytes);
  const { slots } = result;
  totals.slotsCreated += slots.created;
  totals.slotsCopied += slots.copied;
  totals.slotsMoved += slots.moved;
  totals.slotsDropped += slots.dropped;
  totals.attached += slots.attached;
  totals.breaches += breaches.length;
  if (breaches.length > 0) totals.failing.push(result.seed);
  if (result.recoveredMs !== null) totals.recoveredMs.push(result.recoveredMs);
  for (const [kind, count] of faults)
    totals.faults.set(kind, (totals.faults.get(kind) ?? 0) + count);
}

export function printBreaches({ seed, breaches }: RunResult): string {
  return breaches
    .map(({ law, atMs, what }) => `seed ${seed}, ${(atMs / 1000).toFixed(3)} s, ${law}: ${what}\n`)
    .join('');
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** `tookSeconds`: of this machine's own time. */
export function printTotals(totals: Totals, tookSeconds: number): string {
  const faults = [...totals.faults].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const injected = faults.reduce((sum, [, count]) => sum + count, 0);
  const hours = totals.simulatedMs / 3_600_000;
  const recovered = totals.recoveredMs.toSorted((one, other) => one - other);
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const lines = [
    `${injected} faults and requests injected`,
    ...faults.map(([kind, count]) => `  ${String(count).padStart(6)}  ${kind}`),
    `${totals.promotions} elections`,
    `${totals.acknowledged} writes acknowledged, ${totals.lost} lost by asynchronous clusters and failovers by hand (${totals.mostLostBytes} bytes at most)`,
    `slots: ${totals.slotsCreated} logical ones created, ${totals.slotsCopied} copied, moved ${totals.slotsMoved} times, ${totals.slotsDropped} dropped; consumers came back ${totals.attached} times`,
    `whole again after the last fault in ${seconds(percentile(recovered, 0.5))} s (median), ${seconds(percentile(recovered, 0.99))} s (99 %), ${seconds(percentile(recovered, 1))} s (longest)`,
    `${totals.runs} seeds, ${hours.toFixed(1)} cluster-hours in ${tookSeconds.toFixed(1)} s: ${(hours / tookSeconds).toFixed(2)} cluster-hours per second, ${Math.round(totals.events / tookSeconds)} events per second`,
    `${totals.breaches} violations${totals.failing.length === 0 ? '' : `; failing seeds: ${totals.failing.join(' ')}`}`,
  ];
  return `${lines.join('\n')}\n`;
}
