// Who is in a relation's scope and who sees whom. A unit enters before its relation-created hook and
// leaves when its broken hook is committed; between the two the other side counts it as a member.
// Bags are never dropped here: they stay readable for the life of the relation (H41).

import { emptyBag, replaceBag, writeBag } from './bag.ts';
import { applicationNamed, charmOf, machineNumbered, relationNumbered } from './find.ts';
import { subordinatesOf, unitNamed } from './find.ts';
import { ModelError } from './model-error.ts';
import type {
  ApplicationName,
  Bag,
  Machine,
  Millis,
  Model,
  ModelConfig,
  Relation,
} from './model.ts';
import type { RelationEndpoint, RelationId, RelationUnit, Unit, UnitName } from './model.ts';
import { applicationOf, compareUnits } from './names.ts';
import { addUnit } from './new-unit.ts';
import { own, withKey } from './own.ts';

export { writeBag } from './bag.ts';

/** The application's own endpoint of a relation it takes part in. */
export function localEndpoint(relation: Relation, application: ApplicationName): RelationEndpoint {
  const endpoint = relation.endpoints.find((each) => each.application === application);
  if (endpoint !== undefined) return endpoint;
  throw new Error(
    `Cannot find the endpoint of '${application}' in relation ${relation.id} as it takes no part in it`,
  );
}

/** The endpoint the application's units talk to; in a peer relation that is its own. */
export function otherEndpoint(relation: Relation, application: ApplicationName): RelationEndpoint {
  const local = localEndpoint(relation, application);
  return relation.endpoints.find((each) => each !== local) ?? local;
}

/** Name of the application on the other side, or the application itself in a peer relation (E40). */
export function remoteApplicationOf(
  relation: Relation,
  application: ApplicationName,
): ApplicationName {
  return otherEndpoint(relation, application).application;
}

export function isPeer(relation: Relation): boolean {
  return relation.endpoints.length === 1;
}

/**
 * The remote units in scope that a unit can see, in numeric order. A container-scoped relation shows
 * only those that share the unit's principal (L56); a peer relation shows the other units.
 */
export function membersOf(
  model: Model,
  relationId: RelationId,
  unit: UnitName,
): readonly UnitName[] {
  const relation = relationNumbered(model, relationId);
  const remote = remoteApplicationOf(relation, applicationOf(unit));
  return Object.entries(relation.units)
    .filter(([name, entry]) => entry.inScope && name !== unit && applicationOf(name) === remote)
    .map(([name]) => name)
    .filter((name) => relation.scope === 'global' || shareContainer(model, unit, name))
    .sort(compareUnits);
}

/** True while the unit is in the relation's scope. */
export function isInScope(relation: Relation, unit: UnitName): boolean {
  return own(relation.units, unit)?.inScope ?? false;
}

/** A unit's bag in a relation, empty when it never entered. */
export function unitBag(relation: Relation, unit: UnitName): Bag {
  return own(relation.units, unit)?.bag ?? emptyBag;
}

/** An application's bag in a relation. */
export function applicationBag(relation: Relation, application: ApplicationName): Bag {
  return own(relation.applicationBags, application) ?? emptyBag;
}

/** Changes keys of a unit's bag; the unit must have entered the scope once. */
export function writeUnitBag(
  model: Model,
  relationId: RelationId,
  unit: UnitName,
  change: Readonly<Record<string, string>>,
): Model {
  const relation = relationNumbered(model, relationId);
  const entry = own(relation.units, unit);
  if (entry === undefined) {
    throw new Error(
      `Cannot write the bag of '${unit}' in relation ${relationId} as it never entered its scope`,
    );
  }
  const bag = writeBag(entry.bag, change);
  return bag === entry.bag ? model : withRelationUnit(model, relation, unit, { ...entry, bag });
}

/** Changes keys of an application's bag. Leadership is for the caller to check. */
export function writeApplicationBag(
  model: Model,
  relationId: RelationId,
  application: ApplicationName,
  change: Readonly<Record<string, string>>,
): Model {
  const relation = relationNumbered(model, relationId);
  const bag = applicationBag(relation, localEndpoint(relation, application).application);
  const written = writeBag(bag, change);
  if (written === bag) return model;
  const applicationBags = withKey(relation.applicationBags, application, written);
  return withRelation(model, { ...relation, applicationBags });
}

