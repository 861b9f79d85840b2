// What secret-info-get tells the owner of a secret.

import { HookToolError } from './errors.ts';
import { asRecord, isRecord, textAt } from './shape.ts';

/** By id (with or without `secret:`), by label, or, where a tool says so, both. */
export interface SecretReference {
  readonly id?: string;
  readonly label?: string;
}

export interface SecretAccess {
  /** For example `application-client` or `unit-client-0`. */
  readonly target: string;
  /** For example `relation-app.db.client.server`. */
  readonly scope: string;
  readonly role: string;
}

export interface SecretInfo {
  /** Without `secret:`. */
  readonly id: string;
  /** The newest one the controller knows; what this hook writes counts only later (H191). */
  readonly revision: number;
  readonly label: string;
  readonly owner: string;
  readonly description: string;
  /** Empty for never. */
  readonly rotation: string;
  /** Times as in RFC 3339; empty for none. */
  readonly expiry: string;
  readonly rotates: string;
  readonly access: readonly SecretAccess[];
}

/** Reads `{"<id>": {...}}`. @throws HookToolError when there is no secret in it */
export function readSecretInfo(answer: unknown): SecretInfo {
  const [entry] = Object.entries(asRecord('secret-info-get', answer));
  const fields = entry?.[1];
  if (entry === undefined || !isRecord(fields)) {
    throw new HookToolError({
      kind: 'failed',
      tool: 'secret-info-get',
      exitCode: 0,
      detail: 'cannot use its output: found no secret in it',
    });
  }
  const access: readonly unknown[] = Array.isArray(fields['access']) ? fields['access'] : [];
  return {
    id: entry[0],
    revision: typeof fields['revision'] === 'number' ? fields['revision'] : 0,
    label: textAt(fields, 'label'),
    owner: textAt(fields, 'owner'),
    description: textAt(fields, 'description'),
    rotation: textAt(fields, 'rotation'),
    expiry: textAt(fields, 'expiry'),
    rotates: textAt(fields, 'rotates'),
    access: access.filter(isRecord).map((grant) => ({
      target: textAt(grant, 'target'),
      scope: textAt(grant, 'scope'),
      role: textAt(grant, 'role'),
    })),
  };
}
