// Ending, suspending and resuming relations. Ending one only makes it dying: its units leave by their own
// hooks, and `settle` takes it away when the last has left.

import { relationNumbered } from './find.ts';
import { ModelError } from './model-error.ts';
import type { Millis, Model, Relation, RelationId } from './model.ts';
import { compareText, parseEndpointReference, relationIdIn } from './names.ts';
import type { EndpointReference } from './names.ts';
import { relationKey } from './new-relation.ts';
import { withKey } from './own.ts';
import { isPeer, leaveScope } from './relation-scope.ts';
import { settle } from './settle.ts';

/**
 * The relation meant by a number (`7`, `db:7`) or by two endpoints (`client postgresql:db`).
 *
 * Throws `not-found`, or `ambiguous` when two names without endpoints fit several.
 */
export function findRelation(model: Model, references: readonly string[]): Relation {
  const [left, right] = references;
  if (left === undefined || references.length > 2) {
    throw new ModelError(
      'bad-request',
      'a relation must involve two applications',
      'Name two endpoints, or the number of the relation.',
    );
  }
  if (right === undefined) return relationNumbered(model, relationIdIn(left) ?? left);
  const [first, second] = [parseEndpointReference(left), parseEndpointReference(right)];
  const found = Object.values(model.relations).filter(
    (relation) => joins(relation, first, second) || joins(relation, second, first),
  );
  const [only, ...others] = found;
  if (only === undefined) {
    throw new ModelError(
      'not-found',
      `relation "${left} ${right}" not found`,
      'See `status --relations` for the relations there are.',
    );
  }
  if (others.length === 0) return only;
  const keys = found.map((relation) => relationKey(relation.endpoints)).sort(compareText);
  throw new ModelError(
    'ambiguous',
    `ambiguous relation: "${left} ${right}" could refer to ${keys.map((key) => `"${key}"`).join('; ')}`,
    'Name the endpoints, as in the possibilities listed.',
  );
}

/**
 * Starts the end of a relation (L47). With `force` its units leave at once, without departed and broken.
 *
 * Throws what `findRelation` throws, and `not-valid` for a peer relation, which lasts as long as its
 * application.
 */
export function removeRelation(
  model: Model,
  references: readonly string[],
  options: { readonly force: boolean },
  now: Millis,
): Model {
  const relation = findRelation(model, references);
  refusePeer(relation, 'destroy');
  const dying = withRelation(model, { ...relation, life: 'dying' });
  const left = options.force
    ? Object.keys(relation.units).reduce(
        (result, unit) => leaveScope(result, unit, relation.id),
        dying,
      )
    : dying;
  return settle(left, now);
}

/** Suspends a relation: its units go through departed and broken, and may come back (L48). */
export function suspendRelation(model: Model, id: RelationId): Model {
  return setSuspended(model, id, true);
}

/** Lets the units of a suspended relation join it again. */
export function resumeRelation(model: Model, id: RelationId): Model {
  return setSuspended(model, id, false);
}

function setSuspended(model: Model, id: RelationId, suspended: boolean): Model {
  const relation = relationNumbered(model, id);
  refusePeer(relation, suspended ? 'suspend' : 'resume');
  if (relation.suspended === suspended) return model;
  return withRelation(model, { ...relation, suspended });
}

function refusePeer(relation: Relation, verb: string): void {
  if (!isPeer(relation)) return;
  throw new ModelError(
    'not-valid',
    `cannot ${verb} relation "${relationKey(relation.endpoints)}": is a peer relation`,
    'Peer relations last as long as their application: remove the application instead.',
  );
}

function joins(relation: Relation, left: EndpointReference, right: EndpointReference): boolean {
  const [first, second] = relation.endpoints;
  const fits = (reference: EndpointReference, endpoint: typeof first): boolean =>
    endpoint !== undefined &&
    reference.application === endpoint.application &&
    (reference.endpoint ?? endpoint.name) === endpoint.name;
  return fits(left, first) && fits(right, second);
}

function withRelation(model: Model, relation: Relation): Model {
  return { ...model, relations: withKey(model.relations, relation.id, relation) };
}