/** The keys Juju itself keeps in every unit's bag (H45). Refreshed with config-changed (L32). */
export function addressSettings(
  machine: Pick<Machine, 'address'>,
  config: Pick<ModelConfig, 'egressSubnets'>,
): Readonly<Record<string, string>> {
  const { address } = machine;
  return {
    'ingress-address': address,
    'private-address': address,
    'egress-subnets': egressSubnetsOf(address, config).join(','),
  };
}

/** Where connections of a machine are seen to come from: its own address, unless the model says (H135). */
export function egressSubnetsOf(
  address: string,
  config: Pick<ModelConfig, 'egressSubnets'>,
): readonly string[] {
  const prefixLength = address.includes(':') ? 128 : 32;
  return config.egressSubnets.length > 0 ? config.egressSubnets : [`${address}/${prefixLength}`];
}

/** Refreshes Juju's own keys in all bags of a unit that is in scope (L32). */
export function refreshAddresses(model: Model, unit: UnitName): Model {
  const machine = machineNumbered(model, unitNamed(model, unit).machine);
  const settings = addressSettings(machine, model.config);
  return Object.values(model.relations)
    .filter((relation) => isInScope(relation, unit))
    .reduce((result, relation) => writeUnitBag(result, relation.id, unit, settings), model);
}

/**
 * Brings a unit into a relation's scope (L40): its bag starts over with Juju's own keys, and a principal
 * that enters a container-scoped relation gets its subordinate unit on its own machine (L57).
 *
 * The same model when it is in scope already. Throws `cannot-enter-scope` when unit or relation is not
 * alive, or while an earlier subordinate is still on its way out (L58).
 */
export function enterScope(
  model: Model,
  unit: UnitName,
  relationId: RelationId,
  now: Millis,
): Model {
  const relation = relationNumbered(model, relationId);
  if (isInScope(relation, unit)) return model;
  const entering = unitNamed(model, unit);
  if (entering.life !== 'alive' || relation.life !== 'alive') {
    throw new ModelError(
      'cannot-enter-scope',
      'cannot enter scope: unit or relation is not alive',
      'Nothing to do: the unit is on its way out of this relation.',
    );
  }
  const withSubordinate = ensureSubordinate(model, entering, relation, now);
  const machine = machineNumbered(model, entering.machine);
  const bag = replaceBag(unitBag(relation, unit), addressSettings(machine, model.config));
  return withRelationUnit(withSubordinate, relation, unit, { inScope: true, bag });
}

/** Takes a unit out of scope (L46). Its bag stays. The same model when it is not in scope. */
export function leaveScope(model: Model, unit: UnitName, relationId: RelationId): Model {
  const relation = relationNumbered(model, relationId);
  const entry = own(relation.units, unit);
  if (entry === undefined || !entry.inScope) return model;
  return withRelationUnit(model, relation, unit, { ...entry, inScope: false });
}

/** Two units share a container when they have the same principal, or one is the other's. */
function shareContainer(model: Model, left: UnitName, right: UnitName): boolean {
  return principalOf(model, left) === principalOf(model, right);
}

function principalOf(model: Model, unit: UnitName): UnitName {
  return own(model.units, unit)?.principal ?? unit;
}

function ensureSubordinate(model: Model, principal: Unit, relation: Relation, now: Millis): Model {
  if (relation.scope !== 'container' || isPeer(relation) || principal.principal !== null) {
    return model;
  }
  const application = applicationNamed(model, remoteApplicationOf(relation, principal.application));
  if (!charmOf(model, application.name).subordinate) return model;
  const present = subordinatesOf(model, principal.name)
    .map((name) => unitNamed(model, name))
    .find((unit) => unit.application === application.name);
  if (present === undefined) {
    const request = { application, machine: principal.machine, principal: principal.name };
    return addUnit(model, request, null, now).model;
  }
  if (present.life === 'alive') return model;
  throw new ModelError(
    'cannot-enter-scope',
    'cannot enter scope yet: non-alive subordinate unit has not been removed',
    `Wait until ${present.name} is gone; the unit then enters by itself.`,
  );
}

function withRelationUnit(
  model: Model,
  relation: Relation,
  unit: UnitName,
  entry: RelationUnit,
): Model {
  return withRelation(model, { ...relation, units: withKey(relation.units, unit, entry) });
}

function withRelation(model: Model, relation: Relation): Model {
  return { ...model, relations: withKey(model.relations, relation.id, relation) };
}
