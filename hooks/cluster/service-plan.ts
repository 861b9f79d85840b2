// What the service manager that runs the agent is told. Pure.

import { agentFactsVariable, agentWakeVariable } from '#core/ha/agent-facts.ts';
import { type AgentPlace, wakeEvent } from '../agent/place.ts';
import { type CronFile, cronFileOf } from '#adapters/supervise/cron-file.ts';
import type { RunFile } from '#adapters/supervise/run-file.ts';
import type { ServiceFacts } from './commands.ts';
import { serviceName } from './systemd-units.ts';

/** The agent waits most of the time: what matters is the memory it keeps from PostgreSQL. */
export const agentFlags: readonly string[] = ['--lite-mode', '--max-semi-space-size=1'];

/** The agent's command line. */
export function agentProgram(service: ServiceFacts, place: AgentPlace): readonly string[] {
  const { charmDir } = service;
  return [`${charmDir}/bin/node`, ...agentFlags, `${charmDir}/lib/pg-agent.cjs`, place.config];
}

/** Variables of the agent; none is a secret. */
export function agentEnvironment(
  place: AgentPlace,
  path: string,
): Readonly<Record<string, string>> {
  return {
    PATH: path,
    LANG: 'C.UTF-8',
    [agentFactsVariable]: place.facts,
    [agentWakeVariable]: place.wake,
  };
}

/** The supervisor's command line. */
export function supervisorProgram(service: ServiceFacts, place: AgentPlace): readonly string[] {
  const { charmDir } = service;
  return [`${charmDir}/bin/node`, `${charmDir}/lib/pg-supervise.cjs`, place.supervisor];
}

/** What raises the event, given the program on this machine that can; empty without one. */
export function wakeCommand(service: ServiceFacts, jujuExec: string | null): readonly string[] {
  if (jujuExec === null) return [];
  const { unit, charmDir } = service;
  const event = `JUJU_DISPATCH_PATH=hooks/${wakeEvent} '${charmDir}/dispatch'`;
  // juju-run, as it was called before Juju 3, takes the unit without an option.
  return jujuExec.endsWith('juju-run') ? [jujuExec, unit, event] : [jujuExec, '-u', unit, event];
}

export interface RunFileInputs {
  readonly service: ServiceFacts;
  readonly place: AgentPlace;
  readonly user: RunFile['user'];
  readonly jujuExec: string | null;
  /** PATH of the agent. */
  readonly path: string;
}

/** What the supervisor is told. */
export function runFile({ service, place, user, jujuExec, path }: RunFileInputs): RunFile {
  return {
    program: agentProgram(service, place),
    environment: agentEnvironment(place, path),
    user,
    directory: place.directory,
    log: place.log,
    supervisorPid: place.supervisorPid,
    agentPid: place.agentPid,
    wake: place.wake,
    wakeCommand: wakeCommand(service, jujuExec),
    version: service.version,
  };
}

/** The line of cron that starts the supervisor when the machine comes up. */
export function cronFile(service: ServiceFacts, place: AgentPlace): CronFile {
  return cronFileOf('postgresql', serviceName(service.unit), supervisorProgram(service, place));
}
