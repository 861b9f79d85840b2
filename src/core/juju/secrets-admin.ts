// User secrets: those the model's administrator makes and grants to applications, which then read them
// through an option of type secret (H196).

import { applicationNamed } from './find.ts';
import { ModelError } from './model-error.ts';
import type { ApplicationName, Model, Secret } from './model.ts';
import { secretIdIn } from './names.ts';
import { own, withKey, withoutKey } from './own.ts';
import { latestRevision } from './secret-access.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';

const keyPattern = /^[a-z](?:-?[a-z0-9]){2,}$/u;
const contentBytesMax = 1024 * 1024;

export type SecretContent = Readonly<Record<string, string>>;

export interface NewUserSecret {
  /** 20 characters of [0-9a-v], from the caller's randomness. */
  readonly id: string;
  /** Unique among the user secrets of the model. */
  readonly name: string;
  readonly description: string;
  readonly content: SecretContent;
}

/** Throws `already-exists` for a name in use, `not-valid` for a key, `quota-exceeded` beyond 1 MiB. */
export function addUserSecret(model: Model, request: NewUserSecret): Model {
  if (userSecrets(model).some((secret) => secret.label === request.name)) {
    throw new ModelError(
      'already-exists',
      `secret with name "${request.name}" already exists`,
      'Choose another name, or update the secret there is.',
    );
  }
  checkContent(request.content);
  return withSecret(model, {
    id: request.id,
    owner: { kind: 'model', name: model.uuid },
    label: request.name,
    description: request.description,
    rotate: 'never',
    nextRotateAt: null,
    revisions: [{ revision: 1, content: request.content, expiresAt: null, obsoleteTold: false }],
    grants: [],
    consumers: {},
  });
}

/** A new revision with this content; the same model when the latest has it already. */
export function updateUserSecret(model: Model, reference: string, content: SecretContent): Model {
  const secret = userSecret(model, reference);
  checkContent(content);
  const latest = latestRevision(secret);
  if (sameContent(latest.content, content)) return model;
  const revision = { revision: latest.revision + 1, content, expiresAt: null, obsoleteTold: false };
  return withSecret(model, { ...secret, revisions: [...secret.revisions, revision] });
}

/** Takes the secret away at once; who reads it gets no hook (L73). */
export function removeUserSecret(model: Model, reference: string): Model {
  const { id } = userSecret(model, reference);
  return { ...model, secrets: withoutKey(model.secrets, id) };
}

/** Lets applications read the secret. Throws `not-found` for the secret or an application. */
export function grantUserSecret(
  model: Model,
  reference: string,
  applications: readonly ApplicationName[],
): Model {
  const secret = userSecret(model, reference);
  const added = applications
    .map((name) => applicationNamed(model, name).name)
    .filter((name) => !secret.grants.some((grant) => grant.consumer === name))
    // No relation stands behind a user's grant, so it lasts until it is revoked.
    .map((consumer) => ({ relation: '', consumer }));
  if (added.length === 0) return model;
  return withSecret(model, { ...secret, grants: [...secret.grants, ...added] });
}

/** Takes grants back. The same model when none of the applications had one. */
export function revokeUserSecret(
  model: Model,
  reference: string,
  applications: readonly ApplicationName[],
): Model {
  const secret = userSecret(model, reference);
  const grants = secret.grants.filter((grant) => !applications.includes(grant.consumer));
  return grants.length === secret.grants.length ? model : withSecret(model, { ...secret, grants });
}

/** The user secret of this URI, id or name. Throws `not-found`. */
export function userSecret(model: Model, reference: string): Secret {
  const id = secretIdIn(reference);
  const byId = id === null ? undefined : own(model.secrets, id);
  const found =
    byId?.owner.kind === 'model'
      ? byId
      : userSecrets(model).find((secret) => secret.label === reference);
  if (found !== undefined) return found;
  throw new ModelError(
    'not-found',
    `secret "${reference}" not found`,
    'Name a user secret by its name or by its URI, secret:ID.',
  );
}

export function userSecrets(model: Model): readonly Secret[] {
  return Object.values(model.secrets).filter((secret) => secret.owner.kind === 'model');
}

/** Content as Juju takes it (H181). Throws `not-valid` or `quota-exceeded`. */
export function checkContent(content: SecretContent): void {
  const keys = Object.keys(content);
  if (keys.length === 0) {
    throw new ModelError('not-valid', 'missing secret value', 'Give at least one key=value.');
  }
  const bad = keys.find((key) => !keyPattern.test(key));
  if (bad !== undefined) {
    throw new ModelError(
      'not-valid',
      `key "${bad}" not valid`,
      'Use three or more lower-case letters, digits and single hyphens, starting with a letter.',
    );
  }
  const bytes = Object.values(content).reduce((sum, value) => sum + utf8Length(value), 0);
  if (bytes > contentBytesMax) {
    throw new ModelError(
      'quota-exceeded',
      `secret content size of ${bytes} bytes exceeds the maximum of ${contentBytesMax}`,
      'Shorten the content.',
    );
  }
}

function sameContent(left: SecretContent, right: SecretContent): boolean {
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => own(left, key) === own(right, key))
  );
}

function withSecret(model: Model, secret: Secret): Model {
  return { ...model, secrets: withKey(model.secrets, secret.id, secret) };
}
