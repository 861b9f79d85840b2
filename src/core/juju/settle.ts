// What Juju's own cleanup does after each change of a model: it lets death spread from applications to
// units and relations, and takes away what nothing holds any more. Each rule is one small step; they are
// applied in turn until none of them changes the model, which is when nothing more can follow from what
// happened.

import { removeDeadUnit } from './bury-unit.ts';
import { relationsOf, subordinatesOf, unitsOf } from './find.ts';
import type { Life, Millis, Model, Relation, Unit } from './model.ts';
import { own, withKey, withoutKey } from './own.ts';
import { isPeer } from './relation-scope.ts';

type Rule = (model: Model, now: Millis) => Model;

/** The model when all that follows has followed; the same object when nothing does. */
export function settle(model: Model, now: Millis): Model {
  // Every rule either leaves the model alone or brings something nearer to its end, so this stops.
  const settled = rules.reduce((result, rule) => rule(result, now), model);
  return settled === model ? model : settle(settled, now);
}

const rules: readonly Rule[] = [
  endRelationsOfDyingApplications,
  endUnitsOfDyingApplications,
  endSubordinatesOfDyingPrincipals,
  endSubordinatesWithoutRelation,
  buryRemovedUnits,
  buryRelations,
  buryApplications,
];

/** A dying application takes part in nothing new. Its peer relations stay until it is gone. */
function endRelationsOfDyingApplications(model: Model): Model {
  return Object.values(model.relations)
    .filter((relation) => !isPeer(relation))
    .filter((relation) =>
      relation.endpoints.some(
        ({ application }) => own(model.applications, application)?.life === 'dying',
      ),
    )
    .reduce((result, relation) => withRelationDying(result, relation), model);
}

function endUnitsOfDyingApplications(model: Model): Model {
  return Object.values(model.units)
    .filter((unit) => own(model.applications, unit.application)?.life === 'dying')
    .reduce(withUnitDying, model);
}

/** Subordinates go before their principal does (L58). */
function endSubordinatesOfDyingPrincipals(model: Model): Model {
  return Object.values(model.units)
    .filter((unit) => unit.principal !== null)
    .filter((unit) => own(model.units, unit.principal ?? '')?.life !== 'alive')
    .reduce(withUnitDying, model);
}

/** A subordinate has no reason to be once the container relation to its principal ends (L58). */
function endSubordinatesWithoutRelation(model: Model): Model {
  return Object.values(model.units)
    .filter((unit) => unit.principal !== null && !isBound(model, unit))
    .reduce(withUnitDying, model);
}

function isBound(model: Model, subordinate: Unit): boolean {
  const principal = own(model.units, subordinate.principal ?? '');
  return relationsOf(model, subordinate.application).some(
    (relation) =>
      relation.scope === 'container' &&
      relation.life === 'alive' &&
      relation.endpoints.some(({ application }) => application === principal?.application),
  );
}

/** A unit goes when its agent is through with it and its subordinates are gone (L58). */
function buryRemovedUnits(model: Model, now: Millis): Model {
  return Object.values(model.units)
    .filter((unit) => unit.uniter.removed && subordinatesOf(model, unit.name).length === 0)
    .reduce((result, unit) => removeDeadUnit(result, unit, now), model);
}

/** A dying relation goes when the last unit has left its scope; what was granted over it goes with it. */
function buryRelations(model: Model): Model {
  const gone = Object.values(model.relations).filter(
    (relation) =>
      relation.life !== 'alive' && !Object.values(relation.units).some((unit) => unit.inScope),
  );
  return gone.reduce((result, relation) => withoutRelation(result, relation), model);
}

/** A dying application goes, with its peer relations and its secrets, when no unit and no relation is left. */
function buryApplications(model: Model): Model {
  return Object.values(model.applications)
    .filter((application) => application.life !== 'alive')
    .filter((application) => unitsOf(model, application.name).length === 0)
    .filter((application) => relationsOf(model, application.name).every(isPeer))
    .reduce((result, application) => {
      const withoutPeers = relationsOf(result, application.name).reduce(withoutRelation, result);
      const secrets = Object.values(withoutPeers.secrets).filter(
        ({ owner }) => !(owner.kind === 'application' && owner.name === application.name),
      );
      return {
        ...withoutPeers,
        applications: withoutKey(withoutPeers.applications, application.name),
        secrets: Object.fromEntries(secrets.map((secret) => [secret.id, secret])),
      };
    }, model);
}

function withRelationDying(model: Model, relation: Relation): Model {
  if (relation.life !== 'alive') return model;
  const life: Life = 'dying';
  return { ...model, relations: withKey(model.relations, relation.id, { ...relation, life }) };
}

function withUnitDying(model: Model, unit: Unit): Model {
  if (unit.life !== 'alive') return model;
  const life: Life = 'dying';
  return { ...model, units: withKey(model.units, unit.name, { ...unit, life }) };
}

function withoutRelation(model: Model, relation: Relation): Model {
  let secrets = model.secrets;
  for (const secret of Object.values(model.secrets)) {
    const grants = secret.grants.filter((grant) => grant.relation !== relation.id);
    if (grants.length === secret.grants.length) continue;
    secrets = withKey(secrets, secret.id, { ...secret, grants });
  }
  return { ...model, secrets, relations: withoutKey(model.relations, relation.id) };
}
