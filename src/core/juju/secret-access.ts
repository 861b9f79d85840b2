// Questions about secrets that more than one part asks: which revision is the latest, who owns one, who may
// read it.

import type { Model, Secret, SecretRevision, Unit } from './model.ts';
import { own } from './own.ts';

/** Revisions are never empty: a secret is made with its first and goes with its last. */
export function latestRevision(secret: Secret): SecretRevision {
  const latest = secret.revisions.at(-1);
  if (latest === undefined)
    throw new Error(`Cannot read secret '${secret.id}' as it has no revision`);
  return latest;
}

/** The revision of this number, or null when it was removed. */
export function revisionNumbered(secret: Secret, revision: number): SecretRevision | null {
  return secret.revisions.find((each) => each.revision === revision) ?? null;
}

/**
 * True for a unit the secret belongs to: the unit itself, or any unit of the owning application. Managing
 * an application's secret takes leadership besides (H188).
 */
export function isOwnedBy(secret: Secret, unit: Pick<Unit, 'name' | 'application'>): boolean {
  switch (secret.owner.kind) {
    case 'unit':
      return secret.owner.name === unit.name;
    case 'application':
      return secret.owner.name === unit.application;
    case 'model':
      return false;
    default:
      return secret.owner.kind satisfies never;
  }
}

/**
 * True when a unit may read the secret: as an owner, as a peer of the owning application (H195), or by a
 * grant to it or its application. A grant over a relation lasts as long as the relation (H193).
 */
export function mayRead(
  model: Model,
  secret: Secret,
  unit: Pick<Unit, 'name' | 'application'>,
): boolean {
  return (
    isOwnedBy(secret, unit) ||
    secret.grants.some(
      (grant) =>
        (grant.consumer === unit.name || grant.consumer === unit.application) &&
        (grant.relation === '' || own(model.relations, grant.relation) !== undefined),
    )
  );
}
