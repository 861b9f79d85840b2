// Which secrets a unit manages: its own, and its application's while it leads.

import { own } from '../own.ts';
import type { Secret } from '../model.ts';
import { unitNamed } from '../find.ts';
import { isOwnedBy } from '../secret-access.ts';
import { goQuote } from './go-quote.ts';
import { isLeader, requireLeader } from './leader-check.ts';
import { runError } from './tool.ts';
import type { Invocation } from './tool.ts';

/**
 * Makes sure the unit may change the secret, pending or stored: its own, or its application's on the
 * leader. Exit 1 with `secret "id" not found` or `this unit is not the leader`.
 */
export function requireManaged(invocation: Invocation, id: string): void {
  const { context, model } = invocation;
  if (context.secrets.creates.has(id)) return;
  const secret = own(model.secrets, id);
  const gone = context.secrets.deletes.get(id) === 'all';
  if (secret === undefined || gone || !isOwnedBy(secret, unitNamed(model, context.unit))) {
    throw secretNotFound(id);
  }
  if (secret.owner.kind === 'application') requireLeader(invocation, 'this unit is not the leader');
}

/** Stored secrets the unit manages, without those this hook removes. Without the lead, only its own. */
export function managedSecrets(invocation: Invocation): readonly Secret[] {
  const { context } = invocation;
  const unit = unitNamed(invocation.model, context.unit);
  return Object.values(invocation.model.secrets).filter((secret) => {
    if (!isOwnedBy(secret, unit) || context.secrets.deletes.get(secret.id) === 'all') return false;
    return (
      secret.owner.kind === 'unit' || isLeader(invocation, 'cannot determine leadership status')
    );
  });
}

export function secretNotFound(name: string): Error {
  return runError(`secret ${goQuote(name)} not found`);
}
