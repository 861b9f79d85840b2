// Makes relations and names them. A relation's number is never used again, so one that is removed and
// made anew starts with fresh, empty bags (L49).

import { emptyBag } from './bag.ts';
import type { EndpointDefinition } from './charm-definition.ts';
import type { ApplicationName, Model, Relation, RelationEndpoint, RelationRole } from './model.ts';
import { withKey } from './own.ts';

export interface BoundEndpoint {
  readonly application: ApplicationName;
  readonly definition: EndpointDefinition;
}

const keyOrder: Readonly<Record<RelationRole, number>> = { requirer: 0, provider: 1, peer: 2 };

/** Adds a relation between one endpoint (peer) or two, alive and with nobody in scope. */
export function addRelation(model: Model, bound: readonly BoundEndpoint[]): Model {
  const id = String(model.sequence.relation);
  const endpoints = bound
    .map(({ application, definition }) => ({
      application,
      name: definition.name,
      role: definition.role,
      interface: definition.interface,
    }))
    .sort((left, right) => keyOrder[right.role] - keyOrder[left.role]);
  const relation: Relation = {
    id,
    interface: endpoints[0]?.interface ?? '',
    // One side asking for a container is enough (L56).
    scope: bound.some(({ definition }) => definition.scope === 'container')
      ? 'container'
      : 'global',
    life: 'alive',
    suspended: false,
    endpoints,
    units: {},
    applicationBags: Object.fromEntries(bound.map((each) => [each.application, emptyBag])),
  };
  return {
    ...model,
    relations: withKey(model.relations, id, relation),
    sequence: { ...model.sequence, relation: model.sequence.relation + 1 },
  };
}

/** Juju's name for a relation in its messages, requirer first: `client:db postgresql:db`. */
export function relationKey(
  endpoints: readonly Pick<RelationEndpoint, 'application' | 'name' | 'role'>[],
): string {
  return endpoints
    .toSorted((left, right) => keyOrder[left.role] - keyOrder[right.role])
    .map((endpoint) => `${endpoint.application}:${endpoint.name}`)
    .join(' ');
}
