// Files that name a process so that no other can be taken for it: its number and the time it started.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isRunning, readProcess } from '#adapters/system/process-table.ts';

export interface NamedProcess {
  readonly pid: number;
  /** Clock ticks since the machine started. */
  readonly startedAt: string;
}

/** The process a file names, if it still runs. */
export function readPidFile(path: string): NamedProcess | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const [pid = '', startedAt = ''] = text.trim().split(' ');
  if (!/^\d+$/u.test(pid) || startedAt === '') return null;
  const named = { pid: Number(pid), startedAt };
  return isRunning(named) ? named : null;
}

/** Names a process that runs; null where it has ended already. */
export function writePidFile(path: string, pid: number): NamedProcess | null {
  const entry = readProcess(pid);
  if (entry === null) return null;
  writeFileSync(path, `${pid} ${entry.startedAt}\n`, { mode: 0o644 });
  return { pid, startedAt: entry.startedAt };
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}
