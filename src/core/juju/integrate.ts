// Integrating two applications: which endpoints are meant, and whether the relation may be made.

import { implicitEndpoint } from './charm-endpoints.ts';
import { applicationNamed, charmOf, relationsOf } from './find.ts';
import { ModelError } from './model-error.ts';
import type { Model, RelationId } from './model.ts';
import { compareText, parseEndpointReference } from './names.ts';
import { addRelation, relationKey } from './new-relation.ts';
import type { BoundEndpoint } from './new-relation.ts';
import { own } from './own.ts';

type Pair = readonly [BoundEndpoint, BoundEndpoint];

/**
 * Relates two applications, each given as `application` or `application:endpoint`.
 *
 * Throws `ModelError`: `not-found` (application, endpoint, or nothing that fits), `ambiguous`,
 * `already-exists`, `quota-exceeded` for an endpoint's limit (F2), `not-valid` when an application is on
 * its way out or a container-scoped relation has no subordinate side.
 */
export function integrate(
  model: Model,
  left: string,
  right: string,
): { readonly model: Model; readonly relation: RelationId } {
  const pair = inferEndpoints(model, left, right);
  const key = pairKey(pair);
  const refuse = (code: ModelError['code'], problem: string, hint: string): never => {
    throw new ModelError(code, `cannot add relation "${key}": ${problem}`, hint);
  };
  const existing = Object.values(model.relations).find(
    (relation) => relationKey(relation.endpoints) === key,
  );
  if (existing !== undefined) {
    refuse(
      'already-exists',
      `relation ${key} already exists`,
      existing.life === 'alive'
        ? 'Nothing to do.'
        : 'It is being removed: wait until it is gone, then integrate again.',
    );
  }
  for (const { application } of pair) {
    if (applicationNamed(model, application).life !== 'alive') {
      refuse('not-valid', `application "${application}" is not alive`, 'Wait until it is gone.');
    }
  }
  for (const bound of pair) {
    const limit = reachedLimit(model, bound);
    if (limit === null) continue;
    refuse(
      'quota-exceeded',
      `establishing a new relation for ${bound.application}:${bound.definition.name} ` +
        `would exceed its maximum relation limit of ${limit}`,
      'Remove another relation of this endpoint first.',
    );
  }
  if (isContainer(pair)) checkSubordinate(model, pair, refuse);
  return { model: addRelation(model, pair), relation: String(model.sequence.relation) };
}

/** The one pair of endpoints that both references allow. */
export function inferEndpoints(model: Model, left: string, right: string): Pair {
  const rights = endpointsMeant(model, right);
  const pairs = endpointsMeant(model, left).flatMap((first) =>
    rights.filter((second) => fit(first, second)).map((second): Pair => [first, second]),
  );
  // What every charm provides without saying so is meant only when nothing else fits.
  const explicit = pairs.filter((pair) => !pair.some(isImplicit));
  const candidates = pairs.length > 1 && explicit.length > 0 ? explicit : pairs;
  const [only, ...others] = candidates;
  if (only === undefined) {
    throw new ModelError(
      'not-found',
      'no relations found',
      `No endpoint of ${left} has the same interface as one of ${right} in the opposite role.`,
    );
  }
  if (others.length === 0) return only;
  const keys = candidates.map(pairKey).sort(compareText);
  throw new ModelError(
    'ambiguous',
    `ambiguous relation: "${left} ${right}" could refer to ${keys.map((key) => `"${key}"`).join('; ')}`,
    'Name the endpoints, as in the possibilities listed.',
  );
}

function endpointsMeant(model: Model, reference: string): readonly BoundEndpoint[] {
  const { application, endpoint } = parseEndpointReference(reference);
  applicationNamed(model, application);
  const { endpoints } = charmOf(model, application);
  if (endpoint === null) {
    return Object.values(endpoints).map((definition) => ({ application, definition }));
  }
  const definition = own(endpoints, endpoint);
  if (definition !== undefined) return [{ application, definition }];
  throw new ModelError(
    'not-found',
    `application "${application}" has no "${endpoint}" relation`,
    `Its endpoints are ${Object.keys(endpoints).sort(compareText).join(', ')}.`,
  );
}

function fit(left: BoundEndpoint, right: BoundEndpoint): boolean {
  const roles = [left.definition.role, right.definition.role];
  return (
    left.application !== right.application &&
    left.definition.interface === right.definition.interface &&
    roles.includes('requirer') &&
    roles.includes('provider')
  );
}

function isImplicit(bound: BoundEndpoint): boolean {
  return bound.definition.name === implicitEndpoint && bound.definition.role === 'provider';
}

function isContainer(pair: Pair): boolean {
  return pair.some(({ definition }) => definition.scope === 'container');
}

/** The endpoint's limit when it has been reached, otherwise null. */
function reachedLimit(model: Model, bound: BoundEndpoint): number | null {
  const { limit, name } = bound.definition;
  if (limit === null || limit <= 0) return null;
  const present = relationsOf(model, bound.application).filter((relation) =>
    relation.endpoints.some(
      (endpoint) => endpoint.application === bound.application && endpoint.name === name,
    ),
  );
  return present.length >= limit ? limit : null;
}

/** One side of a container-scoped relation lives on the other's machines, so it must suit them. */
function checkSubordinate(
  model: Model,
  pair: Pair,
  refuse: (code: ModelError['code'], problem: string, hint: string) => never,
): void {
  const subordinates = pair.filter(({ application }) => charmOf(model, application).subordinate);
  if (subordinates.length === 0) {
    refuse(
      'not-valid',
      'container scoped relation requires at least one subordinate application',
      'Use an endpoint with global scope, or a subordinate charm.',
    );
  }
  const [first, second] = pair.map(({ application }) => applicationNamed(model, application).base);
  if (first !== second) {
    refuse(
      'not-valid',
      `principal and subordinate applications' bases must match`,
      `The bases are ${first} and ${second}: deploy the subordinate with --base of the principal.`,
    );
  }
}

function pairKey(pair: Pair): string {
  return relationKey(
    pair.map(({ application, definition }) => ({
      application,
      name: definition.name,
      role: definition.role,
    })),
  );
}
