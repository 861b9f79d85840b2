// The state after an event: what the model holds now, brought back into the form a test gave it in,
// and the unit agent's own bookkeeping for the event.

import type { Model, Relation, Unit } from '#core/juju/model.ts';
import { applicationOf } from '#core/juju/names.ts';
import type { Settings } from '#interfaces/ports.ts';
import { relationName } from './build-relations.ts';
import type { CharmState, PeerState, RelationState } from './charm-state.ts';
import type { CharmEvent } from './events.ts';
import { portState } from './state-values.ts';

/**
 * `delivered` says whether the hook succeeded: a unit whose departed hook failed is still a member, as
 * the hook is run again (E83).
 */
export function readState(
  before: CharmState,
  model: Model,
  event: CharmEvent,
  unitData: Readonly<Record<string, unknown>>,
  delivered: boolean,
): CharmState {
  const unit = model.units[before.unit] as Unit;
  const application = model.applications[unit.application];
  const settled = delivered ? event : null;
  return {
    ...before,
    relations: before.relations
      .filter((relation) => !isBroken(relation, settled))
      .map((relation) => readRelation(before, model, relation, settled)),
    peers: before.peers.map((peer) => readPeer(before, model, peer, settled)),
    storage: Object.values(model.storage)
      .filter(({ id, owner }) => owner === before.unit && !isDetached(id, settled))
      .map(({ id, location }) => ({ id, location })),
    secrets: Object.values(model.secrets),
    unitData,
    controllerData: unit.charmState,
    openedPorts: unit.openedPorts.map(portState),
    status: { status: unit.workloadStatus.status, message: unit.workloadStatus.message },
    applicationStatus: application?.status
      ? { status: application.status.status, message: application.status.message }
      : null,
    workloadVersion: application?.version ?? '',
  };
}

function isBroken(relation: RelationState, event: CharmEvent | null): boolean {
  return (
    event?.kind === 'relation' &&
    event.event === 'broken' &&
    event.relation === relationName(relation)
  );
}

function isDetached(id: string, event: CharmEvent | null): boolean {
  return event?.kind === 'storage' && event.event === 'detaching' && event.storage === id;
}

function readRelation(
  state: CharmState,
  model: Model,
  relation: RelationState,
  event: CharmEvent | null,
): RelationState {
  const stored = model.relations[String(relation.id)] as Relation;
  const application = applicationOf(state.unit);
  return {
    ...relation,
    ...membership(relation, event, stored),
    ownUnitBag: bagOf(stored, state.unit),
    ownApplicationBag: stored.applicationBags[application]?.settings ?? {},
  };
}

function readPeer(
  state: CharmState,
  model: Model,
  peer: PeerState,
  event: CharmEvent | null,
): PeerState {
  const stored = model.relations[String(peer.id)] as Relation;
  return {
    ...peer,
    ...membership(peer, event, stored),
    ownUnitBag: bagOf(stored, state.unit),
    ownApplicationBag: stored.applicationBags[applicationOf(state.unit)]?.settings ?? {},
  };
}

type Membership = Pick<RelationState, 'units' | 'unseenUnits' | 'departedUnits'>;

/** A unit that joined is a member from now on, one that departed no more. */
function membership(relation: PeerState, event: CharmEvent | null, stored: Relation): Membership {
  const own =
    event?.kind === 'relation' && event.relation === relationName(relation) ? event : undefined;
  const groups: Record<keyof Membership, readonly string[]> = {
    units: Object.keys(relation.units),
    unseenUnits: Object.keys(relation.unseenUnits),
    departedUnits: Object.keys(relation.departedUnits),
  };
  if (own !== undefined && own.remoteUnit !== '') {
    const { remoteUnit } = own;
    for (const group of ['units', 'unseenUnits', 'departedUnits'] as const) {
      groups[group] = groups[group].filter((unit) => unit !== remoteUnit);
    }
    const group = own.event === 'departed' ? 'departedUnits' : 'units';
    groups[group] = [...groups[group], remoteUnit];
  }
  const bags = (units: readonly string[]): Readonly<Record<string, Settings>> =>
    Object.fromEntries(units.map((unit) => [unit, bagOf(stored, unit)]));
  return {
    units: bags(groups.units),
    unseenUnits: bags(groups.unseenUnits),
    departedUnits: bags(groups.departedUnits),
  };
}

function bagOf(relation: Relation, unit: string): Settings {
  return relation.units[unit]?.bag.settings ?? {};
}
