// The command `apply`: writes the agent's configuration and gets the agent to run with it; and `stop`.

import { accessSync, constants } from 'node:fs';
import { chown, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  ensureDirectory,
  readIfThere,
  writeAtomically,
} from '#adapters/postgres-server/atomic-file.ts';
import { chooseManager, type ServiceManager } from '#adapters/supervise/choose-manager.ts';
import { machineFacts } from '#adapters/supervise/machine-facts.ts';
import { endSupervisor, ensureSupervised } from '#adapters/supervise/own-supervisor.ts';
import { findIdentity, type Identity } from '#adapters/postgres-server/identity.ts';
import type { Problem } from '#core/access/problem.ts';
import { configuredFile } from '#core/config/render-conf.ts';
import type { ApplyCommand, ClusterAnswer, ServiceFacts, StopAgentCommand } from './commands.ts';
import { leaveCluster } from './leave.ts';
import {
  agentEnvironment,
  agentProgram,
  cronFile,
  runFile,
  supervisorProgram,
  wakeCommand,
} from './service-plan.ts';
import { ensureService, removeService } from './systemd.ts';
import { systemdUnits } from './systemd-units.ts';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function answer(did: readonly string[], found: Problem | null): ClusterAnswer {
  return { ok: found === null, did, problem: found };
}

/** The program that raises an event of the charm, from the PATH of the hook; null where there is none. */
function findJujuExec(): string | null {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  for (const name of ['juju-exec', 'juju-run']) {
    for (const folder of folders) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not there, or not for us: the next one.
      }
    }
  }
  return null;
}

function managerOf(service: ServiceFacts): ServiceManager {
  return chooseManager(machineFacts(), service);
}

/** Writes all files of the agent; whether its configuration is another one now. */
async function writeFiles(command: ApplyCommand, identity: Identity): Promise<boolean> {
  const { place, storage, socketDirectory, logDirectory, config } = command;
  // The agent makes the data directory and moves an old one aside, so it needs the directory they are in.
  if (identity.isOther) await chown(storage, identity.uid, identity.gid);
  await ensureDirectory(place.directory, 0o700, identity);
  await ensureDirectory(dirname(place.wake), 0o700, identity);
  await ensureDirectory(socketDirectory, 0o755, identity);
  await ensureDirectory(logDirectory, 0o700, identity);
  const isNew = await writeAtomically(place.config, config, identity);
  // Of the time as a single server: all of it is in the agent's configuration, where it can also be taken away.
  await rm(join(command.dataDirectory, configuredFile), { force: true });
  return isNew;
}

async function run(
  command: ApplyCommand,
  identity: Identity,
  isConfigNew: boolean,
  did: string[],
): Promise<Problem | null> {
  const { place, service } = command;
  const jujuExec = findJujuExec();
  const manager = managerOf(service);
  if (manager === 'systemd') {
    const versionFile = join(dirname(place.supervisor), 'version');
    const isVersionNew = (await readIfThere(versionFile)) !== service.version;
    const units = systemdUnits({
      unit: service.unit,
      place,
      program: agentProgram(service, place),
      user: identity.name,
      wakeCommand: wakeCommand(service, jujuExec),
      environment: agentEnvironment(place, systemPath),
    });
    const failed = await ensureService(units, { isConfigNew, isVersionNew }, did);
    if (failed === null && isVersionNew) {
      await ensureDirectory(dirname(versionFile), 0o700, { ...identity, isOther: false });
      await writeFile(versionFile, service.version);
    }
    return failed;
  }
  if (manager === 'cron') {
    const { path, text } = cronFile(service, place);
    if ((await readIfThere(path)) !== text) await writeFile(path, text, { mode: 0o644 });
  }
  const user = identity.isOther ? { uid: identity.uid, gid: identity.gid } : null;
  const text = `${JSON.stringify(runFile({ service, place, user, jujuExec, path: systemPath }))}\n`;
  return ensureSupervised(place, text, supervisorProgram(service, place), isConfigNew, did);
}

/** Gets the agent to run with this configuration. */
export async function apply(command: ApplyCommand): Promise<ClusterAnswer> {
  const found = await findIdentity(null);
  if (found.kind === 'impossible') return answer([], found.problem);
  const did: string[] = [];
  const isConfigNew = await writeFiles(command, found.identity);
  if (isConfigNew) did.push("Wrote the agent's configuration");
  return answer(did, await run(command, found.identity, isConfigNew, did));
}

/** Stops the agent and PostgreSQL, and takes this member out of etcd where it leaves for good. */
export async function stopAgent(command: StopAgentCommand): Promise<ClusterAnswer> {
  const { place, service, leave } = command;
  const did: string[] = [];
  const failed =
    managerOf(service) === 'systemd'
      ? await removeService(service.unit, did)
      : await endSupervisor(place, did);
  if (failed !== null) return answer(did, failed);
  if (managerOf(service) === 'cron') await rm(cronFile(service, place).path, { force: true });
  return answer(did, leave === null ? null : await leaveCluster(leave, did));
}
