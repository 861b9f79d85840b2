// Puts a hook's secret changes into the model. They are separate work of the controller, done before the
// one transaction of everything else, so what was done stays done when something later fails (E65).

import { unitNamed } from '../find.ts';
import { ModelError } from '../model-error.ts';
import type { Millis, Model, Secret, SecretRevision } from '../model.ts';
import { own, withKey, withoutKey } from '../own.ts';
import { holdsLease } from '../uniter/leases.ts';
import { latestRevisionNumber } from '../uniter/secret-snapshot.ts';
import type { HookContext } from './hook-context.ts';
import type { SecretCreation, SecretUpdate } from './secret-changes.ts';
import { sameContent } from './secret-content.ts';
import { withConsumer } from './secret-get.ts';
import { nextRotation } from './secret-metadata.ts';

/** One change at a time, so that a caller can keep what went before a failing one. */
export type SecretStep = (model: Model) => Model;

/**
 * The steps in Juju 3's order: deletes, creates, updates, tracking, grants, revokes. A step throws
 * `not-found`, `already-exists` for a label in use, or `conflict` when the lead was lost.
 */
export function secretSteps(context: HookContext, now: Millis): readonly SecretStep[] {
  const { secrets } = context;
  return [
    ...[...secrets.deletes].map(
      ([id, revisions]): SecretStep =>
        (model) =>
          remove(model, stored(context, model, id, now), revisions),
    ),
    ...[...secrets.creates].map(
      ([id, creation]): SecretStep =>
        (model) =>
          create(context, model, id, creation, now),
    ),
    ...[...secrets.updates].map(
      ([id, update]): SecretStep =>
        (model) =>
          change(model, stored(context, model, id, now), update, now),
    ),
    ...[...secrets.trackLatest].map(
      (id): SecretStep =>
        (model) =>
          track(context, model, id),
    ),
    ...secrets.grants.map(({ secret, relation, consumer }): SecretStep => (model) => {
      const target = stored(context, model, secret, now);
      const others = target.grants.filter((grant) => grant.consumer !== consumer);
      return withSecret(model, { ...target, grants: [...others, { relation, consumer }] });
    }),
    ...secrets.revokes.map(({ secret, consumer }): SecretStep => (model) => {
      const target = stored(context, model, secret, now);
      const grants = target.grants.filter((grant) => grant.consumer !== consumer);
      return withSecret(model, { ...target, grants });
    }),
  ];
}

function remove(model: Model, secret: Secret, gone: readonly number[] | 'all'): Model {
  const revisions =
    gone === 'all' ? [] : secret.revisions.filter((each) => !gone.includes(each.revision));
  // A secret without revisions is no secret; its consumers get no hook for it (L73).
  if (revisions.length === 0) return { ...model, secrets: withoutKey(model.secrets, secret.id) };
  return withSecret(model, { ...secret, revisions });
}

/** The label is checked against the model as it is now, deletions of this commit included (H184). */
function create(
  context: HookContext,
  model: Model,
  id: string,
  { owner, update }: SecretCreation,
  now: Millis,
): Model {
  requireLead(context, model, owner, now);
  const label = update.label ?? '';
  checkLabel(model, id, owner, label);
  const rotate = update.rotate ?? '';
  return withSecret(model, {
    id,
    owner,
    label,
    description: update.description ?? '',
    rotate,
    nextRotateAt: nextRotation(rotate, now),
    revisions: [newRevision(1, update)],
    grants: [],
    consumers: {},
  });
}

/** Expiry belongs to a revision: a new one without it never expires, whatever the last one did. */
function newRevision(revision: number, update: SecretUpdate): SecretRevision {
  const { content = {}, expiresAt = null } = update;
  return { revision, content, expiresAt, obsoleteTold: false };
}

/** Equal content makes no revision (H188). A new one starts the rotation's clock again (L72). */
function change(model: Model, secret: Secret, update: SecretUpdate, now: Millis): Model {
  const label = update.label ?? secret.label;
  checkLabel(model, secret.id, secret.owner, label);
  const latest = latestRevisionNumber(secret);
  const current = secret.revisions.find((each) => each.revision === latest);
  const isNew =
    update.content !== undefined && !sameContent(update.content, current?.content ?? {});
  const rotate = update.rotate ?? secret.rotate;
  const restart = isNew || rotate !== secret.rotate;
  return withSecret(model, {
    ...secret,
    label,
    description: update.description ?? secret.description,
    rotate,
    nextRotateAt: restart ? nextRotation(rotate, now) : secret.nextRotateAt,
    revisions: isNew
      ? [...secret.revisions, newRevision(latest + 1, update)]
      : secret.revisions.map((each) =>
          each.revision === latest
            ? { ...each, expiresAt: update.expiresAt ?? each.expiresAt }
            : each,
        ),
  });
}

/** Follows the newest revision there is now, this hook's own among them. A secret that has gone is skipped. */
function track(context: HookContext, model: Model, id: string): Model {
  const secret = own(model.secrets, id);
  if (secret === undefined) return model;
  const label = own(secret.consumers, context.unit)?.label ?? '';
  const unit = unitNamed(model, context.unit);
  return withConsumer(model, secret, unit, latestRevisionNumber(secret), label);
}

/** The secret as it is now. Ownership was checked when the tool ran; the lead may have gone since (E66). */
function stored(context: HookContext, model: Model, id: string, now: Millis): Secret {
  const secret = own(model.secrets, id);
  if (secret === undefined) {
    throw new ModelError('not-found', `secret "${id}" not found`, 'It was removed meanwhile.');
  }
  requireLead(context, model, secret.owner, now);
  return secret;
}

function requireLead(
  context: HookContext,
  model: Model,
  owner: Secret['owner'],
  now: Millis,
): void {
  if (owner.kind !== 'application' || holdsLease(model, context.unit, now)) return;
  throw notLeader(context, 'cannot change secrets of the application');
}

/** The refusal of a leader's write by a unit that has lost the lead meanwhile (E66). */
export function notLeader(context: HookContext, what: string): ModelError {
  return new ModelError(
    'conflict',
    `${what}: prerequisites failed: "${context.unit}" is not leader of "${context.application}"`,
    'The hook is run again; is-leader then says False.',
  );
}

/** One owner has a label once; another owner may have the same (H184). */
function checkLabel(model: Model, id: string, owner: Secret['owner'], label: string): void {
  const isTaken =
    label !== '' &&
    Object.values(model.secrets).some(
      (other) =>
        other.id !== id &&
        other.label === label &&
        other.owner.kind === owner.kind &&
        other.owner.name === owner.name,
    );
  if (!isTaken) return;
  throw new ModelError(
    'already-exists',
    `secret with label "${label}" already exists`,
    'Use secret-set on the secret that has the label, or choose another label.',
  );
}

function withSecret(model: Model, secret: Secret): Model {
  return { ...model, secrets: withKey(model.secrets, secret.id, secret) };
}
