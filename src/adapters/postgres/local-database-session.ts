// A session in one database of our own server, for what a logical slot allows from there only: making it and moving
// it. Both may take long, so each session comes with a limit of its own.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Connection } from './connection.ts';
import { openOwnSession } from './slot-session.ts';

// Known to PostgreSQL 14 and later: a server that is busy with a statement notices when we hang up. Otherwise it would
// keep the slot in use after we gave up on it.
const watchClientStatement = `
  SELECT set_config('client_connection_check_interval', '1s', false)
   WHERE current_setting('client_connection_check_interval', true) IS NOT NULL`;

/** Throws what keeps us out, for example that there is no such database. */
export async function openLocalDatabase(
  config: AgentConfig,
  database: string,
  statementTimeoutMs: number,
): Promise<Connection> {
  const session = await openOwnSession(config, {
    database,
    applicationName: 'Patroni slots of a database',
    statementTimeoutMs,
  });
  try {
    await session.query(watchClientStatement);
  } catch (error) {
    session.destroy();
    throw error;
  }
  return session;
}
