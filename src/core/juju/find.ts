// Looks things up in a model by name, with Juju's words for what is not there. Whoever takes a name
// from a user or a hook goes through here.

import type { CharmDefinition } from './charm-definition.ts';
import { ModelError } from './model-error.ts';
import type { Application, ApplicationName, Machine, Model, Unit, UnitName } from './model.ts';
import type { Relation, RelationId } from './model.ts';
import { compareText, compareUnits, parseApplicationName, parseUnitName } from './names.ts';
import { own } from './own.ts';

/** Throws `not-valid` for a text that is no name, `not-found` when nothing is deployed under it. */
export function applicationNamed(model: Model, name: ApplicationName): Application {
  const application = own(model.applications, parseApplicationName(name));
  if (application !== undefined) return application;
  throw new ModelError(
    'not-found',
    `application "${name}" not found`,
    among(Object.keys(model.applications).sort(compareText), 'Deployed are', 'Nothing is deployed'),
  );
}

/** Throws `not-valid` for a text that is no unit name, `not-found` when the model has no such unit. */
export function unitNamed(model: Model, name: UnitName): Unit {
  const { application } = parseUnitName(name);
  const unit = own(model.units, name);
  if (unit !== undefined) return unit;
  throw new ModelError(
    'not-found',
    `unit "${name}" not found`,
    among(
      unitsOf(model, application),
      `Units of ${application} are`,
      `${application} has no units`,
    ),
  );
}

/** Throws `not-found` when the model has no relation of this number. */
export function relationNumbered(model: Model, id: RelationId): Relation {
  const relation = own(model.relations, id);
  if (relation !== undefined) return relation;
  throw new ModelError(
    'not-found',
    `relation ${id} not found`,
    'See `status --relations` or `show-unit` for the relations there are.',
  );
}

/** Throws `not-found` when the model has no machine of this number. */
export function machineNumbered(model: Model, id: string): Machine {
  const machine = own(model.machines, id);
  if (machine !== undefined) return machine;
  throw new ModelError(
    'not-found',
    `machine ${id} not found`,
    among(Object.keys(model.machines), 'Machines are', 'The model has no machines'),
  );
}

/** Names of an application's units, in numeric order. Empty for an application that is not there. */
export function unitsOf(model: Model, application: ApplicationName): readonly UnitName[] {
  return Object.values(model.units)
    .filter((unit) => unit.application === application)
    .map((unit) => unit.name)
    .sort(compareUnits);
}

/** Subordinates that live beside a principal unit, in numeric order. */
export function subordinatesOf(model: Model, principal: UnitName): readonly UnitName[] {
  return Object.values(model.units)
    .filter((unit) => unit.principal === principal)
    .map((unit) => unit.name)
    .sort(compareUnits);
}

/** Relations an application takes part in, oldest first, whatever their life. */
export function relationsOf(model: Model, application: ApplicationName): readonly Relation[] {
  return Object.values(model.relations)
    .filter((relation) =>
      relation.endpoints.some((endpoint) => endpoint.application === application),
    )
    .sort((left, right) => Number(left.id) - Number(right.id));
}

/** The charm an application asks for. Every application has one, so its absence is a broken model. */
export function charmOf(model: Model, application: ApplicationName): CharmDefinition {
  const { charmUrl } = applicationNamed(model, application);
  const charm = own(model.charms, charmUrl);
  if (charm === undefined) {
    throw new Error(
      `Cannot find the charm of application '${application}' as the model holds no '${charmUrl}'`,
    );
  }
  return charm;
}

export function charmOfUnit(model: Model, unit: UnitName): CharmDefinition {
  return charmOf(model, unitNamed(model, unit).application);
}

/** "LEAD a, b, c." or "NONE." for a hint. */
function among(names: readonly string[], lead: string, none: string): string {
  return names.length === 0 ? `${none}.` : `${lead} ${names.join(', ')}.`;
}
