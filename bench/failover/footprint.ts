// What an idle agent takes: memory and processor of its own process, as /proc tells.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface Footprint {
  readonly rssMb: number;
  readonly pssMb: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

/** Of the kernel's clock, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The program's name stands in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function megabytes(rollup: string, name: string): number {
  const found = new RegExp(`^${name}: +(\\d+) kB$`, 'mu').exec(rollup);
  return Number(found?.[1] ?? Number.NaN) / 1024;
}

/** Watches a process for so long. */
export async function footprintOf(pid: number, seconds: number): Promise<Footprint> {
  const before = await cpuTicks(pid);
  const began = performance.now();
  await delay(seconds * 1000);
  const ticks = (await cpuTicks(pid)) - before;
  const elapsed = (performance.now() - began) / 1000;
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return {
    rssMb: megabytes(rollup, 'Rss'),
    pssMb: megabytes(rollup, 'Pss'),
    cpuPercent: (100 * ticks) / ticksPerSecond / elapsed,
  };
}
