// secret-grant and secret-revoke (H193, H194): who else may read a secret. Both wait for the commit.

import { applicationOf, isApplicationName, isUnitName } from '../names.ts';
import { own } from '../own.ts';
import { requireNoMore } from './arguments.ts';
import { goQuote } from './go-quote.ts';
import { relationFlag, relationOrNull, requireRelation } from './relation-flag.ts';
import { recordGrant, recordRevoke } from './secret-changes.ts';
import { requireSecretId } from './secret-id.ts';
import { requireManaged } from './secret-owned.ts';
import { runError, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** Arguments first, then ownership: a bad call says so even to a unit that may not grant (H193). */
function secretGrant(invocation: Invocation): void {
  const [uri, ...rest] = invocation.args;
  if (uri === undefined) throw usageError('missing secret URI');
  const secret = requireSecretId(uri);
  const relation = requireRelation(invocation);
  const application = relation.remoteApplication;
  const unit = unitFlag(invocation);
  if (unit !== null && applicationOf(unit) !== application) {
    const related = `in relation to application ${goQuote(application)}`;
    throw usageError(`cannot specify unit ${goQuote(unit)} ${related}`);
  }
  requireNoMore(rest);
  requireManaged(invocation, secret);
  if (unit === null && hasUnitGrant(invocation, secret, application)) {
    throw runError(
      'any unit level grants need to be revoked before granting access to the corresponding application',
    );
  }
  const consumer = unit ?? application;
  recordGrant(invocation.context.secrets, { secret, relation: relation.id, consumer });
}

/** Stored and pending grants count alike, without those this hook takes back. */
function hasUnitGrant(invocation: Invocation, id: string, application: string): boolean {
  const { grants, revokes } = invocation.context.secrets;
  const stored = own(invocation.model.secrets, id)?.grants ?? [];
  const pending = grants.filter((grant) => grant.secret === id);
  return [...stored, ...pending].some(
    ({ consumer }) =>
      isUnitName(consumer) &&
      applicationOf(consumer) === application &&
      !revokes.some((revoke) => revoke.secret === id && revoke.consumer === consumer),
  );
}

/** In a relation hook the relation is a given, so that an application can't be named beside it. */
function secretRevoke(invocation: Invocation): void {
  const [uri, ...rest] = invocation.args;
  if (uri === undefined) throw usageError('missing secret URI');
  const secret = requireSecretId(uri);
  const application = invocation.flags.get('application') ?? '';
  if (application !== '' && !isApplicationName(application)) {
    throw usageError(`application ${goQuote(application)} not valid`);
  }
  const unit = unitFlag(invocation);
  if (application !== '' && unit !== null) {
    throw usageError('specify only one of application or unit');
  }
  const relation = relationOrNull(invocation);
  if (relation !== null && application !== '') {
    throw usageError('do not specify both relation and app');
  }
  const named = application === '' ? null : application;
  const consumer = unit ?? named ?? relation?.remoteApplication;
  if (consumer === undefined) throw usageError('missing relation or application or unit');
  requireNoMore(rest);
  requireManaged(invocation, secret);
  recordRevoke(invocation.context.secrets, { secret, consumer });
}

/** Null when the flag is absent or empty. Exit 2 for a text that names no unit. */
function unitFlag(invocation: Invocation): string | null {
  const unit = invocation.flags.get('unit') ?? '';
  if (unit === '') return null;
  if (!isUnitName(unit)) throw usageError(`unit ${goQuote(unit)} not valid`);
  return unit;
}

export const secretGrantTools: readonly Tool[] = [
  {
    name: 'secret-grant',
    usage: '<ID>',
    purpose: 'Grant access to a secret.',
    flags: [{ names: ['unit'], kind: 'text', help: 'the unit to grant access to' }, relationFlag],
    formats: null,
    run: secretGrant,
  },
  {
    name: 'secret-revoke',
    usage: '<ID>',
    purpose: 'Revoke access to a secret.',
    flags: [
      {
        names: ['app', 'application'],
        kind: 'text',
        help: 'the application to revoke access from',
      },
      { names: ['unit'], kind: 'text', help: 'the unit to revoke access from' },
      relationFlag,
    ],
    formats: null,
    run: secretRevoke,
  },
];
