// A unit as it is before its agent did anything, and the machine it is put on.

import type { Placement } from './placement.ts';
import { addDeclaredStorage } from './storage.ts';
import type { Application, Machine, Millis, Model, StatusInfo, Unit } from './model.ts';
import type { UniterState, UnitName } from './model.ts';
import { machineNumbered } from './find.ts';
import { withKey } from './own.ts';

/** Texts of the workload status before the charm has a say (E93). */
const waitingForMachine = 'waiting for machine';
const installingAgent = 'installing agent';

export interface NewUnit {
  readonly application: Application;
  /** An existing machine, or null for a machine of the unit's own. */
  readonly machine: string | null;
  readonly principal: UnitName | null;
}

/**
 * Adds one unit with its machine and its declared storage.
 *
 * A subordinate's storage may have to wait for its location: it appears when the principal enters the
 * relation's scope, where no placement is at hand. A unit with a machine of its own needs one.
 */
export function addUnit(
  model: Model,
  request: NewUnit,
  placement: Placement | null,
  now: Millis,
): { readonly model: Model; readonly unit: UnitName } {
  const { application, principal } = request;
  const onNewMachine = request.machine === null;
  let result = onNewMachine ? addMachine(model, application.base, placement) : model;
  const machine = machineNumbered(result, request.machine ?? String(model.sequence.machine));
  const name = `${application.name}/${application.nextUnit}`;
  const unit: Unit = {
    name,
    application: application.name,
    machine: machine.id,
    principal,
    life: 'alive',
    workloadStatus: status('waiting', onNewMachine ? waitingForMachine : installingAgent, now),
    agentStatus: status('allocating', '', now),
    charmState: {},
    openedPorts: [],
    uniter: newUniter(result, application, machine, now),
    resolved: null,
  };
  result = {
    ...result,
    units: withKey(result.units, name, unit),
    applications: withKey(result.applications, application.name, {
      ...application,
      nextUnit: application.nextUnit + 1,
    }),
  };
  return { model: addDeclaredStorage(result, name, placement), unit: name };
}

function addMachine(model: Model, base: string, placement: Placement | null): Model {
  if (placement === null) throw new Error('Cannot add a machine without a placement');
  const id = String(model.sequence.machine);
  const machine: Machine = {
    id,
    base,
    address: placement.addressOf(id),
    // Juju's own scheme: the last six characters of the model's uuid, then the machine's number.
    hostname: `juju-${model.uuid.slice(-6)}-${id}`,
    life: 'alive',
    condition: 'started',
    bootId: 0,
  };
  return {
    ...model,
    machines: withKey(model.machines, id, machine),
    sequence: { ...model.sequence, machine: model.sequence.machine + 1 },
  };
}

/** The record of an agent that has done nothing yet: no charm is unpacked, so `charmUrl` is empty. */
function newUniter(
  model: Model,
  application: Application,
  machine: Machine,
  now: Millis,
): UniterState {
  return {
    kind: 'continue',
    step: 'pending',
    hook: null,
    task: null,
    installed: false,
    started: false,
    stopped: false,
    removed: false,
    leader: false,
    statusSet: false,
    configHash: '',
    trustHash: '',
    addressHash: '',
    charmUrl: '',
    charmModified: application.charmModified,
    bootId: machine.bootId,
    relations: {},
    storage: {},
    secretsSeen: {},
    secretRevisionsRemoved: {},
    failure: null,
    updateStatusAt: now + model.config.updateStatusHookInterval,
  };
}

function status(name: StatusInfo['status'], message: string, now: Millis): StatusInfo {
  return { status: name, message, data: {}, since: now };
}
