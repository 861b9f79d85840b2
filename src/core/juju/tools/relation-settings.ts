// Reading databags from a hook: who may read which (3.4), and how fresh what is read is (H70-H77).

import type { ApplicationName, Relation, UnitName } from '../model.ts';
import { applicationOf } from '../names.ts';
import { relationNumbered } from '../find.ts';
import { own } from '../own.ts';
import { applicationBag, isPeer, unitBag } from '../relation-scope.ts';
import type { ContextRelation } from './context-relations.ts';
import { loadBuffer } from './settings-buffer.ts';
import type { SettingsBuffer } from './settings-buffer.ts';
import type { Settings } from './settings-cache.ts';
import { runError } from './tool.ts';
import type { Invocation } from './tool.ts';

/** The unit's own bag, loaded once in a hook (H75). */
export function ownUnitSettings(invocation: Invocation, relation: ContextRelation): SettingsBuffer {
  relation.unitSettings ??= loadBuffer(
    unitBag(modelRelation(invocation, relation), invocation.context.unit).settings,
  );
  return relation.unitSettings;
}

/** The application's own bag. Only for a caller that has made sure of leadership. */
export function ownApplicationSettings(
  invocation: Invocation,
  relation: ContextRelation,
): SettingsBuffer {
  relation.applicationSettings ??= loadBuffer(
    applicationBag(modelRelation(invocation, relation), invocation.context.application).settings,
  );
  return relation.applicationSettings;
}

/**
 * Another unit's bag: a member's from the agent's memory across hooks, anybody else's from this hook's.
 *
 * Exit 1 with `permission denied` for a unit the relation does not show (H42), and with `settings not
 * found` for one that never entered its scope (H85). A unit that departed can still be read (H41).
 */
export function remoteUnitSettings(
  invocation: Invocation,
  relation: ContextRelation,
  unit: UnitName,
): Settings {
  const { cache } = invocation.context;
  const isMember = relation.members.includes(unit);
  const remembered = isMember ? cache.read(relation.id, unit) : relation.otherUnits.get(unit);
  if (remembered !== undefined) return remembered;
  const inModel = modelRelation(invocation, relation);
  // In a peer relation the remote application is the unit's own, so its other units can be read too.
  if (applicationOf(unit) !== relation.remoteApplication) throw runError('permission denied');
  const entry = own(inModel.units, unit);
  if (entry === undefined) throw runError(settingsNotFound(inModel, unit));
  if (isMember) cache.keep(relation.id, unit, entry.bag.settings);
  else relation.otherUnits.set(unit, entry.bag.settings);
  return entry.bag.settings;
}

/**
 * An application's bag as the controller has it, once in a hook (H74, H77). Exit 1 with `permission
 * denied` for an application outside the relation and for the own one's outside a peer relation.
 */
export function applicationSettings(
  invocation: Invocation,
  relation: ContextRelation,
  application: ApplicationName,
): Settings {
  const remembered = relation.applications.get(application);
  if (remembered !== undefined) return remembered;
  const inModel = modelRelation(invocation, relation);
  const mayRead =
    application === relation.remoteApplication ||
    (application === invocation.context.application && isPeer(inModel));
  if (!mayRead) throw runError('permission denied');
  const { settings } = applicationBag(inModel, application);
  relation.applications.set(application, settings);
  return settings;
}

function modelRelation(invocation: Invocation, relation: ContextRelation): Relation {
  return relationNumbered(invocation.model, relation.id);
}

function settingsNotFound(relation: Relation, unit: UnitName): string {
  const key = relation.endpoints
    .map((endpoint) => `${endpoint.application}:${endpoint.name}`)
    .join(' ');
  return `cannot read settings for unit "${unit}" in relation "${key}": unit "${unit}": settings not found`;
}
