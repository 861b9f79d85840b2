// Where everything of the unit's service stands: in the charm's own directory, which goes with the unit. Pure.

import type { SupervisedPlace } from '#adapters/supervise/place.ts';

export interface MachinePlace extends SupervisedPlace {
  /** Configuration of the service, with a password: 0600, in a directory of 0700. */
  readonly config: string;
  /** What the service says of itself. */
  readonly status: string;
  /** Directory of what was read and not stored yet. */
  readonly spool: string;
  /** Name of the service, without systemd's ending. */
  readonly service: string;
  /** The service's unit, where systemd runs it. */
  readonly unitFile: string;
}

/** @param unit for example `salt-job-cache/0` */
export function machinePlaceOf(charmDir: string, unit: string): MachinePlace {
  const service = `job-cache-${unit.replaceAll('/', '-')}`;
  const directory = `${charmDir}/.service`;
  return {
    directory,
    config: `${directory}/config.json`,
    status: `${directory}/status.json`,
    spool: `${directory}/spool`,
    log: `${directory}/service.log`,
    supervisor: `${charmDir}/.supervisor/run.json`,
    supervisorPid: `${charmDir}/.supervisor/supervisor.pid`,
    agentPid: `${charmDir}/.supervisor/service.pid`,
    service,
    unitFile: `/etc/systemd/system/${service}.service`,
  };
}

/** Name of the file in the directory of the master's configuration. */
export const masterFileName = 'job-cache.conf';
