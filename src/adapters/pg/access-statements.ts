// The SQL of each step. Names are quoted by `pg`; the statements take no parameters in PostgreSQL.

import { escapeIdentifier as ident, escapeLiteral as literal } from 'pg';
import { powers } from '#core/access/access-model.ts';
import type { Power } from '#core/access/access-model.ts';
import { roleMarker, userMarker } from '#core/access/marker.ts';
import type { AccessStep } from '#core/access/steps.ts';

export interface StatementContext {
  /** Verifier of the user's password; null where the plan sets none. */
  readonly verifier: string | null;
  readonly serverVersionNumber: number;
}

/** All attributes, spelled out: those not given are taken away. */
function attributes(given: readonly Power[]): string {
  const words = powers.map((power) => (given.includes(power) ? power : `NO${power}`));
  return [...words, 'INHERIT'].join(' ');
}

function password(context: StatementContext): string {
  if (context.verifier === null)
    throw new TypeError('A step sets a password, and no verifier was made');
  return `PASSWORD ${literal(context.verifier)}`;
}

/** From PostgreSQL 16 on a membership is revoked in the name of the role that granted it. */
function grantedBy(grantor: string, context: StatementContext): string {
  return context.serverVersionNumber >= 160_000 ? ` GRANTED BY ${ident(grantor)}` : '';
}

/** The statements of one step, in order. */
export function statementsOf(step: AccessStep, context: StatementContext): readonly string[] {
  switch (step.kind) {
    case 'create-database':
      return [
        `CREATE DATABASE ${ident(step.database)} OWNER postgres ALLOW_CONNECTIONS false CONNECTION LIMIT 0`,
      ];
    case 'open-database':
      return [
        `REVOKE ALL ON DATABASE ${ident(step.database)} FROM PUBLIC`,
        `ALTER DATABASE ${ident(step.database)} WITH ALLOW_CONNECTIONS true CONNECTION LIMIT -1`,
      ];
    case 'create-user':
      return [
        `CREATE ROLE ${ident(step.user)} ${attributes(step.powers)} ${password(context)}`,
        `COMMENT ON ROLE ${ident(step.user)} IS ${literal(userMarker(step.owner))}`,
      ];
    case 'alter-user':
      return [`ALTER ROLE ${ident(step.user)} ${attributes(step.powers)}`];
    case 'set-password':
      // A password somebody gave an end to stops working on its day, in all relations' eyes for no reason.
      return [`ALTER ROLE ${ident(step.user)} ${password(context)} VALID UNTIL 'infinity'`];
    case 'clear-password':
      return [`ALTER ROLE ${ident(step.user)} PASSWORD NULL`];
    case 'end-sessions':
      return [
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(step.user)}`,
      ];
    case 'create-role':
      return [
        `CREATE ROLE ${ident(step.role)} ${attributes([])}`,
        `COMMENT ON ROLE ${ident(step.role)} IS ${literal(roleMarker)}`,
      ];
    case 'grant-role':
      return [`GRANT ${ident(step.role)} TO ${ident(step.user)}`];
    case 'revoke-role':
      return [
        `REVOKE ${ident(step.role)} FROM ${ident(step.user)}${grantedBy(step.grantor, context)}`,
      ];
    case 'grant-database':
      return [
        `GRANT ${step.privileges.join(', ')} ON DATABASE ${ident(step.database)} TO ${ident(step.user)}`,
      ];
    case 'revoke-database':
      return [
        `REVOKE ${step.privileges.join(', ')} ON DATABASE ${ident(step.database)} FROM ${ident(step.user)}`,
      ];
    case 'grant-schema':
      return [`GRANT ${step.privileges.join(', ')} ON SCHEMA public TO ${ident(step.user)}`];
    case 'revoke-schema':
      return [`REVOKE ${step.privileges.join(', ')} ON SCHEMA public FROM ${ident(step.user)}`];
    case 'create-schema':
      return [
        `CREATE SCHEMA ${ident(step.schema)}`,
        `GRANT USAGE ON SCHEMA ${ident(step.schema)} TO PUBLIC`,
      ];
    case 'create-extension':
      return [
        `CREATE EXTENSION ${ident(step.extension)} WITH SCHEMA ${ident(step.schema)} CASCADE`,
      ];
    default:
      return step satisfies never;
  }
}
