// secret-get: which secret is meant, which revision the unit sees, and what it tracks from then on
// (H185-H187). The first read is registered at once; moving to a newer revision waits for the commit.

import { unitNamed } from '../find.ts';
import { own, withKey } from '../own.ts';
import type { Model, Secret, Unit } from '../model.ts';
import { isOwnedBy, mayRead } from '../secret-access.ts';
import { latestRevisionNumber } from '../uniter/secret-snapshot.ts';
import { requireNoMore } from './arguments.ts';
import { isSet } from './flags.ts';
import { isLeader } from './leader-check.ts';
import { recordUpdate } from './secret-changes.ts';
import { contentValue, plainContent } from './secret-content.ts';
import { requireSecretId } from './secret-id.ts';
import { secretNotFound } from './secret-owned.ts';
import type { Settings } from './settings-cache.ts';
import { runError, secretFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** A key can only follow a URI: with a label alone the first positional would be read as one (H185). */
function secretGet(invocation: Invocation): void {
  const [uri, key, ...rest] = invocation.args;
  const given = uri === undefined ? null : requireSecretId(uri);
  const label = invocation.flags.get('label') ?? '';
  if (given === null && label === '') throw usageError('require either a secret URI or label');
  const peek = isSet(invocation.flags, 'peek');
  const refresh = isSet(invocation.flags, 'refresh');
  if (peek && refresh) throw usageError('specify one of --peek or --refresh but not both');
  requireNoMore(rest);
  const id = given ?? idLabelled(invocation, label);
  const content = contentOf(invocation, id, peek, refresh);
  if (given !== null && label !== '') setLabel(invocation, id, label);
  invocation.print(
    key === undefined || key === '' ? plainContent(content) : contentValue(content, key),
  );
}

/** The owner's label counts for the owner, a consumer's own label for the consumer (H186). */
function idLabelled(invocation: Invocation, label: string): string {
  const { context, model } = invocation;
  const unit = unitNamed(model, context.unit);
  const pending = [...context.secrets.creates, ...context.secrets.updates].find(
    ([, change]) => ('update' in change ? change.update.label : change.label) === label,
  );
  if (pending !== undefined) return pending[0];
  const secrets = Object.values(model.secrets);
  const owned = secrets.find((secret) => secret.label === label && isOwnedBy(secret, unit));
  const consumed = secrets.find((secret) => own(secret.consumers, unit.name)?.label === label);
  const found = owned ?? consumed;
  if (found === undefined) throw secretNotFound(label);
  return found.id;
}

/**
 * The content the unit sees: its own pending creation, what it tracks, or with --peek and --refresh the
 * latest. Exit 1 with `not found` or `permission denied`.
 */
function contentOf(invocation: Invocation, id: string, peek: boolean, refresh: boolean): Settings {
  const { secrets, unit: unitName } = invocation.context;
  const created = secrets.creates.get(id)?.update.content;
  if (created !== undefined) return created;
  const secret = own(invocation.model.secrets, id);
  if (secret === undefined || secrets.deletes.get(id) === 'all') throw secretNotFound(id);
  const unit = unitNamed(invocation.model, unitName);
  if (!mayRead(invocation.model, secret, unit)) throw runError('permission denied');
  const tracked = own(secret.consumers, unitName)?.revision;
  if (refresh) secrets.trackLatest.add(id);
  if (tracked === undefined && !peek) trackAtOnce(invocation, secret);
  const wantsLatest = peek || tracked === undefined || secrets.trackLatest.has(id);
  // What this hook is about to store is newer still, and only whoever may store it sees it (H187).
  const updated = wantsLatest ? secrets.updates.get(id)?.content : undefined;
  if (updated !== undefined && (peek || secrets.trackLatest.has(id))) return updated;
  return contentOfRevision(secret, wantsLatest ? latestRevisionNumber(secret) : (tracked ?? 0));
}

/** A consumer may track a revision its owner has removed since. */
function contentOfRevision(secret: Secret, revision: number): Settings {
  const found = secret.revisions.find((each) => each.revision === revision);
  if (found === undefined) throw runError(`secret revision "${secret.id}/${revision}" not found`);
  return found.content;
}

/** Registration is not buffered, and stays when the hook fails (E61). */
function trackAtOnce(invocation: Invocation, secret: Secret): void {
  const unit = unitNamed(invocation.model, invocation.context.unit);
  const label = own(secret.consumers, unit.name)?.label ?? '';
  invocation.model = withConsumer(
    invocation.model,
    secret,
    unit,
    latestRevisionNumber(secret),
    label,
  );
}

/** Whoever manages the secret renames it with the commit; any other reader gives it a name of its own. */
function setLabel(invocation: Invocation, id: string, label: string): void {
  const { context } = invocation;
  const unit = unitNamed(invocation.model, context.unit);
  const secret = own(invocation.model.secrets, id);
  const manages =
    secret === undefined ||
    (isOwnedBy(secret, unit) &&
      (secret.owner.kind === 'unit' || isLeader(invocation, 'cannot determine leadership status')));
  if (manages) {
    if (secret?.label !== label) recordUpdate(context.secrets, id, { label });
    return;
  }
  const revision = own(secret.consumers, unit.name)?.revision ?? latestRevisionNumber(secret);
  invocation.model = withConsumer(invocation.model, secret, unit, revision, label);
}

/** The model with the unit tracking a revision of a secret, under a label of its own. */
export function withConsumer(
  model: Model,
  secret: Secret,
  unit: Unit,
  revision: number,
  label: string,
): Model {
  const consumers = withKey(secret.consumers, unit.name, { revision, label });
  return { ...model, secrets: withKey(model.secrets, secret.id, { ...secret, consumers }) };
}

export const secretGetTool: Tool = {
  name: 'secret-get',
  usage: '<ID> [key[#base64]]',
  purpose: 'Get the content of a secret.',
  flags: [
    { names: ['label'], kind: 'text', help: 'a label to identify the secret by in hooks' },
    { names: ['peek'], kind: 'boolean', help: 'get the latest revision just this time' },
    { names: ['refresh'], kind: 'boolean', help: 'get the latest revision from now on' },
  ],
  formats: secretFormats,
  run: secretGet,
};
