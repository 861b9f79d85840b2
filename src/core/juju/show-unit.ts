// `juju show-unit`: what a unit is, and what its relations hold as seen from it.

import { charmOfUnit, relationsOf, unitNamed } from './find.ts';
import { leaderOf } from './leader.ts';
import type { Millis, Model, Relation, Unit, UnitName } from './model.ts';
import { applicationOf, compareUnits } from './names.ts';
import { own } from './own.ts';
import {
  applicationBag,
  isInScope,
  localEndpoint,
  membersOf,
  otherEndpoint,
  unitBag,
} from './relation-scope.ts';
import { openPorts } from './status-view.ts';
import { yamlText } from './yaml-text.ts';

type Settings = Readonly<Record<string, string>>;

export interface RelationUnitView {
  readonly 'in-scope': boolean;
  readonly data: Settings;
}

export interface RelationInfo {
  readonly 'relation-id': number;
  readonly endpoint: string;
  readonly 'related-endpoint': string;
  /** The other application's bag; in a peer relation the own one. */
  readonly 'application-data': Settings;
  readonly 'local-unit': RelationUnitView;
  readonly 'related-units'?: Readonly<Record<UnitName, RelationUnitView>>;
}

export interface UnitInfo {
  readonly 'workload-version'?: string;
  readonly machine: string;
  readonly 'opened-ports': readonly string[];
  readonly 'public-address': string;
  readonly charm: string;
  readonly leader: boolean;
  readonly life: string;
  readonly 'relation-info'?: readonly RelationInfo[];
}

export interface ShowUnitOptions {
  readonly now: Millis;
  /** Only relations of this endpoint. */
  readonly endpoint?: string;
}

/** Each named unit's information under its name. Throws `not-found` for a unit that is not there. */
export function showUnit(
  model: Model,
  units: readonly UnitName[],
  options: ShowUnitOptions,
): Readonly<Record<UnitName, UnitInfo>> {
  return Object.fromEntries(units.map((unit) => [unit, unitInfo(model, unit, options)]));
}

export function showUnitYaml(view: Readonly<Record<UnitName, UnitInfo>>): string {
  return yamlText(view);
}

export function showUnitJson(view: Readonly<Record<UnitName, UnitInfo>>): string {
  return `${JSON.stringify(view)}\n`;
}

function unitInfo(model: Model, name: UnitName, options: ShowUnitOptions): UnitInfo {
  const unit = unitNamed(model, name);
  const version = own(model.applications, unit.application)?.version ?? '';
  const relations = relationsOf(model, unit.application).filter(
    (relation) =>
      options.endpoint === undefined ||
      localEndpoint(relation, unit.application).name === options.endpoint,
  );
  return {
    ...(version === '' ? {} : { 'workload-version': version }),
    machine: unit.machine,
    'opened-ports': openPorts(unit.openedPorts),
    'public-address': own(model.machines, unit.machine)?.address ?? '',
    charm: charmOfUnit(model, name).url,
    leader: leaderOf(model, unit.application, options.now) === name,
    life: unit.life,
    ...(relations.length === 0
      ? {}
      : { 'relation-info': relations.map((relation) => relationInfo(model, relation, unit)) }),
  };
}

function relationInfo(model: Model, relation: Relation, unit: Unit): RelationInfo {
  const other = otherEndpoint(relation, unit.application);
  const related = relatedUnits(model, relation, unit.name);
  return {
    'relation-id': Number(relation.id),
    endpoint: localEndpoint(relation, unit.application).name,
    'related-endpoint': other.name,
    'application-data': applicationBag(relation, other.application).settings,
    'local-unit': relationUnitView(relation, unit.name),
    ...(related.length === 0
      ? {}
      : {
          'related-units': Object.fromEntries(
            related.map((each) => [each, relationUnitView(relation, each)]),
          ),
        }),
  };
}

/** Members, and units that are still there but out of scope: their bags can be read all the same. */
function relatedUnits(model: Model, relation: Relation, unit: UnitName): readonly UnitName[] {
  const other = otherEndpoint(relation, applicationOf(unit)).application;
  const outOfScope = Object.keys(relation.units).filter(
    (name) =>
      name !== unit &&
      applicationOf(name) === other &&
      !isInScope(relation, name) &&
      Object.hasOwn(model.units, name) &&
      relation.scope === 'global',
  );
  return [...membersOf(model, relation.id, unit), ...outOfScope].sort(compareUnits);
}

function relationUnitView(relation: Relation, unit: UnitName): RelationUnitView {
  return { 'in-scope': isInScope(relation, unit), data: unitBag(relation, unit).settings };
}
