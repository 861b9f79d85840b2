// Whether the leader still has the WAL a standby needs next. The user of pg_rewind may look.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import { openLeaderSession } from './leader-session.ts';

// Of whatever timeline: the first segment of a new one begins with what was in it of the one before.
const statement = `
  SELECT CASE WHEN pg_is_in_recovery() THEN NULL
              WHEN $1::pg_lsn > pg_current_wal_flush_lsn() THEN NULL
              ELSE EXISTS (SELECT FROM pg_ls_dir('pg_wal', true, false) AS name
                            WHERE length(name) = 24
                              AND right(name, 16) = right(pg_walfile_name($1::pg_lsn), 16))
         END AS has_wal`;

/** Null where it can't be told: nobody answers, it is a standby itself, or it has not come that far. */
export async function isWalOnLeader(
  config: AgentConfig,
  leader: Upstream,
  from: Lsn,
): Promise<boolean | null> {
  try {
    await using session = await openLeaderSession(config, leader);
    const [row] = await session.query(statement, [formatLsn(from)]);
    const hasWal = row?.['has_wal'];
    return typeof hasWal === 'boolean' ? hasWal : null;
  } catch {
    return null;
  }
}
