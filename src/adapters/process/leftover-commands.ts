// Finds what an agent that died left running: a program that still fills a data directory would write into the one
// that is built in its place. Such programs carry a mark in their environment, which everything they start inherits;
// unlike a file with a process id it can't be written too late, and can't name a process of somebody else.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessEntry } from '../system/process-table.ts';
import {
  isRunning,
  readProcess,
  readProcessTable,
  signalProcess,
} from '../system/process-table.ts';

const directoryMark = 'PG_AGENT_FILLS';
const agentMark = 'PG_AGENT_PROCESS';

/** To be added to the environment of every program that fills the data directory. */
export function fillingMarks(dataDirectory: string): Readonly<Record<string, string>> {
  const own = readProcess(process.pid);
  return {
    [directoryMark]: dataDirectory,
    [agentMark]: `${process.pid}:${own?.startedAt ?? ''}`,
  };
}

function mark(entry: ProcessEntry, name: string): string | null {
  const line = entry.environment.find((one) => one.startsWith(`${name}=`));
  return line?.slice(name.length + 1) ?? null;
}

/** Whether the agent that started it still runs and is not us: then it is at work, and nothing is left over. */
function isAtWork(entry: ProcessEntry): boolean {
  const [pid = '', startedAt = ''] = (mark(entry, agentMark) ?? '').split(':');
  return Number(pid) !== process.pid && isRunning({ pid: Number(pid), startedAt });
}

function fillingProcesses(dataDirectory: string): readonly ProcessEntry[] {
  return readProcessTable().filter(
    (entry) =>
      entry.pid !== process.pid &&
      entry.state !== 'Z' &&
      mark(entry, directoryMark) === dataDirectory,
  );
}

export type Leftovers =
  | { readonly kind: 'none' }
  | { readonly kind: 'ended'; readonly pids: readonly number[] }
  /** Another agent works on this directory, or somebody survived being killed. */
  | { readonly kind: 'busy'; readonly pids: readonly number[] };

async function waitForAll(entries: readonly ProcessEntry[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (entries.some((entry) => isRunning(entry))) {
    if (performance.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}

/** Ends what is left over for this directory, and returns when nobody of it writes any more. */
export async function endLeftovers(dataDirectory: string, graceMs = 10_000): Promise<Leftovers> {
  const found = fillingProcesses(dataDirectory);
  if (found.length === 0) return { kind: 'none' };
  const pids = found.map((entry) => entry.pid);
  if (found.some((entry) => isAtWork(entry))) return { kind: 'busy', pids };
  for (const entry of found) signalProcess(entry, 'SIGTERM');
  if (await waitForAll(found, graceMs)) return { kind: 'ended', pids };
  // Looked for again: what was asked to end may have started others.
  const left = fillingProcesses(dataDirectory);
  for (const entry of left) signalProcess(entry, 'SIGKILL');
  return (await waitForAll(left, 30_000)) ? { kind: 'ended', pids } : { kind: 'busy', pids };
}
