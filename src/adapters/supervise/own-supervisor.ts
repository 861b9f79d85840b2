// Runs a charm's program, the agent, under the charm's own supervisor: starts it, has it reload, replaces it, ends it.

import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import { isRunning, signalProcess } from '#adapters/system/process-table.ts';
import { problem, type Problem } from '#core/access/problem.ts';
import type { SupervisedPlace } from './place.ts';
import { type NamedProcess, readPidFile } from './pid-file.ts';

const startPatienceMs = 20_000;
/** Longer than the supervisor gives the agent. */
const stopPatienceMs = 100_000;
const pauseMs = 20;

async function waitFor<Value>(look: () => Value | null, patienceMs: number): Promise<Value | null> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = look();
    if (found !== null || performance.now() > deadline) return found;
    await delay(pauseMs);
  }
}

async function hasEnded(named: NamedProcess, patienceMs: number): Promise<boolean> {
  return (await waitFor(() => (isRunning(named) ? null : true), patienceMs)) === true;
}

async function start(place: SupervisedPlace, program: readonly string[]): Promise<Problem | null> {
  const [file = '', ...args] = program;
  const child = spawn(file, args, {
    cwd: place.directory,
    // Nothing of the hook's context: what is started here outlives it.
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    stdio: 'ignore',
    detached: true,
  });
  child.once('error', () => undefined);
  child.unref();
  const found = await waitFor(() => readPidFile(place.supervisorPid), startPatienceMs);
  if (found !== null) return null;
  return problem(
    'START_FAILED',
    `Cannot keep the agent running: its supervisor did not start within ${startPatienceMs / 1000} seconds`,
    `Look at ${place.log} on this unit; it is tried again with the next hook`,
  );
}

/** Writes what the supervisor is told where that changed, root's alone. */
async function writeRun(place: SupervisedPlace, text: string): Promise<boolean> {
  if ((await readIfThere(place.supervisor)) === text) return false;
  await mkdir(dirname(place.supervisor), { recursive: true, mode: 0o700 });
  await writeFile(place.supervisor, text, { mode: 0o600 });
  return true;
}

/** Gets the supervisor to run with `run`, the text of its file, and the agent to know its configuration. */
export async function ensureSupervised(
  place: SupervisedPlace,
  run: string,
  program: readonly string[],
  isConfigNew: boolean,
  did: string[],
): Promise<Problem | null> {
  const isRunNew = await writeRun(place, run);
  const before = readPidFile(place.supervisorPid);
  if (before !== null && isRunNew) {
    // Another version: this supervisor leaves the agent, the next one takes it over and, told that the agent is
    // another one now, lets it be replaced. PostgreSQL goes on meanwhile.
    signalProcess(before, 'SIGUSR2');
    await hasEnded(before, startPatienceMs);
  }
  const isStarting = before === null || isRunNew;
  if (isStarting) {
    const failed = await start(place, program);
    if (failed !== null) return failed;
    did.push('Started the supervisor of the agent');
  }
  if (before !== null && isRunNew) {
    const agent = readPidFile(place.agentPid);
    if (agent !== null) signalProcess(agent, 'SIGKILL');
    did.push('Replaced the agent');
  } else if (!isStarting && isConfigNew) {
    signalProcess(before, 'SIGHUP');
    did.push('Had the agent read its configuration');
  }
  return null;
}

/** Ends the supervisor, and with it the agent and PostgreSQL. */
export async function endSupervisor(
  place: SupervisedPlace,
  did: string[],
): Promise<Problem | null> {
  const found = readPidFile(place.supervisorPid);
  if (found !== null) {
    signalProcess(found, 'SIGTERM');
    if (!(await hasEnded(found, stopPatienceMs))) {
      return problem(
        'STOP_FAILED',
        `Cannot stop the agent: its supervisor, process ${found.pid}, still runs after ${stopPatienceMs / 1000} seconds`,
        `Look at ${place.log} on this unit`,
      );
    }
    did.push('Stopped the agent');
  }
  // One whose supervisor was killed before.
  const orphan = readPidFile(place.agentPid);
  if (orphan !== null) {
    signalProcess(orphan, 'SIGTERM');
    if (!(await hasEnded(orphan, stopPatienceMs))) signalProcess(orphan, 'SIGKILL');
  }
  await rm(place.supervisor, { force: true });
  return null;
}
