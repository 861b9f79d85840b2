// Finds the running server of a data directory by the file it keeps there.

import { errorCode } from '#adapters/files/error-code.ts';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readIfThere } from './atomic-file.ts';

export interface Postmaster {
  readonly pid: number;
  /** What it listens on now, which may differ from what it is to listen on after a restart. */
  readonly port: number;
  readonly socketDirectory: string;
  /** Whether it answers; a server that just starts or recovers is there and does not yet. */
  readonly isReady: boolean;
}

/**
 * Reads postmaster.pid: process, directory, start time, port, socket directory, address, shared memory and
 * state, a line each. The later lines come as the server gets that far; null before it has a port.
 */
export function readPostmasterFile(text: string): Postmaster | null {
  const [pid = '', , , port = '', socketDirectory = '', , , state = ''] = text.split('\n');
  if (!/^\d+$/u.test(pid) || !/^\d+$/u.test(port)) return null;
  return {
    pid: Number(pid),
    port: Number(port),
    socketDirectory,
    isReady: ['ready', 'standby'].includes(state.trim()),
  };
}

/** Reads something of a process; null where it is gone, or somebody else's. */
async function look<Result>(reading: Promise<Result>): Promise<Result | null> {
  try {
    return await reading;
  } catch (error) {
    const code = errorCode(error);
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return null;
    throw error;
  }
}

/**
 * Whether the process works in the data directory, as a postmaster does. After a crash or a reboot the
 * file may name a process that now is something else.
 */
async function worksIn(pid: number | string, realDirectory: string | null): Promise<boolean> {
  return realDirectory !== null && (await look(readlink(`/proc/${pid}/cwd`))) === realDirectory;
}

/** The running server of this data directory, or null. */
export async function findPostmaster(dataDirectory: string): Promise<Postmaster | null> {
  const text = await readIfThere(join(dataDirectory, 'postmaster.pid'));
  const found = text === null ? null : readPostmasterFile(text);
  return found !== null && (await worksIn(found.pid, await look(realpath(dataDirectory))))
    ? found
    : null;
}

async function isZombie(pid: number): Promise<boolean> {
  const text = await look(readFile(`/proc/${pid}/stat`, 'utf8'));
  // The name of the program, in parentheses, may hold anything; the state is the first word after it.
  return text !== null && /^ [ZX]/u.test(text.slice(text.lastIndexOf(')') + 1));
}

/** Whether anything is left of a server that ended without clearing up: itself, or a process it started. */
async function hasRemains(dataDirectory: string): Promise<boolean> {
  const text = await readIfThere(join(dataDirectory, 'postmaster.pid'));
  if (text === null) return false;
  const pid = Number(text.split('\n', 1)[0]);
  if (Number.isInteger(pid) && pid > 0 && (await isZombie(pid))) return true;
  const realDirectory = await look(realpath(dataDirectory));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  for (const name of processes) if (await worksIn(name, realDirectory)) return true;
  return false;
}

/**
 * Waits until nothing is left of a server that was killed, for `waitMs` at the most. Its processes end by
 * themselves soon after it, and PostgreSQL refuses to start beside them.
 */
export async function waitForRemains(dataDirectory: string, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  while ((await hasRemains(dataDirectory)) && performance.now() < deadline) await delay(50);
}

/** The port the server of this data directory answers on, or null while it does not run. */
export async function getServicePort(dataDirectory: string): Promise<number | null> {
  return (await findPostmaster(dataDirectory))?.port ?? null;
}
