// One postmaster as a process: ours, or one that was there before us. Tells its end at once, and signals it
// and what it started without ever hitting another process that got its number since.

import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessEntry } from '#adapters/system/process-table.ts';
import { isRunning, readProcess, signalProcess } from '#adapters/system/process-table.ts';

export interface ServerProcess {
  readonly pid: number;
  /** Resolves once it has ended, within milliseconds for our child and `adoptedPollMs` for another. */
  readonly ended: Promise<void>;
  isRunning(): boolean;
  /** False when it has ended already. */
  signal(signal: NodeJS.Signals): boolean;
  /** Its backends, walsenders and helpers, by their titles in the process table. */
  children(): readonly ServerChild[];
  /** Ends all of it at once, whatever state it is in. Leaves crash recovery to the next start. */
  killTree(): void;
  /** Stops looking after it. The server goes on. */
  release(): void;
}

export interface ServerChild {
  readonly entry: Pick<ProcessEntry, 'pid' | 'startedAt'>;
  readonly title: string;
}

const adoptedPollMs = 100;

interface Listed extends ServerChild {
  readonly parent: number;
}

function readTitle(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0', 1)[0] ?? '';
  } catch {
    // It has ended since it was listed.
    return '';
  }
}

/** Every process, with its parent. Only two small files of each are read: this runs while a server stops. */
function listProcesses(): readonly Listed[] {
  const found: Listed[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch {
      continue;
    }
    // The program's name stands in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') continue;
    found.push({
      entry: { pid: Number(name), startedAt: fields[19] ?? '' },
      parent: Number(fields[1] ?? 0),
      title: '',
    });
  }
  return found;
}

function childrenOf(pid: number, all: readonly Listed[]): readonly Listed[] {
  return all.filter((process) => process.parent === pid);
}

function descendantsOf(pid: number, all: readonly Listed[]): readonly Listed[] {
  return childrenOf(pid, all).flatMap((child) => [child, ...descendantsOf(child.entry.pid, all)]);
}

/** Ends a process with everything it started. Stopped first, so that it can't start more meanwhile. */
export function killProcessTree(root: Pick<ProcessEntry, 'pid' | 'startedAt'>): void {
  if (!signalProcess(root, 'SIGSTOP')) return;
  const below = descendantsOf(root.pid, listProcesses());
  signalProcess(root, 'SIGKILL');
  for (const process of below) signalProcess(process.entry, 'SIGKILL');
}

/** What is common to both kinds; `entry` names the process for good. */
function processOf(
  entry: Pick<ProcessEntry, 'pid' | 'startedAt'>,
  ended: Promise<void>,
  hasEnded: () => boolean,
  release: () => void,
): ServerProcess {
  return {
    pid: entry.pid,
    ended,
    isRunning: () => !hasEnded() && isRunning(entry),
    signal: (signal) => !hasEnded() && signalProcess(entry, signal),
    children: () =>
      childrenOf(entry.pid, listProcesses()).map((child) => ({
        entry: child.entry,
        title: readTitle(child.entry.pid),
      })),
    killTree: () => killProcessTree(entry),
    release,
  };
}

/** Our child. Throws where it has no process, as it could not be started. */
export function ownedProcess(child: ChildProcess): ServerProcess {
  const entry = child.pid === undefined ? null : readProcess(child.pid);
  if (entry === null) throw new Error('the program has ended before it was seen');
  let hasEnded = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => {
    hasEnded = true;
    resolve();
  });
  // The server is to outlive us, so it must not hold us up either.
  child.unref();
  return processOf(
    entry,
    promise,
    () => hasEnded,
    () => undefined,
  );
}

/** One that runs already and is nobody's child of ours; null where it has just ended. */
export function adoptedProcess(pid: number): ServerProcess | null {
  const entry = readProcess(pid);
  if (entry === null || !isRunning(entry)) return null;
  let hasEnded = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    if (isRunning(entry)) return;
    hasEnded = true;
    clearInterval(timer);
    resolve();
  }, adoptedPollMs);
  timer.unref();
  return processOf(
    entry,
    promise,
    () => hasEnded,
    () => clearInterval(timer),
  );
}

function isPostgresIn(pid: number, directory: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== directory) return false;
    // A shell that somebody left in the data directory is none of ours.
    return /\/postgres(?: \(deleted\))?$/u.test(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false;
  }
}

/**
 * What a postmaster that was killed left behind, and is still attached to its shared memory: a new one can't
 * start beside it. `realDirectory` is the data directory without links.
 */
export function remainsOf(realDirectory: string): readonly ServerChild[] {
  return listProcesses().filter((process) => isPostgresIn(process.entry.pid, realDirectory));
}
