// A relation as one unit's watchers see it: who is there and at which version their bags stand.

import { implicitEndpoint } from '../charm-endpoints.ts';
import { subordinatesOf, unitNamed } from '../find.ts';
import type { ApplicationName, Model, Relation, RelationId, Unit, UnitName } from '../model.ts';
import { own } from '../own.ts';
import { applicationBag, isPeer, localEndpoint, membersOf } from '../relation-scope.ts';
import { remoteApplicationOf, unitBag } from '../relation-scope.ts';
import { ownCharm } from './own-charm.ts';

export interface RemoteRelation {
  readonly id: RelationId;
  /** Name of the local endpoint. */
  readonly endpoint: string;
  readonly peer: boolean;
  /** No hooks fire for it here, yet it has a scope: the implicit juju-info's provider side (L51). */
  readonly implicit: boolean;
  /** The charm on disk has no such endpoint any more: the relation is passed over (L50). */
  readonly unknown: boolean;
  /** Dying or suspended: everybody departs, then it is broken (L47, L48). */
  readonly ending: boolean;
  /** Nothing but the unit's own pace keeps it from entering the scope now (L42c, L58). */
  readonly canEnter: boolean;
  readonly remoteApplication: ApplicationName;
  readonly applicationVersion: number;
  /** Remote units in scope and the version of each one's bag. */
  readonly members: Readonly<Record<UnitName, number>>;
}

export function relationSnapshot(model: Model, unit: Unit, relation: Relation): RemoteRelation {
  const endpoint = localEndpoint(relation, unit.application);
  const remoteApplication = remoteApplicationOf(relation, unit.application);
  const declared = own(ownCharm(model, unit.name).endpoints, endpoint.name);
  const implicit = endpoint.name === implicitEndpoint && endpoint.role === 'provider';
  const ending = relation.life !== 'alive' || relation.suspended;
  return {
    id: relation.id,
    endpoint: endpoint.name,
    peer: isPeer(relation),
    implicit,
    unknown: declared === undefined && !implicit,
    ending,
    canEnter: !ending && unit.life === 'alive' && !awaitsSubordinate(model, unit, relation),
    remoteApplication,
    applicationVersion: applicationBag(relation, remoteApplication).version,
    members: Object.fromEntries(
      membersOf(model, relation.id, unit.name).map((name) => [
        name,
        unitBag(relation, name).version,
      ]),
    ),
  };
}

/** True while a subordinate of an earlier stay is still on its way out (L58). */
function awaitsSubordinate(model: Model, unit: Unit, relation: Relation): boolean {
  if (relation.scope !== 'container' || unit.principal !== null) return false;
  const remote = remoteApplicationOf(relation, unit.application);
  return subordinatesOf(model, unit.name)
    .map((name) => unitNamed(model, name))
    .some((subordinate) => subordinate.application === remote && subordinate.life !== 'alive');
}
