// Gets the Salt master to know the job cache: its file, the environment systemd starts it with, and a restart where
// that is needed and allowed.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import { findUser } from '#adapters/postgres-server/identity.ts';
import { chooseManager } from '#adapters/supervise/choose-manager.ts';
import { machineFacts } from '#adapters/supervise/machine-facts.ts';
import type { NamedProcess } from '#adapters/supervise/pid-file.ts';
import { systemctl, unitFolder } from '#adapters/supervise/systemctl.ts';
import { isRunning } from '#adapters/system/process-table.ts';
import type { Problem } from '#core/access/problem.ts';
import { isDirectory, writeMasterFile } from './master-file.ts';
import { outdatedMasters } from './outdated-masters.ts';
import { masterFileName } from './place.ts';
import type { MasterFiles, MasterState, UnitFacts } from './request.ts';
import { type SaltMaster, saltMasters } from './salt-masters.ts';

const what = 'the Salt master';
const service = 'salt-master.service';

function dropInPath(): string {
  return join(unitFolder, `${service}.d`, 'job-cache.conf');
}

/** Masters that read the configuration this directory belongs to. */
function mastersOf(directory: string): readonly SaltMaster[] {
  return saltMasters().filter(({ configDirectory }) => configDirectory === dirname(directory));
}

function hasSystemd(unit: UnitFacts): boolean {
  return chooseManager(machineFacts(), unit) === 'systemd';
}

async function writeDropIn(text: string): Promise<Problem | null> {
  const path = dropInPath();
  if ((await readIfThere(path)) === text) return null;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, text, { mode: 0o644 });
  return systemctl(what, ['daemon-reload']);
}

/** The group that may read the file; null where only we may. */
async function groupOf(user: string): Promise<number | null> {
  // Only root can give a file to another group.
  if (process.getuid?.() !== 0 || user === '') return null;
  return (await findUser(user))?.gid ?? null;
}

async function restart(
  unit: UnitFacts,
  masters: readonly NamedProcess[],
  did: string[],
): Promise<Problem | null> {
  if (masters.length === 0 || !hasSystemd(unit)) return null;
  // Restarts it where it runs, and does nothing where it does not.
  const failed = await systemctl(what, ['try-restart', service]);
  if (failed === null) did.push('Restarted salt-master');
  return failed;
}

export interface MasterOutcome {
  readonly state: MasterState;
  readonly problem: Problem | null;
  readonly outdated: readonly NamedProcess[];
}

/** Writes what the master is to be told. */
export async function tellMaster(
  request: {
    readonly unit: UnitFacts;
    readonly master: MasterFiles | null;
    readonly mayRestartMaster: boolean;
    readonly outdated: readonly NamedProcess[];
  },
  did: string[],
): Promise<MasterOutcome> {
  const { unit, master } = request;
  const before = request.outdated.filter(isRunning);
  if (master === null) return { state: 'none', problem: null, outdated: before };
  if (!(await isDirectory(master.directory))) {
    return { state: 'absent', problem: null, outdated: before };
  }
  const path = join(master.directory, masterFileName);
  const isNew = await writeMasterFile(path, master.text, await groupOf(master.user));
  if (isNew) did.push(`Wrote ${path}`);
  const isOfSystemd = hasSystemd(unit);
  let problem = isOfSystemd ? await writeDropIn(master.dropIn) : null;
  const change = { ...master, isOfSystemd };
  const outdated = outdatedMasters(mastersOf(master.directory), before, change);
  if (request.mayRestartMaster) problem ??= await restart(unit, outdated, did);
  return { state: 'written', problem, outdated: outdated.filter(isRunning) };
}

/** Takes away what the master was told. */
export async function untellMaster(
  request: {
    readonly unit: UnitFacts;
    readonly directory: string | null;
    readonly mayRestartMaster: boolean;
  },
  did: string[],
): Promise<MasterOutcome> {
  const { unit, directory } = request;
  const path = join(directory ?? '/nonexistent', masterFileName);
  if (directory === null || (await readIfThere(path)) === null) {
    return { state: 'none', problem: null, outdated: [] };
  }
  const masters = mastersOf(directory);
  await rm(path, { force: true });
  did.push(`Removed ${path}`);
  let problem: Problem | null = null;
  if (hasSystemd(unit) && (await readIfThere(dropInPath())) !== null) {
    await rm(dropInPath(), { force: true });
    problem = await systemctl(what, ['daemon-reload']);
  }
  if (request.mayRestartMaster) problem ??= await restart(unit, masters, did);
  return { state: 'none', problem, outdated: masters.filter(isRunning) };
}
