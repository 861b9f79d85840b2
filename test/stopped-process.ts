// Freezes a process so that it is frozen once the call returns: a signal takes effect when the process is next scheduled.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const waitMs = 10_000;

function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((task) => {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

export function stopProcess(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const deadline = performance.now() + waitMs;
  while (!isStopped(pid)) assert.ok(performance.now() < deadline, `process ${pid} goes on`);
}
