// Runs the agent as a service of systemd, with the path unit that wakes the charm.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import {
  systemctl,
  type UnitFile,
  unitFolder as folder,
  writeUnits,
} from '#adapters/supervise/systemctl.ts';
import type { Problem } from '#core/access/problem.ts';
import { serviceName } from './systemd-units.ts';

const what = 'the agent';

/** Gets the service to run as its files say, and the agent to know its configuration. */
export async function ensureService(
  units: readonly UnitFile[],
  change: { readonly isConfigNew: boolean; readonly isVersionNew: boolean },
  did: string[],
): Promise<Problem | null> {
  const [service, path] = units.map(({ name }) => name);
  if (service === undefined || path === undefined) return null;
  const isNew = await writeUnits(units);
  const isActive = (await systemctl(what, ['is-active', '--quiet', service])) === null;
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
    const failed = await systemctl(what, step);
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
  const failed = await systemctl(what, [
    'disable',
    '--quiet',
    '--now',
    `${name}-wake.path`,
    `${name}.service`,
  ]);
  if (failed !== null) return failed;
  for (const file of files) await rm(join(folder, file), { force: true });
  did.push('Stopped the agent');
  return systemctl(what, ['daemon-reload']);
}
