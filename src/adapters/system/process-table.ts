// What /proc says about the processes of this machine, and signals that can't hit the wrong one.
//
// A process id may be given to another process between a look and a signal. Every entry therefore
// carries the time its process started, and a signal is sent only while that still agrees.

import { errorCode } from '#adapters/files/error-code.ts';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Session id: the process id of the session's leader. */
  readonly session: number;
  /** Whether it has a controlling terminal, which nothing started by a hook has. */
  readonly hasTerminal: boolean;
  /** Clock ticks since boot; with the process id it names one process for good. */
  readonly startedAt: string;
  /** Single letter of proc(5): `R`, `S`, `D`, `T`, `Z`. */
  readonly state: string;
  /** Paths are null when the process is another user's, or has none. */
  readonly executable: string | null;
  readonly workingDirectory: string | null;
  readonly environment: readonly string[];
}

/** Every process this user can see. A process that ends during the look is left out. */
export function readProcessTable(): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/u.test(name)) continue;
    const entry = readProcess(Number(name));
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

/** What stands behind its name in the status of a process; null when there is none with this id. */
function readStatus(pid: number): readonly string[] | null {
  const stat = readOrNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === null) return null;
  // The program's name stands in parentheses and may hold both spaces and parentheses.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function stateOf(fields: readonly string[]): string {
  return fields[0] ?? '?';
}

function startOf(fields: readonly string[]): string {
  return fields[19] ?? '';
}

/** One process, or null when there is none with this id. */
export function readProcess(pid: number): ProcessEntry | null {
  const fields = readStatus(pid);
  if (fields === null) return null;
  const environment = readOrNull(() => readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? '';
  return {
    pid,
    state: stateOf(fields),
    parent: Number(fields[1] ?? 0),
    session: Number(fields[3] ?? 0),
    hasTerminal: (fields[4] ?? '0') !== '0',
    startedAt: startOf(fields),
    executable: readLink(`/proc/${pid}/exe`),
    workingDirectory: readLink(`/proc/${pid}/cwd`),
    environment: environment.split('\0').filter((line) => line !== ''),
  };
}

/** Whether the process of this entry still runs: not ended, not a zombie, not another one by now. */
export function isRunning(entry: Pick<ProcessEntry, 'pid' | 'startedAt'>): boolean {
  const fields = readStatus(entry.pid);
  return fields !== null && startOf(fields) === entry.startedAt && stateOf(fields) !== 'Z';
}

/** Sends a signal to exactly this process. False when it has ended, which is no error. */
export function signalProcess(
  entry: Pick<ProcessEntry, 'pid' | 'startedAt'>,
  signal: NodeJS.Signals,
): boolean {
  return send(entry, entry.pid, signal);
}

/** The same for the process group this process leads. */
export function signalGroup(
  leader: Pick<ProcessEntry, 'pid' | 'startedAt'>,
  signal: NodeJS.Signals,
): boolean {
  return send(leader, -leader.pid, signal);
}

function send(
  entry: Pick<ProcessEntry, 'pid' | 'startedAt'>,
  target: number,
  signal: NodeJS.Signals,
): boolean {
  if (!isRunning(entry)) return false;
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    if (isCode(error, 'ESRCH')) return false;
    throw error;
  }
}

function readLink(path: string): string | null {
  const target = readOrNull(() => readlinkSync(path));
  return target === null ? null : target.replace(/ \(deleted\)$/u, '');
}

/** Runs a read of /proc; null when the process has ended, is another user's, or is a kernel thread. */
function readOrNull(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].some((code) => isCode(error, code))) {
      return null;
    }
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return errorCode(error) === code;
}
