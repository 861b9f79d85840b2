// The steps that bring a relation's database, user and roles about, and how each is told to a person.

import type { DatabasePrivilege, Power, SchemaPrivilege } from './access-model.ts';
import { shown } from '#interfaces/pgsql/shown.ts';

/** One step. `why` is the reason, as the second half of a sentence. */
export type AccessStep = { readonly why: string } & (
  | { readonly kind: 'create-database'; readonly database: string }
  | { readonly kind: 'open-database'; readonly database: string }
  | {
      readonly kind: 'create-user';
      readonly user: string;
      /** Application the user is of. */
      readonly owner: string;
      readonly powers: readonly Power[];
    }
  | { readonly kind: 'alter-user'; readonly user: string; readonly powers: readonly Power[] }
  | { readonly kind: 'set-password'; readonly user: string }
  | { readonly kind: 'clear-password'; readonly user: string }
  | { readonly kind: 'end-sessions'; readonly user: string }
  | { readonly kind: 'create-role'; readonly role: string }
  | { readonly kind: 'grant-role'; readonly role: string; readonly user: string }
  | {
      readonly kind: 'revoke-role';
      readonly role: string;
      readonly user: string;
      readonly grantor: string;
    }
  | {
      readonly kind: 'grant-database' | 'revoke-database';
      readonly database: string;
      readonly user: string;
      readonly privileges: readonly DatabasePrivilege[];
    }
  | {
      readonly kind: 'grant-schema' | 'revoke-schema';
      readonly user: string;
      readonly privileges: readonly SchemaPrivilege[];
    }
  | { readonly kind: 'create-schema'; readonly schema: string }
  | { readonly kind: 'create-extension'; readonly extension: string; readonly schema: string }
);

function deed(step: AccessStep): string {
  switch (step.kind) {
    case 'create-database':
      return `Created database ${shown(step.database)}`;
    case 'open-database':
      return `Opened database ${shown(step.database)} to those it is granted to`;
    case 'create-user':
      return `Created user ${shown(step.user)} (${step.powers.join(', ')})`;
    case 'alter-user':
      return `Set user ${shown(step.user)} to ${step.powers.join(', ') || 'no attribute'}`;
    case 'set-password':
      return `Set the password of user ${shown(step.user)}`;
    case 'clear-password':
      return `Took the password of user ${shown(step.user)} away`;
    case 'end-sessions':
      return `Ended the sessions of user ${shown(step.user)}`;
    case 'create-role':
      return `Created role ${shown(step.role)}`;
    case 'grant-role':
      return `Granted role ${shown(step.role)} to ${shown(step.user)}`;
    case 'revoke-role':
      return `Revoked role ${shown(step.role)} from ${shown(step.user)}`;
    case 'grant-database':
      return `Granted ${step.privileges.join(', ')} on database ${shown(step.database)} to ${shown(step.user)}`;
    case 'revoke-database':
      return `Revoked ${step.privileges.join(', ')} on database ${shown(step.database)} from ${shown(step.user)}`;
    case 'grant-schema':
      return `Granted ${step.privileges.join(', ')} on schema "public" to ${shown(step.user)}`;
    case 'revoke-schema':
      return `Revoked ${step.privileges.join(', ')} on schema "public" from ${shown(step.user)}`;
    case 'create-schema':
      return `Created schema ${shown(step.schema)}`;
    case 'create-extension':
      return `Created extension ${shown(step.extension)} in schema ${shown(step.schema)}`;
    default:
      return step satisfies never;
  }
}

/** What was done and why, in one sentence, for logs and answers. */
export function stepSentence(step: AccessStep): string {
  return `${deed(step)}: ${step.why}`;
}
