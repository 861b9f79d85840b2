// The relations a hook sees, as they are when it starts: the unit's own record of members, adjusted by
// the hook itself (H62, H70). Nothing that happens in the model during the hook changes them.

import type { ApplicationName, HookInfo, Model, Relation } from '../model.ts';
import type { RelationId, Unit, UnitName } from '../model.ts';
import { unitNamed } from '../find.ts';
import { compareUnits } from '../names.ts';
import { own } from '../own.ts';
import { isInScope, isPeer, localEndpoint, remoteApplicationOf } from '../relation-scope.ts';
import type { SettingsBuffer } from './settings-buffer.ts';
import type { Settings } from './settings-cache.ts';

/** One relation of a hook context. The buffers and the two caches belong to this hook alone. */
export interface ContextRelation {
  readonly id: RelationId;
  /** Local endpoint's name, which with the id makes `db:7`. */
  readonly endpoint: string;
  readonly remoteApplication: ApplicationName;
  readonly members: readonly UnitName[];
  /** False during and after its broken hook: relation-ids does not show it any more (H51). */
  readonly listed: boolean;
  unitSettings: SettingsBuffer | null;
  applicationSettings: SettingsBuffer | null;
  /** Bags of units that are no members, for this hook only (H73). */
  readonly otherUnits: Map<UnitName, Settings>;
  /** Bags of applications, for this hook only (H74). */
  readonly applications: Map<ApplicationName, Settings>;
}

/** `db:7`, as every tool writes a relation. */
export function relationName(relation: Pick<ContextRelation, 'endpoint' | 'id'>): string {
  return `${relation.endpoint}:${relation.id}`;
}

/** All relations whose scope the unit has entered and not left, by id (H52). */
export function contextRelations(
  model: Model,
  unitName: UnitName,
  hook: HookInfo | null,
): ReadonlyMap<RelationId, ContextRelation> {
  const unit = unitNamed(model, unitName);
  const relations = Object.values(model.relations)
    .filter((relation) => isKnownTo(unit, relation, hook))
    .sort((left, right) => Number(left.id) - Number(right.id));
  return new Map(relations.map((relation) => [relation.id, contextRelation(unit, relation, hook)]));
}

function isKnownTo(unit: Unit, relation: Relation, hook: HookInfo | null): boolean {
  if (!relation.endpoints.some((endpoint) => endpoint.application === unit.application))
    return false;
  // The hook's own relation is there whatever became of it in the model meanwhile.
  if (hookRelationOf(hook) === relation.id) return true;
  const left = own(unit.uniter.relations, relation.id)?.left ?? false;
  return relation.life !== 'dead' && !left && isInScope(relation, unit.name);
}

function contextRelation(unit: Unit, relation: Relation, hook: HookInfo | null): ContextRelation {
  const members = membersDuring(unit, relation, hook);
  const ending = relation.life !== 'alive' || relation.suspended;
  const isBroken =
    (ending && members.length === 0) ||
    (hook?.kind === 'relation-broken' && hook.relation === relation.id);
  return {
    id: relation.id,
    endpoint: localEndpoint(relation, unit.application).name,
    remoteApplication: remoteApplicationOf(relation, unit.application),
    members,
    listed: isPeer(relation) || !isBroken,
    unitSettings: null,
    applicationSettings: null,
    otherUnits: new Map(),
    applications: new Map(),
  };
}

/** Joined and changed count their unit in, departed leaves it out, broken finds nobody (H70). */
function membersDuring(unit: Unit, relation: Relation, hook: HookInfo | null): readonly UnitName[] {
  const recorded = Object.keys(own(unit.uniter.relations, relation.id)?.members ?? {});
  const members = new Set(recorded);
  if (hook !== null && 'relation' in hook && hook.relation === relation.id) {
    if (hook.kind === 'relation-broken') members.clear();
    else if (hook.kind === 'relation-departed') members.delete(hook.remoteUnit);
    else if ('remoteUnit' in hook && hook.remoteUnit !== '') members.add(hook.remoteUnit);
  }
  return [...members].sort(compareUnits);
}

/** The relation a hook is about, or null. */
export function hookRelationOf(hook: HookInfo | null): RelationId | null {
  return hook !== null && 'relation' in hook ? hook.relation : null;
}
