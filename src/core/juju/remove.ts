// Removing units and applications. Removal only asks: the units run their teardown hooks and `settle`
// takes them away afterwards. With force they go at once, without hooks (L63).

import { removeDeadUnit } from './bury-unit.ts';
import { applicationNamed, subordinatesOf, unitNamed, unitsOf } from './find.ts';
import { ModelError } from './model-error.ts';
import type { ApplicationName, Life, Millis, Model, Unit, UnitName } from './model.ts';
import { own, withKey } from './own.ts';
import { settle } from './settle.ts';

export { settle } from './settle.ts';

export interface RemoveOptions {
  /** Cut units off without their hooks; what runs for them is for the caller to end. */
  readonly force: boolean;
}

/**
 * Makes a unit dying. Nothing changes for one that is dying already, unless forced.
 *
 * Throws `not-found`, and `not-valid` for a subordinate, which goes with its relation.
 */
export function removeUnit(
  model: Model,
  name: UnitName,
  options: RemoveOptions,
  now: Millis,
): Model {
  const unit = unitNamed(model, name);
  if (unit.principal !== null) {
    throw new ModelError(
      'not-valid',
      `unit "${name}" is a subordinate, to remove use remove-relation. ` +
        `Note: this will remove all units of "${unit.application}"`,
      `Remove the relation between ${unit.application} and the application of ${unit.principal}, ` +
        `or remove ${unit.principal}.`,
    );
  }
  const dying = withUnitDying(model, unit);
  return settle(options.force ? cutOff(dying, name, now) : dying, now);
}

/** Makes an application dying, and with it its units and relations. Throws `not-found`. */
export function removeApplication(
  model: Model,
  name: ApplicationName,
  options: RemoveOptions,
  now: Millis,
): Model {
  const application = applicationNamed(model, name);
  const life: Life = 'dying';
  const applications = withKey(model.applications, name, { ...application, life });
  const settled = settle({ ...model, applications }, now);
  if (!options.force) return settled;
  const units = unitsOf(settled, name);
  return settle(
    units.reduce((result, unit) => cutOff(result, unit, now), settled),
    now,
  );
}

/** Takes a unit and its subordinates away where they stand. */
function cutOff(model: Model, name: UnitName, now: Millis): Model {
  const all = [...subordinatesOf(model, name), name];
  return all.reduce((result, each) => {
    const unit = own(result.units, each);
    return unit === undefined ? result : removeDeadUnit(result, unit, now);
  }, model);
}

function withUnitDying(model: Model, unit: Unit): Model {
  if (unit.life !== 'alive') return model;
  const life: Life = 'dying';
  return { ...model, units: withKey(model.units, unit.name, { ...unit, life }) };
}
