// Makes a model of the emulator from a test's state: the unit under test with all it has, and as much
// of the other applications as it can see.

import type { CharmDefinition, EndpointDefinition } from '#core/juju/charm-definition.ts';
import { createModel } from '#core/juju/create-model.ts';
import type { Application, Model, StorageInstance, Task } from '#core/juju/model.ts';
import { applicationOf, compareUnits, parseStorageId, parseUnitName } from '#core/juju/names.ts';
import type { AddressOf } from './build-relations.ts';
import { allRelations, buildRelation } from './build-relations.ts';
import { machine, machineOf, otherUnit, ownUnit } from './build-units.ts';
import type { CharmState } from './charm-state.ts';
import type { CharmEvent } from './events.ts';
import { statusInfo } from './state-values.ts';
import { remoteCharm, testBase } from './test-charm.ts';

/** Id of the task an action runs as. */
export const actionTask = '1';

/** How long the test's leadership is held already granted: longer than any hook of a test takes. */
const leaseMs = 60_000;

/** The state must be consistent; `checkConsistency` tells. `parameters` are those of an action. */
export function buildModel(
  charm: CharmDefinition,
  state: CharmState,
  event: CharmEvent,
  parameters: Readonly<Record<string, unknown>>,
): Model {
  const units = unitsOf(state);
  const addressOf: AddressOf = (unit) =>
    unit === state.unit ? state.machine.address : `10.1.0.${units.indexOf(unit) + 1}`;
  const relations = allRelations(state).map((relation) =>
    buildRelation(charm, state, relation, event, addressOf),
  );
  const applications = applicationsOf(charm, state, units);
  return {
    ...createModel({ ...state.model, now: state.now }),
    charms: Object.fromEntries(applications.map((each) => [each.charm.url, each.charm])),
    machines: keyed([
      machine(state.machine.id, state.machine.address),
      ...units
        .filter((unit) => unit !== state.unit)
        .map((unit) => machine(machineOf(state, unit, units), addressOf(unit))),
    ]),
    applications: Object.fromEntries(
      applications.map((each) => [each.application.name, each.application]),
    ),
    units: Object.fromEntries(
      units.map((unit) => [
        unit,
        unit === state.unit ? ownUnit(charm, state, event) : otherUnit(state, unit, units),
      ]),
    ),
    relations: keyed(relations),
    storage: keyed(state.storage.map((storage) => storageInstance(charm, state, storage))),
    secrets: keyed(state.secrets),
    tasks: event.kind === 'action' ? keyed([task(state, event.action, parameters)]) : {},
    sequence: { relation: 1_000, machine: 1_000, task: 2, storage: 1_000 },
  };
}

function keyed<Value extends { readonly id: string }>(
  values: readonly Value[],
): Readonly<Record<string, Value>> {
  return Object.fromEntries(values.map((value) => [value.id, value]));
}

/** Every unit the state names, and one more to lead where we don't. */
function unitsOf(state: CharmState): readonly string[] {
  const named = allRelations(state).flatMap((relation) => [
    ...Object.keys(relation.units),
    ...Object.keys(relation.unseenUnits),
    ...Object.keys(relation.departedUnits),
  ]);
  const all = new Set([
    state.unit,
    ...(state.principal === null ? [] : [state.principal]),
    ...named,
  ]);
  const application = applicationOf(state.unit);
  const ours = [...all].filter((unit) => applicationOf(unit) === application);
  if (!state.leader && ours.length === 1) {
    all.add(`${application}/${parseUnitName(state.unit).number + 1}`);
  }
  return [...all].sort(compareUnits);
}

function applicationsOf(
  charm: CharmDefinition,
  state: CharmState,
  units: readonly string[],
): readonly { readonly application: Application; readonly charm: CharmDefinition }[] {
  const own = applicationOf(state.unit);
  const relations = allRelations(state);
  const remote = new Set([
    ...relations.map((each) => each.remoteApplication),
    ...units.map(applicationOf),
  ]);
  remote.delete(own);
  const leader = state.leader
    ? state.unit
    : (units.find((unit) => applicationOf(unit) === own && unit !== state.unit) ?? state.unit);
  return [
    {
      charm,
      application: {
        ...application(own, charm.url),
        config: state.config,
        trust: state.trust,
        version: state.workloadVersion,
        lease: { holder: leader, expiresAt: state.now + leaseMs },
        status: state.applicationStatus && statusInfo(state.applicationStatus, state.now),
      },
    },
    ...[...remote].map((name) => {
      const endpoints = relations
        .filter((relation) => relation.remoteApplication === name)
        .map((relation) => charm.endpoints[relation.endpoint] as EndpointDefinition);
      const remoteDefinition = remoteCharm(name, endpoints);
      return { charm: remoteDefinition, application: application(name, remoteDefinition.url) };
    }),
  ];
}

function application(name: string, charmUrl: string): Application {
  return {
    name,
    charmUrl,
    config: {},
    trust: false,
    life: 'alive',
    exposed: false,
    nextUnit: 1_000,
    lease: null,
    status: null,
    version: '',
    charmModified: 0,
    forceUnits: false,
    base: testBase,
  };
}

function storageInstance(
  charm: CharmDefinition,
  state: CharmState,
  storage: CharmState['storage'][number],
): StorageInstance {
  const { name } = parseStorageId(storage.id);
  return {
    id: storage.id,
    name,
    kind: charm.storage[name]?.type ?? 'filesystem',
    location: storage.location,
    owner: state.unit,
    life: 'alive',
    // storage-add asked for it, and it has no place yet.
    provisioned: storage.location !== '',
  };
}

/** The action as it runs: the uniter has begun it, and its parameters were checked. */
function task(
  state: CharmState,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
): Task {
  return {
    id: actionTask,
    unit: state.unit,
    action,
    parameters,
    status: 'running',
    message: '',
    results: {},
    log: [],
    enqueuedAt: state.now,
    startedAt: state.now,
    completedAt: null,
    operation: actionTask,
  };
}
