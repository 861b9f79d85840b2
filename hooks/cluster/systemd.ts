// Runs the agent as a service of systemd, with the path unit that wakes the charm.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import { lastWords, runProgram } from '#adapters/postgres-server/run-program.ts';
import { problem, type Problem } from '#core/access/problem.ts';
import { serviceName, type UnitFile } from './systemd-units.ts';

const folder = '/etc/systemd/system';

/** A stop waits for PostgreSQL to be stopped. */
const timeoutMs = 120_000;

async function systemctl(...args: readonly string[]): Promise<Problem | null> {
  const done = await runProgram({ file: 'systemctl', args, timeoutMs });
  if (done.exitCode === 0) return null;
  return problem(
    'START_FAILED',
    `Cannot run the agent: systemctl ${args.join(' ')} says "${lastWords(done.stderr || done.failure)}"`,
    'Look at systemctl status and journalctl on this unit; it is tried again with the next hook',
  );
}

async function writeUnits(units: readonly UnitFile[]): Promise<boolean> {
  let isNew = false;
  for (const { name, text } of units) {
    if ((await readIfThere(join(folder, name))) === text) continue;
    await writeFile(join(folder, name), text, { mode: 0o644 });
    isNew = true;
  }
  return isNew;
}

/** Gets the service to run as its files say, and the agent to know its configuration. */
export async function ensureService(
  units: readonly UnitFile[],
  change: { readonly isConfigNew: boolean; readonly isVersionNew: boolean },
  did: string[],
): Promise<Problem | null> {
  const [service, path] = units.map(({ name }) => name);
  if (service === undefined || path === undefined) return null;
  const isNew = await writeUnits(units);
  const isActive = (await systemctl('is-active', '--quiet', service)) === null;
  const steps: (readonly string[])[] = [
    ...(isNew ? [['daemon-reload']] : []),
    ['enable', '--quiet', '--now', service, path],
    // Killed, not stopped: PostgreSQL goes on, and the next agent takes it over.
    ...(isActive && change.isVersionNew
      ? [['kill', '--kill-who=main', '-s', 'KILL', service]]
      : []),
    ...(isActive && !change.isVersionNew && change.isConfigNew ? [['reload', service]] : []),
  ];
  for (const step of steps) {
    const failed = await systemctl(...step);
    if (failed !== null) return failed;
  }
  if (!isActive) did.push(`Started the service ${service}`);
  else if (change.isVersionNew) did.push('Replaced the agent');
  else if (change.isConfigNew) did.push('Had the agent read its configuration');
  return null;
}

/** Stops the service, and with it PostgreSQL, and takes its files away. */
export async function removeService(unit: string, did: string[]): Promise<Problem | null> {
  const name = serviceName(unit);
  const files = [`${name}.service`, `${name}-wake.path`, `${name}-wake.service`];
  if ((await readIfThere(join(folder, `${name}.service`))) === null) return null;
  const failed = await systemctl(
    'disable',
    '--quiet',
    '--now',
    `${name}-wake.path`,
    `${name}.service`,
  );
  if (failed !== null) return failed;
  for (const file of files) await rm(join(folder, file), { force: true });
  did.push('Stopped the agent');
  return systemctl('daemon-reload');
}
