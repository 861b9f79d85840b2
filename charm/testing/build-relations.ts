// The relations of a test's state as the emulator's model keeps them, and the unit agent's own record
// of them.

import type { CharmDefinition, EndpointDefinition } from '#core/juju/charm-definition.ts';
import type {
  Bag,
  Relation,
  RelationEndpoint,
  RelationUnit,
  UniterRelationState,
} from '#core/juju/model.ts';
import { applicationOf } from '#core/juju/names.ts';
import type { Settings } from '#interfaces/ports.ts';
import type { CharmState, PeerState, RelationState } from './charm-state.ts';
import type { CharmEvent } from './events.ts';
import { oppositeOf } from './test-charm.ts';

/** Address Juju tells the units of, by unit name. */
export type AddressOf = (unit: string) => string;

/** Relations and peer relations alike: a peer's remote application is our own. */
export function allRelations(state: CharmState): readonly RelationState[] {
  const application = applicationOf(state.unit);
  const peers = state.peers.map((peer: PeerState): RelationState => ({
    ...peer,
    remoteApplication: application,
    remoteApplicationBag: {},
  }));
  return [...state.relations, ...peers];
}

export function relationName(relation: Pick<RelationState, 'endpoint' | 'id'>): string {
  return `${relation.endpoint}:${relation.id}`;
}

/** The relation with all bags; whoever is named in it is or was in its scope. */
export function buildRelation(
  charm: CharmDefinition,
  state: CharmState,
  relation: RelationState,
  event: CharmEvent,
  addressOf: AddressOf,
): Relation {
  const endpoint = charm.endpoints[relation.endpoint] as EndpointDefinition;
  const application = applicationOf(state.unit);
  const inScope = { ...relation.units, ...relation.unseenUnits, [state.unit]: relation.ownUnitBag };
  const units = [
    ...Object.entries(inScope).map(([unit, bag]) => entry(unit, bag, true)),
    ...Object.entries(relation.departedUnits).map(([unit, bag]) => entry(unit, bag, false)),
  ];
  function entry(unit: string, bag: Settings, isInScope: boolean): readonly [string, RelationUnit] {
    return [unit, { inScope: isInScope, bag: bagOf({ ...jujuKeys(addressOf(unit)), ...bag }) }];
  }
  const isBroken = event.kind === 'relation' && event.event === 'broken';
  const bags: (readonly [string, Bag])[] = [[application, bagOf(relation.ownApplicationBag)]];
  if (endpoint.role !== 'peer') {
    bags.push([relation.remoteApplication, bagOf(relation.remoteApplicationBag)]);
  }
  return {
    id: String(relation.id),
    interface: endpoint.interface,
    scope: endpoint.scope,
    life: isBroken && event.relation === relationName(relation) ? 'dying' : 'alive',
    suspended: false,
    endpoints: endpointsOf(endpoint, application, relation.remoteApplication),
    units: Object.fromEntries(units),
    applicationBags: Object.fromEntries(bags),
  };
}

/**
 * What the agent remembers at the start of the event. A unit that is just joining or departing is
 * counted in or out by the emulator itself (H70).
 */
export function relationRecord(relation: RelationState, event: CharmEvent): UniterRelationState {
  const isCreated =
    event.kind === 'relation' &&
    event.event === 'created' &&
    event.relation === relationName(relation);
  return {
    created: !isCreated,
    members: Object.fromEntries(Object.keys(relation.units).map((unit) => [unit, 1])),
    applications: {},
    changedPending: null,
    left: false,
  };
}

/** The three keys Juju puts into every unit's bag (H45). */
function jujuKeys(address: string): Settings {
  return {
    'ingress-address': address,
    'private-address': address,
    'egress-subnets': `${address}/32`,
  };
}

function bagOf(settings: Settings): Bag {
  return { settings, version: Object.keys(settings).length === 0 ? 0 : 1 };
}

/** The provider stands first. */
function endpointsOf(
  local: EndpointDefinition,
  application: string,
  remote: string,
): readonly RelationEndpoint[] {
  const { name, role, interface: protocol } = local;
  const ours: RelationEndpoint = { application, name, role, interface: protocol };
  if (role === 'peer') return [ours];
  const theirs = { application: remote, name, role: oppositeOf(role), interface: protocol };
  return role === 'provider' ? [ours, theirs] : [theirs, ours];
}
