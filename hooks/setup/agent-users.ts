// The users by which a cluster's members reach each other. The agent makes them with a new cluster; a server that was
// there before has them made here.

import { makeVerifier, verifierMatches } from '#adapters/pg/scram-verifier.ts';
import { optionalTextColumn } from '#adapters/pg/columns.ts';
import { inTransaction, type SqlSession } from '#adapters/pg/session.ts';
import type { AccessCommand, AgentUser } from './desired.ts';

/** What pg_rewind calls on the primary when it is no superuser. */
const rewindFunctions: readonly string[] = [
  'pg_catalog.pg_ls_dir(text, boolean, boolean)',
  'pg_catalog.pg_stat_file(text, boolean)',
  'pg_catalog.pg_read_binary_file(text)',
  'pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)',
];

function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Makes the user, or gives it its password; whether anything was changed. */
async function ensureUser(
  session: SqlSession,
  { user, password }: AgentUser,
  attributes: string,
): Promise<boolean> {
  const [found] = await session.query(
    'SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1',
    [user],
  );
  if (found !== undefined && verifierMatches(optionalTextColumn(found, 'verifier'), password)) {
    return false;
  }
  const action = found === undefined ? 'CREATE' : 'ALTER';
  // The verifier has letters, digits and any of `+/=:$-` only.
  await session.query(
    `${action} ROLE ${ident(user)} LOGIN ${attributes} PASSWORD '${makeVerifier(password)}'`,
  );
  return true;
}

/** Sees to both users; the names of those that were made or changed. */
export async function ensureAgentUsers(
  session: SqlSession,
  { replication, rewind }: AccessCommand['agentUsers'],
): Promise<readonly string[]> {
  return inTransaction(session, async () => {
    const changed: string[] = [];
    if (await ensureUser(session, replication, 'REPLICATION')) changed.push(replication.user);
    if (await ensureUser(session, rewind, '')) {
      for (const name of rewindFunctions) {
        await session.query(`GRANT EXECUTE ON FUNCTION ${name} TO ${ident(rewind.user)}`);
      }
      changed.push(rewind.user);
    }
    return changed;
  });
}
