// secret-info-get and secret-ids: what a unit is told about the secrets it manages (H190-H192).

import type { Model, RelationId, Secret } from '../model.ts';
import { own } from '../own.ts';
import { isUnitName } from '../names.ts';
import { latestRevisionNumber } from '../uniter/secret-snapshot.ts';
import { requireNoMore } from './arguments.ts';
import { struct } from './output-value.ts';
import type { OutputStruct, OutputValue } from './output-value.ts';
import type { SecretUpdate } from './secret-changes.ts';
import { requireSecretId } from './secret-id.ts';
import { managedSecrets, secretNotFound } from './secret-owned.ts';
import { rfc3339 } from './timestamps.ts';
import { secretFormats, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** By id or by label, never both. What the unit does not manage is as unknown as what is not there (H190). */
function secretInfoGet(invocation: Invocation): void {
  const [uri, ...rest] = invocation.args;
  const id = uri === undefined ? null : requireSecretId(uri);
  const label = invocation.flags.get('label') ?? '';
  if (id === null && label === '') throw usageError('require either a secret URI or label');
  if (id !== null && label !== '') {
    throw usageError('specify either a secret URI or label but not both');
  }
  requireNoMore(rest);
  const known = knownSecrets(invocation);
  const found = known.find((secret) => (id === null ? secret.label === label : secret.id === id));
  if (found === undefined) throw secretNotFound(id ?? label);
  invocation.print(new Map([[found.id, display(invocation, found)]]));
}

/** Bare ids. JSON says null when there are none, as Go does for a list that was never filled. */
function secretIds(invocation: Invocation): void {
  requireNoMore(invocation.args);
  const ids = knownSecrets(invocation).map((secret) => secret.id);
  invocation.print(ids.length === 0 ? null : ids);
}

/** What is shown of one secret, stored or pending. */
interface KnownSecret {
  readonly id: string;
  readonly owner: string;
  readonly revision: number;
  readonly label: string;
  readonly description: string;
  readonly rotate: string;
  readonly expiresAt: number | null;
  readonly nextRotateAt: number | null;
  readonly grants: Secret['grants'];
}

/** Stored secrets with this hook's changes over them; the revision moves only with the commit (H191). */
function knownSecrets(invocation: Invocation): readonly KnownSecret[] {
  const { secrets } = invocation.context;
  const stored = managedSecrets(invocation).map((secret): KnownSecret => {
    const revision = latestRevisionNumber(secret);
    const latest = secret.revisions.find((each) => each.revision === revision);
    const known = { ...secret, owner: secret.owner.kind, revision };
    return merged(
      { ...known, expiresAt: latest?.expiresAt ?? null },
      secrets.updates.get(secret.id),
    );
  });
  const created = [...secrets.creates].map(([id, { owner, update }]): KnownSecret => {
    const blank = { id, owner: owner.kind, revision: 1, label: '', description: '', rotate: '' };
    return merged({ ...blank, expiresAt: null, nextRotateAt: null, grants: [] }, update);
  });
  return [...stored, ...created];
}

/** A pending update shows in the metadata at once (H191). */
function merged(secret: KnownSecret, update: SecretUpdate | undefined): KnownSecret {
  if (update === undefined) return secret;
  return {
    ...secret,
    label: update.label ?? secret.label,
    description: update.description ?? secret.description,
    rotate: update.rotate ?? secret.rotate,
    expiresAt: update.expiresAt ?? secret.expiresAt,
  };
}

/** Fields in the order of Juju's own struct; a policy that was never set is `never`. */
function display(invocation: Invocation, secret: KnownSecret): OutputStruct {
  const access = accessOf(invocation, secret);
  return struct([
    ['revision', secret.revision],
    ['label', secret.label],
    ['owner', secret.owner],
    ['description', secret.description === '' ? undefined : secret.description],
    ['rotation', secret.rotate === '' ? 'never' : secret.rotate],
    ['expiry', secret.expiresAt === null ? undefined : rfc3339(secret.expiresAt)],
    ['rotates', secret.nextRotateAt === null ? undefined : rfc3339(secret.nextRotateAt)],
    ['access', access.length === 0 ? undefined : access],
  ]);
}

/** Grants as tags, those of this hook included and those it revokes left out. */
function accessOf(invocation: Invocation, secret: KnownSecret): readonly OutputValue[] {
  const { grants, revokes } = invocation.context.secrets;
  const pending = grants.filter((grant) => grant.secret === secret.id);
  const revoked = revokes
    .filter((revoke) => revoke.secret === secret.id)
    .map((revoke) => revoke.consumer);
  return [...secret.grants, ...pending]
    .filter((grant) => !revoked.includes(grant.consumer))
    .map((grant) =>
      struct([
        ['target', consumerTag(grant.consumer)],
        ['scope', relationTag(invocation.model, grant.relation)],
        ['role', 'view'],
      ]),
    );
}

/** Juju prints grants by tag: `unit-client-0`, `application-client`. */
function consumerTag(name: string): string {
  return isUnitName(name) ? `unit-${name.replace('/', '-')}` : `application-${name}`;
}

/** `relation-client.database#postgresql.db`: the requirer comes first. */
function relationTag(model: Model, id: RelationId): string {
  const relation = own(model.relations, id);
  if (relation === undefined) return '';
  const order = ['requirer', 'provider', 'peer'];
  const keys = [...relation.endpoints]
    .sort((left, right) => order.indexOf(left.role) - order.indexOf(right.role))
    .map((endpoint) => `${endpoint.application}.${endpoint.name}`);
  return `relation-${keys.join('#')}`;
}

export const secretInfoTools: readonly Tool[] = [
  {
    name: 'secret-info-get',
    usage: '<ID>',
    purpose: 'Get the metadata of a secret.',
    flags: [{ names: ['label'], kind: 'text', help: 'a label to identify the secret by' }],
    formats: secretFormats,
    run: secretInfoGet,
  },
  {
    name: 'secret-ids',
    usage: '',
    purpose: 'Print the ids of the secrets this unit owns.',
    flags: [],
    formats: smartFormats,
    run: secretIds,
  },
];
