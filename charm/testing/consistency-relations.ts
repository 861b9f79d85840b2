// Consistency of relations and peer relations: who can be in them, and what bags can hold.

import { applicationOf, isApplicationName, isUnitName } from '#core/juju/names.ts';
import type { Settings } from '#interfaces/ports.ts';
import { allRelations, relationName } from './build-relations.ts';
import type { RelationState } from './charm-state.ts';
import type { ConsistencyCheck, TestWorld } from './consistency-check.ts';
import { duplicates } from './duplicates.ts';

export const checkRelations: ConsistencyCheck = (world) => {
  // Without a valid name of our own nothing about relations can be told.
  if (!isUnitName(world.state.unit)) return [];
  const all = allRelations(world.state);
  return [
    ...duplicates(all.map(({ id }) => id)).map(
      (id) => `two relations have the id ${id}: ids are unique in a model (L49)`,
    ),
    ...duplicates(world.state.peers.map(({ endpoint }) => endpoint)).map(
      (endpoint) => `peers has '${endpoint}' twice: an application is its own peer once`,
    ),
    ...checkEndpoints(world),
    ...all.flatMap((relation) => [
      ...checkUnits(world, relation),
      ...checkBags(relation),
      ...checkContainer(world, relation),
    ]),
  ];
};

function checkEndpoints({ charm, state }: TestWorld): readonly string[] {
  const application = applicationOf(state.unit);
  const roleOf = (name: string): string | undefined =>
    Object.hasOwn(charm.endpoints, name) ? charm.endpoints[name]?.role : undefined;
  const problems: string[] = [];
  for (const relation of [...state.relations, ...state.peers]) {
    if (roleOf(relation.endpoint) === undefined) {
      problems.push(`${relationName(relation)}: metadata.yaml does not declare this endpoint`);
    }
    if (!Number.isSafeInteger(relation.id) || relation.id < 0) {
      problems.push(`${relationName(relation)}: the id must be a whole number of at least 0`);
    }
  }
  for (const relation of state.relations) {
    const name = relationName(relation);
    if (roleOf(relation.endpoint) === 'peer') {
      problems.push(`${name}: this is a peer endpoint, its relation belongs into peers`);
    }
    if (!isApplicationName(relation.remoteApplication)) {
      problems.push(
        `${name}: remoteApplication is '${relation.remoteApplication}', need a name like 'client'`,
      );
    }
    if (relation.remoteApplication === application) {
      problems.push(
        `${name}: remoteApplication is our own; only peers relate an application to itself`,
      );
    }
  }
  for (const peer of state.peers) {
    const role = roleOf(peer.endpoint);
    if (role === undefined || role === 'peer') continue;
    problems.push(
      `${relationName(peer)}: this is no peer endpoint, its relation belongs into relations`,
    );
  }
  return problems;
}

function checkUnits({ state }: TestWorld, relation: RelationState): readonly string[] {
  const name = relationName(relation);
  const units = [relation.units, relation.unseenUnits, relation.departedUnits].flatMap((group) =>
    Object.keys(group),
  );
  const problems = duplicates(units).map(
    (unit) => `${name}: '${unit}' stands in two of units, unseenUnits and departedUnits`,
  );
  for (const unit of units) {
    if (!isUnitName(unit)) {
      problems.push(`${name}: '${unit}' is no unit name, need one like 'client/0'`);
    } else if (unit === state.unit) {
      problems.push(`${name}: '${unit}' is our own unit, its bag belongs into ownUnitBag`);
    } else if (applicationOf(unit) !== relation.remoteApplication) {
      problems.push(`${name}: '${unit}' is no unit of '${relation.remoteApplication}'`);
    }
  }
  return problems;
}

function checkBags(relation: RelationState): readonly string[] {
  const name = relationName(relation);
  const remote = { ...relation.units, ...relation.unseenUnits, ...relation.departedUnits };
  const bags: readonly (readonly [string, Settings])[] = [
    ...Object.entries(remote),
    ['remoteApplicationBag', relation.remoteApplicationBag],
    ['ownUnitBag', relation.ownUnitBag],
    ['ownApplicationBag', relation.ownApplicationBag],
  ];
  return bags.flatMap(([owner, bag]) =>
    Object.entries(bag)
      // Whoever writes plain JavaScript can get other values past the compiler.
      .filter(
        ([key, value]: [string, unknown]) =>
          typeof value !== 'string' || value === '' || key === '',
      )
      .map(([key]) => `${name}: '${key}' of ${owner} must be a text that is not empty (H90)`),
  );
}

/** In a container-scoped relation a subordinate sees exactly its principal (L56). */
function checkContainer({ charm, state }: TestWorld, relation: RelationState): readonly string[] {
  const endpoint = Object.hasOwn(charm.endpoints, relation.endpoint)
    ? charm.endpoints[relation.endpoint]
    : undefined;
  if (endpoint?.scope !== 'container') return [];
  const units = Object.keys({ ...relation.units, ...relation.unseenUnits });
  const name = relationName(relation);
  if (!charm.subordinate) {
    return units.length > 1
      ? [`${name}: container scope shows one subordinate, found ${units.length}`]
      : [];
  }
  return units
    .filter(
      (unit) => unit !== state.principal && applicationOf(unit) === relation.remoteApplication,
    )
    .map((unit) => `${name}: container scope shows the principal only, found '${unit}'`);
}
