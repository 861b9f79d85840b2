// Creates and changes the roles the agent works with. A password never travels to the server: what does is its
// SCRAM verifier, and over a session of which the server keeps no statement in any log or view.

import { escapeIdentifier, escapeLiteral } from 'pg';
import { quietSettings } from '#adapters/pg/session.ts';
import { makeVerifier } from '#adapters/pg/scram-verifier.ts';
import type { Connection } from './connection.ts';

/** Settings for the session that is given to the functions here. */
export const roleSessionSettings: Readonly<Record<string, string>> = {
  ...quietSettings,
  // A new cluster has no standby that could confirm the commit.
  synchronous_commit: 'local',
};

const optionForm = /^[A-Z]+(?: [A-Z0-9' :+-]+)?$/u;

function roleOptions(options: readonly string[]): readonly string[] {
  const upper = options.map((option) => option.trim().toUpperCase());
  for (const option of upper) {
    if (!optionForm.test(option)) {
      throw new RangeError(`Cannot take "${option}" as an option of a role: it is no keyword`);
    }
  }
  return upper.includes('LOGIN') || upper.includes('NOLOGIN') ? upper : [...upper, 'LOGIN'];
}

/**
 * Creates the role, or gives it the password and options where it is there. `options` are those of CREATE
 * ROLE, in any case; LOGIN is added unless they say otherwise. A null password leaves the old one.
 */
export async function createOrUpdateRole(
  connection: Connection,
  name: string,
  password: string | null,
  options: readonly string[],
): Promise<void> {
  const words = [
    ...roleOptions(options),
    ...(password === null || password === ''
      ? []
      : [`PASSWORD ${escapeLiteral(makeVerifier(password))}`]),
  ];
  const [found] = await connection.query('SELECT 1 FROM pg_authid WHERE rolname = $1', [name]);
  const verb = found === undefined ? 'CREATE' : 'ALTER';
  await connection.query(`${verb} ROLE ${escapeIdentifier(name)} WITH ${words.join(' ')}`);
}

const rewindFunctions: readonly string[] = [
  'pg_ls_dir(text, boolean, boolean)',
  'pg_stat_file(text, boolean)',
  'pg_read_binary_file(text)',
  'pg_read_binary_file(text, bigint, bigint, boolean)',
];

/** What pg_rewind calls on the server it reads from, for a role that is no superuser. */
export async function grantRewindRights(connection: Connection, name: string): Promise<void> {
  for (const signature of rewindFunctions) {
    await connection.query(
      `GRANT EXECUTE ON FUNCTION pg_catalog.${signature} TO ${escapeIdentifier(name)}`,
    );
  }
}
