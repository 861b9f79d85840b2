// secret-add, secret-set and secret-remove (3.22). All are buffered; secret-add gives its URI out at once.

import { own } from '../own.ts';
import { requireNoMore } from './arguments.ts';
import { goQuote } from './go-quote.ts';
import { requireLeader } from './leader-check.ts';
import { recordDelete, recordUpdate } from './secret-changes.ts';
import { readContent } from './secret-content.ts';
import { mintSecretId, requireSecretId } from './secret-id.ts';
import { readMetadata, secretFlags } from './secret-metadata.ts';
import { requireManaged } from './secret-owned.ts';
import { runError, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** Everything about the arguments is exit 2; an empty content and a missing lead are exit 1 (H182, H183). */
function secretAdd(invocation: Invocation): void {
  const { args, context, flags } = invocation;
  if (args.length === 0 && (flags.get('file') ?? '') === '') {
    throw usageError('missing secret value or filename');
  }
  const metadata = readMetadata(invocation);
  const content = readContent(invocation, args);
  if (Object.keys(content).length === 0) throw runError('empty secret value not valid');
  const ownedByUnit = flags.get('owner') === 'unit';
  if (!ownedByUnit) requireLeader(invocation, 'this unit is not the leader');
  const sameLabel = [...context.secrets.creates.values()].some(
    (other) => metadata.label !== undefined && other.update.label === metadata.label,
  );
  if (sameLabel)
    throw runError(`secret with label ${goQuote(metadata.label ?? '')} already exists`);
  const id = newId(invocation);
  context.secrets.creates.set(id, {
    owner: ownedByUnit
      ? { kind: 'unit', name: context.unit }
      : { kind: 'application', name: context.application },
    update: { ...metadata, content },
  });
  invocation.stdout += `secret:${id}\n`;
}

/** Chance may repeat itself where it comes from a small seed; an id never may. */
function newId(invocation: Invocation): string {
  let id = mintSecretId(invocation.world.random);
  while (
    own(invocation.model.secrets, id) !== undefined ||
    invocation.context.secrets.creates.has(id)
  ) {
    id = mintSecretId(invocation.world.random);
  }
  return id;
}

/** Metadata alone may be changed; content makes a new revision only where it differs (H188). */
function secretSet(invocation: Invocation): void {
  const [uri, ...rest] = invocation.args;
  if (uri === undefined) throw usageError('missing secret URI');
  const id = requireSecretId(uri);
  const metadata = readMetadata(invocation);
  const content = readContent(invocation, rest);
  requireManaged(invocation, id);
  const hasContent = Object.keys(content).length > 0;
  const update = hasContent ? { ...metadata, content } : metadata;
  recordUpdate(invocation.context.secrets, id, update);
}

/** Without a revision the secret goes whole. Until the commit only this hook sees it gone (H189). */
function secretRemove(invocation: Invocation): void {
  const [uri, ...rest] = invocation.args;
  if (uri === undefined) throw usageError('missing secret URI');
  const id = requireSecretId(uri);
  requireNoMore(rest);
  requireManaged(invocation, id);
  const revision = invocation.flags.get('revision');
  recordDelete(invocation.context.secrets, id, revision === undefined ? null : Number(revision));
}

export const secretWriteTools: readonly Tool[] = [
  {
    name: 'secret-add',
    usage: '[key[#base64|#file]=value...]',
    purpose: 'Add a new secret.',
    flags: secretFlags,
    formats: null,
    run: secretAdd,
  },
  {
    name: 'secret-set',
    usage: '<ID> [key[#base64]=value...]',
    purpose: 'Update an existing secret.',
    flags: secretFlags,
    formats: null,
    run: secretSet,
  },
  {
    name: 'secret-remove',
    usage: '<ID>',
    purpose: 'Remove an existing secret.',
    flags: [
      {
        names: ['revision'],
        kind: 'text',
        help: 'remove this revision only',
        check: (value) =>
          /^[0-9]+$/u.test(value)
            ? null
            : `strconv.ParseInt: parsing ${goQuote(value)}: invalid syntax`,
      },
    ],
    formats: null,
    run: secretRemove,
  },
];
