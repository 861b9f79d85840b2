// What a status comes to when several are looked at as one: a unit's for its user, an application's from
// its units (E81, E94).

import type { Machine, Model, StatusInfo, StatusName, Unit } from './model.ts';
import { own } from './own.ts';
import { unitsOf } from './find.ts';

/** Worst first. A status that is not listed says nothing about an application. */
const severity: readonly StatusName[] = [
  'error',
  'blocked',
  'maintenance',
  'waiting',
  'active',
  'terminated',
  'unknown',
];

const agentLostMessage = 'agent is not communicating with the server';

export interface ShownStatus {
  readonly workload: StatusInfo;
  readonly agent: StatusInfo;
}

/**
 * What `juju status` shows for a unit: a failed hook appears as the workload's error while its agent is
 * idle (E81), and a unit whose agent the controller can't hear is lost.
 */
export function shownStatus(model: Model, unit: Unit): ShownStatus {
  const { agentStatus: agent, workloadStatus: workload } = unit;
  if (agent.status === 'error') {
    return { workload: agent, agent: { ...agent, status: 'idle', message: '', data: {} } };
  }
  const machine = own(model.machines, unit.machine);
  if (machine === undefined || isReachable(machine)) return { workload, agent };
  const message = `agent lost, see 'juju show-status-log ${unit.name}'`;
  return {
    workload: { ...workload, status: 'unknown', message, data: {} },
    agent: { ...agent, status: 'lost', message: agentLostMessage, data: {} },
  };
}

/** True when the machine's agents can reach the controller. */
export function isReachable(machine: Machine): boolean {
  return machine.condition === 'started';
}

/** What `juju status` shows for a machine's agent. */
export function machineStatus(machine: Machine): {
  readonly current: 'started' | 'down';
  readonly message: string;
} {
  return isReachable(machine)
    ? { current: 'started', message: '' }
    : { current: 'down', message: agentLostMessage };
}

/**
 * An application's status: what its leader set, else the worst of its units (E94), else unknown since
 * `fallbackSince`. Among equals the first unit speaks.
 */
export function applicationStatus(model: Model, name: string, fallbackSince: number): StatusInfo {
  const set = own(model.applications, name)?.status ?? null;
  if (set !== null) return set;
  const shown = unitsOf(model, name).flatMap((unit) => {
    const found = own(model.units, unit);
    return found === undefined ? [] : [shownStatus(model, found).workload];
  });
  const worst = severity
    .map((status) => shown.find((each) => each.status === status))
    .find((each) => each !== undefined);
  return worst ?? { status: 'unknown', message: '', data: {}, since: fallbackSince };
}
