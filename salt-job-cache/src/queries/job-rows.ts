// A job as lists show it, and the rows it is read from.

import type { Row } from '../database/database.ts';

export interface JobSummary {
  readonly jid: string;
  /** As PostgreSQL writes a timestamp, in UTC. */
  readonly started: string | null;
  readonly fun: string;
  readonly target: string;
  readonly targetType: string;
  readonly user: string;
  readonly returns: number;
  readonly failed: number;
}

/** @param page a query that gives job ids in the column `jid` */
export function summariesQuery(page: string): string {
  return `
    WITH page AS MATERIALIZED (${page})
    SELECT j.jid, j.started::text AS started, j.fun, j.tgt, j.tgt_type, j.username, c.returns, c.failed
      FROM page JOIN jids j ON j.jid = page.jid
      CROSS JOIN LATERAL (SELECT count(*) AS returns, count(*) FILTER (WHERE NOT r.success) AS failed
                            FROM salt_returns r WHERE r.jid = j.jid) c
     ORDER BY j.jid DESC`;
}

export function textAt(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

export function summaryOf(row: Row): JobSummary {
  return {
    jid: textAt(row, 'jid'),
    started: row['started'] === null ? null : textAt(row, 'started'),
    fun: textAt(row, 'fun'),
    target: textAt(row, 'tgt'),
    targetType: textAt(row, 'tgt_type'),
    user: textAt(row, 'username'),
    returns: Number(row['returns']),
    failed: Number(row['failed']),
  };
}
