// Signals to a process group, and whether anybody of it is left. A process that has ended and was not collected yet
// still has its group's number, but does nothing any more: it does not count.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../files/error-code.ts';

/** How long the kernel may take to end what was killed; only a disk that does not answer takes longer. */
const killedWithinMs = 60_000;
const lookEveryMs = 10;

/** Signals all of the group; false where nobody has its number. */
export function signalGroupOf(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    // Somebody is there and is none of ours to signal.
    if (errorCode(error) === 'EPERM') return true;
    throw error;
  }
}

/** Whether a process of the group runs, or waits, or is stopped. */
function isInGroup(pid: string, leader: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended since it was listed.
    return false;
  }
  // The program's name stands in parentheses and may hold anything; state, parent and group come after it.
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(group) === leader && state !== 'Z' && state !== 'X';
}

export function isGroupAlive(leader: number): boolean {
  if (!signalGroupOf(leader, 0)) return false;
  return readdirSync('/proc').some((name) => /^\d+$/u.test(name) && isInGroup(name, leader));
}

async function waitForGroup(leader: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isGroupAlive(leader)) {
    if (performance.now() >= deadline) return false;
    await sleep(lookEveryMs);
  }
  return true;
}

/** Ends all of the group, by SIGKILL what does not end within `graceMs`. Afterwards nobody of it writes any more. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  if (!isGroupAlive(leader) || !signalGroupOf(leader, 'SIGTERM')) return;
  if (await waitForGroup(leader, graceMs)) return;
  signalGroupOf(leader, 'SIGKILL');
  await waitForGroup(leader, killedWithinMs);
}
