// What a hook did to secrets and has not committed yet (E60). The id of a new secret is given out at once,
// the secret itself exists only after the commit (H184).

import type { Millis, RelationId, Secret } from '../model.ts';
import type { Settings } from './settings-cache.ts';

/** The parts a secret-add or secret-set gave; an absent part stays as it is. */
export interface SecretUpdate {
  readonly content?: Settings;
  readonly label?: string;
  readonly description?: string;
  readonly rotate?: string;
  readonly expiresAt?: Millis;
}

export interface SecretCreation {
  readonly owner: Secret['owner'];
  readonly update: SecretUpdate;
}

export interface PendingGrant {
  readonly secret: string;
  readonly relation: RelationId;
  /** Name of a unit or an application. */
  readonly consumer: string;
}

export interface PendingRevoke {
  readonly secret: string;
  readonly consumer: string;
}

/** Everything by bare id. */
export interface SecretChanges {
  readonly creates: Map<string, SecretCreation>;
  readonly updates: Map<string, SecretUpdate>;
  /** Revisions to go, or `all` for the whole secret. */
  readonly deletes: Map<string, readonly number[] | 'all'>;
  readonly trackLatest: Set<string>;
  grants: readonly PendingGrant[];
  revokes: readonly PendingRevoke[];
}

export function createSecretChanges(): SecretChanges {
  return {
    creates: new Map(),
    updates: new Map(),
    deletes: new Map(),
    trackLatest: new Set(),
    grants: [],
    revokes: [],
  };
}

/** Merges into a pending creation or an earlier update, and takes a pending deletion back. */
export function recordUpdate(changes: SecretChanges, id: string, update: SecretUpdate): void {
  changes.deletes.delete(id);
  const creation = changes.creates.get(id);
  if (creation === undefined) {
    changes.updates.set(id, { ...changes.updates.get(id), ...update });
  } else {
    changes.creates.set(id, { ...creation, update: { ...creation.update, ...update } });
  }
}

/** Forgets everything pending for the secret. A secret that was only pending is simply gone. */
export function recordDelete(changes: SecretChanges, id: string, revision: number | null): void {
  const wasPending = changes.creates.delete(id);
  changes.updates.delete(id);
  changes.trackLatest.delete(id);
  changes.grants = changes.grants.filter((grant) => grant.secret !== id);
  changes.revokes = changes.revokes.filter((revoke) => revoke.secret !== id);
  if (wasPending) return;
  const earlier = changes.deletes.get(id) ?? [];
  if (revision === null || earlier === 'all') changes.deletes.set(id, 'all');
  else changes.deletes.set(id, [...earlier, revision]);
}

/** One grant per secret and relation is pending: a later one takes its place. */
export function recordGrant(changes: SecretChanges, grant: PendingGrant): void {
  const others = changes.grants.filter(
    (other) => other.secret !== grant.secret || other.relation !== grant.relation,
  );
  changes.grants = [...others, grant];
}

export function recordRevoke(changes: SecretChanges, revoke: PendingRevoke): void {
  changes.revokes = [...changes.revokes, revoke];
}
