// The units and machines of a test's model: our own with what its agent remembers, and the others as
// bare as they can be.

import type { CharmDefinition } from '#core/juju/charm-definition.ts';
import type { Machine, Unit, UniterState } from '#core/juju/model.ts';
import { applicationOf } from '#core/juju/names.ts';
import { allRelations, relationRecord } from './build-relations.ts';
import type { CharmState } from './charm-state.ts';
import type { CharmEvent } from './events.ts';
import { portRange, statusInfo } from './state-values.ts';
import { testBase } from './test-charm.ts';

export function machine(id: string, address: string): Machine {
  return {
    id,
    base: testBase,
    address,
    hostname: `juju-${id}`,
    life: 'alive',
    condition: 'started',
    bootId: 0,
  };
}

/** A subordinate shares its principal's machine; every other unit has one of its own. */
export function machineOf(state: CharmState, unit: string, units: readonly string[]): string {
  return unit === state.principal ? state.machine.id : String(100 + units.indexOf(unit));
}

export function ownUnit(charm: CharmDefinition, state: CharmState, event: CharmEvent): Unit {
  return {
    ...unit(state, state.unit, state.machine.id),
    principal: state.principal,
    life: isEnding(state, event) ? 'dying' : 'alive',
    workloadStatus: statusInfo(state.status, state.now),
    charmState: state.controllerData,
    openedPorts: state.openedPorts.map(portRange),
    uniter: { ...uniter(state), ...recordOf(state, event), charmUrl: charm.url },
  };
}

export function otherUnit(state: CharmState, name: string, units: readonly string[]): Unit {
  return unit(state, name, machineOf(state, name, units));
}

function unit(state: CharmState, name: string, machineId: string): Unit {
  const status = { status: 'active', message: '', data: {}, since: state.now } as const;
  return {
    name,
    application: applicationOf(name),
    machine: machineId,
    principal: null,
    life: 'alive',
    workloadStatus: status,
    agentStatus: { ...status, status: 'executing' },
    charmState: {},
    openedPorts: [],
    uniter: uniter(state),
    resolved: null,
  };
}

/** The unit itself is going away in these hooks. */
function isEnding(state: CharmState, event: CharmEvent): boolean {
  if (event.kind === 'unit') return event.hook === 'stop' || event.hook === 'remove';
  return event.kind === 'relation' && event.departingUnit === state.unit;
}

function recordOf(
  state: CharmState,
  event: CharmEvent,
): Pick<UniterState, 'relations' | 'storage' | 'installed' | 'started' | 'leader'> {
  const beforeInstall =
    (event.kind === 'unit' && event.hook === 'install') || event.kind === 'storage';
  return {
    installed: !beforeInstall,
    started: !beforeInstall,
    leader: state.leader,
    relations: Object.fromEntries(
      allRelations(state).map((relation) => [String(relation.id), relationRecord(relation, event)]),
    ),
    storage: Object.fromEntries(state.storage.map(({ id }) => [id, 'attached' as const])),
  };
}

function uniter(state: CharmState): UniterState {
  return {
    kind: 'run-hook',
    step: 'pending',
    hook: null,
    task: null,
    installed: true,
    started: true,
    stopped: false,
    removed: false,
    leader: false,
    statusSet: state.status.status !== 'unknown',
    configHash: '',
    trustHash: '',
    addressHash: '',
    charmUrl: '',
    charmModified: 0,
    bootId: 0,
    relations: {},
    storage: {},
    secretsSeen: {},
    secretRevisionsRemoved: {},
    failure: null,
    updateStatusAt: state.now,
  };
}
