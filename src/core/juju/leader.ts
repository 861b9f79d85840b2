// Who leads an application as far as the model knows. Whether that is good for anything is for the lease's
// own rules to say; this is for showing and for addressing `app/leader`.

import { applicationNamed, unitNamed, unitsOf } from './find.ts';
import { ModelError } from './model-error.ts';
import type { ApplicationName, Millis, Model, UnitName } from './model.ts';

/** The unit that holds an unexpired lease, or null. */
export function leaderOf(model: Model, application: ApplicationName, now: Millis): UnitName | null {
  const { lease } = applicationNamed(model, application);
  return lease !== null && lease.expiresAt > now ? lease.holder : null;
}

/**
 * The units a user means by `app/0` or `app/leader`. Throws `not-found` when there is no such unit or
 * nobody leads.
 */
export function unitMeant(model: Model, text: string, now: Millis): UnitName {
  const application = text.endsWith('/leader') ? text.slice(0, -'/leader'.length) : null;
  if (application === null) return unitNamed(model, text).name;
  const leader = leaderOf(model, application, now);
  if (leader !== null) return leader;
  const units = unitsOf(model, application);
  throw new ModelError(
    'not-found',
    `could not determine leader for "${application}"`,
    units.length === 0
      ? `${application} has no units.`
      : `Wait until a unit is elected, or name one of ${units.join(', ')}.`,
  );
}
