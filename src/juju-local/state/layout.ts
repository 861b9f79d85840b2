// Where everything of a model stands below its state directory. Nothing outside of it is ever written.
//
// Names are short because unix sockets stand down here, and a socket's path has 107 bytes in all.

import { join } from 'node:path';

import type { StorageId, UnitName } from '#core/juju/model.ts';

/** Bytes kept free below the state directory for the longest socket a charm is likely to make. */
export const reservedSocketBytes = 60;

/** `postgresql/0` as Juju tags it: `unit-postgresql-0`. */
export function unitTag(unit: UnitName): string {
  return `unit-${unit.replaceAll('/', '-')}`;
}

export interface UnitPaths {
  /** Parent of the charm directory (E7). */
  readonly agentDir: string;
  readonly charmDir: string;
  readonly toolsDir: string;
  readonly agentSocket: string;
  /** Files the deployed charm brought, kept for the next refresh (L35). */
  readonly manifest: string;
  readonly resourcesDir: string;
}

export interface Layout {
  readonly stateDir: string;
  readonly controllerSocket: string;
  readonly controllerLog: string;
  readonly pidFile: string;
  readonly database: string;
  /** The one program behind all hook tools. */
  readonly toolClient: string;
  readonly machinesDir: string;
  machineDir(machine: string): string;
  /** Where `juju-exec` on that machine reaches its units' agents. */
  runSocket(machine: string): string;
  unit(machine: string, unit: UnitName): UnitPaths;
  storage(machine: string, storage: StorageId): string;
  /** One folder per charm and revision, unpacked. */
  charm(url: string): string;
  resource(application: string, name: string): string;
}

export function layoutOf(stateDir: string): Layout {
  const machinesDir = join(stateDir, 'm');
  const machineDir = (machine: string): string => join(machinesDir, machine.replaceAll('/', '-'));
  return {
    stateDir,
    controllerSocket: join(stateDir, 'controller.sock'),
    controllerLog: join(stateDir, 'controller.log'),
    pidFile: join(stateDir, 'controller.pid'),
    database: join(stateDir, 'model.db'),
    toolClient: join(stateDir, 'hook-tool'),
    machinesDir,
    machineDir,
    runSocket: (machine) => join(machineDir(machine), 'run.socket'),
    unit: (machine, unit) => unitPaths(machineDir(machine), unitTag(unit)),
    storage: (machine, storage) => join(machineDir(machine), 'storage', storage),
    charm: (url) => join(stateDir, 'charms', url.replace(/^local:/u, '')),
    resource: (application, name) => join(stateDir, 'resources', application, name),
  };
}

function unitPaths(machineDir: string, tag: string): UnitPaths {
  const agentDir = join(machineDir, tag);
  return {
    agentDir,
    charmDir: join(agentDir, 'charm'),
    toolsDir: join(machineDir, 'tools', tag),
    agentSocket: join(agentDir, 'agent.socket'),
    manifest: join(agentDir, 'manifest.json'),
    resourcesDir: join(agentDir, 'resources'),
  };
}

/** Names directly below the state directory that belong to the model, and go with it. */
export const ownedNames: readonly string[] = [
  'controller.sock',
  'controller.log',
  'controller.pid',
  'controller.pid.new',
  'model.db',
  'model.db-wal',
  'model.db-shm',
  'hook-tool',
  'hook-tool.new',
  'm',
  'charms',
  'resources',
  'incoming',
];
