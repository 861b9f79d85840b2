// Gets the unit's service to run with its configuration, under systemd where there is one, else under the charm's
// own supervisor; and ends it.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readIfThere, writeAtomically } from '#adapters/postgres-server/atomic-file.ts';
import { chooseManager } from '#adapters/supervise/choose-manager.ts';
import { machineFacts } from '#adapters/supervise/machine-facts.ts';
import { endSupervisor, ensureSupervised } from '#adapters/supervise/own-supervisor.ts';
import { readPidFile } from '#adapters/supervise/pid-file.ts';
import { systemctl, writeUnits } from '#adapters/supervise/systemctl.ts';
import { signalProcess } from '#adapters/system/process-table.ts';
import type { Problem } from '#core/access/problem.ts';
import type { MachinePlace } from './place.ts';
import type { UnitFacts } from './request.ts';
import { cronFile, runFile, supervisorProgram, systemdUnit, wakePath } from './service-plan.ts';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const what = 'the service of the job cache';

/** Whoever runs the hook owns all of it. */
const ourselves = { name: '', uid: 0, gid: 0, isOther: false } as const;

async function underSystemd(
  unit: UnitFacts,
  place: MachinePlace,
  isConfigNew: boolean,
  did: string[],
): Promise<Problem | null> {
  const file = systemdUnit(unit, place);
  const isNew = await writeUnits([file]);
  const isActive = (await systemctl(what, ['is-active', '--quiet', file.name])) === null;
  const steps: readonly (readonly string[])[] = [
    ...(isNew ? [['daemon-reload']] : []),
    ['enable', '--quiet', '--now', file.name],
    ...(isActive && (isNew || isConfigNew) ? [['restart', file.name]] : []),
  ];
  for (const step of steps) {
    const failed = await systemctl(what, step);
    if (failed !== null) return failed;
  }
  if (!isActive) did.push(`Started the service ${file.name}`);
  else if (isNew || isConfigNew) did.push(`Restarted the service ${file.name}`);
  return null;
}

async function underSupervisor(
  unit: UnitFacts,
  place: MachinePlace,
  isConfigNew: boolean,
  did: string[],
): Promise<Problem | null> {
  const before = readPidFile(place.agentPid);
  const text = `${JSON.stringify(runFile(unit, place, systemPath))}\n`;
  const program = supervisorProgram(unit, place);
  const failed = await ensureSupervised(place, text, program, false, did);
  if (failed !== null || before === null || !isConfigNew) return failed;
  // Where it was replaced just now this signal finds nobody. The supervisor starts it again at once.
  signalProcess(before, 'SIGTERM');
  did.push('Restarted the service');
  return null;
}

/** Writes the configuration, and gets the service to run with it. */
export async function runService(
  unit: UnitFacts,
  place: MachinePlace,
  config: string,
  did: string[],
): Promise<Problem | null> {
  await mkdir(place.directory, { recursive: true, mode: 0o700 });
  await mkdir(dirname(wakePath(place)), { recursive: true, mode: 0o700 });
  const isConfigNew = await writeAtomically(place.config, config, ourselves);
  if (isConfigNew) did.push('Wrote the configuration of the service');
  const manager = chooseManager(machineFacts(), unit);
  if (manager === 'systemd') return underSystemd(unit, place, isConfigNew, did);
  if (manager === 'cron') {
    const { path, text } = cronFile(unit, place);
    if ((await readIfThere(path)) !== text) await writeFile(path, text, { mode: 0o644 });
  }
  return underSupervisor(unit, place, isConfigNew, did);
}

/** Ends the service and takes its configuration, which holds a password, away. What it had not stored yet stays. */
export async function endService(
  unit: UnitFacts,
  place: MachinePlace,
  did: string[],
): Promise<Problem | null> {
  const manager = chooseManager(machineFacts(), unit);
  const name = `${place.service}.service`;
  if (manager === 'systemd') {
    if ((await readIfThere(place.unitFile)) !== null) {
      const failed = await systemctl(what, ['disable', '--quiet', '--now', name]);
      if (failed !== null) return failed;
      await rm(place.unitFile, { force: true });
      did.push(`Stopped the service ${name}`);
      await systemctl(what, ['daemon-reload']);
    }
  } else {
    const failed = await endSupervisor(place, did);
    if (failed !== null) return failed;
    if (manager === 'cron') await rm(cronFile(unit, place).path, { force: true });
  }
  await rm(place.config, { force: true });
  await rm(place.status, { force: true });
  return null;
}
