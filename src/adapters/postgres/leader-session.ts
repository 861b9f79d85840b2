// A session on the leader's server, for reading what its slots are and the files they live in. The user of pg_rewind
// has the rights for both; it is never used to change anything.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { Connection } from './connection.ts';
import { openBounded, slotStatementTimeoutMs } from './slot-session.ts';

/** Throws what keeps us out, or that the leader has no address. */
export async function openLeaderSession(
  config: AgentConfig,
  leader: Upstream,
): Promise<Connection> {
  const { rewind, database } = config.postgresql;
  const { host, port } = leader.connection ?? {};
  if (host === undefined) throw new Error(`the leader '${leader.name}' has no address`);
  return openBounded({
    target: { host, port: port ?? '5432', database },
    credentials: rewind,
    applicationName: 'Patroni slots',
    statementTimeoutMs: slotStatementTimeoutMs,
  });
}
