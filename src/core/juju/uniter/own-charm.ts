// The charm a unit has on its disk. It is not always the one its application asks for: units upgrade one
// by one, and until then they live by the old charm's endpoints, storage and options (L34).

import type { CharmDefinition } from '../charm-definition.ts';
import { charmOf, unitNamed } from '../find.ts';
import type { Model, UnitName } from '../model.ts';
import { own } from '../own.ts';

/** Falls back to the application's charm when the model has already dropped the unit's own. */
export function ownCharm(model: Model, unit: UnitName): CharmDefinition {
  const { uniter, application } = unitNamed(model, unit);
  return own(model.charms, uniter.charmUrl) ?? charmOf(model, application);
}
