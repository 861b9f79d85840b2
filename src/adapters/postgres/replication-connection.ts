// Asks a server over the replication protocol where its history stands. A user of replication is enough, and
// every server answers, primary or standby.

import type { HistoryLine } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { parseLsn } from '#core/postgres/lsn.ts';
import { parseTimelineHistory } from '#core/postgres/timeline-history.ts';
import type { Credentials } from '#core/config/patroni/agent-config.ts';
import type { Connection, ConnectionTarget } from './connection.ts';
import { connect } from './connection.ts';

export interface SystemIdentity {
  readonly systemId: string;
  readonly timeline: number;
  readonly lsn: Lsn | null;
}

const replyTimeoutMs = 5000;

export async function openReplication(
  target: ConnectionTarget,
  credentials: Credentials,
): Promise<Connection> {
  return connect({
    target,
    credentials,
    applicationName: 'Patroni replication',
    statementTimeoutMs: replyTimeoutMs,
    isReplication: true,
  });
}

/** Throws where the answer is none a PostgreSQL gives. */
export async function identifySystem(connection: Connection): Promise<SystemIdentity> {
  const [row] = await connection.query('IDENTIFY_SYSTEM');
  const timeline = Number(row?.['timeline']);
  if (!Number.isInteger(timeline)) throw new Error('IDENTIFY_SYSTEM gave no timeline');
  return {
    systemId: String(row?.['systemid']),
    timeline,
    lsn: parseLsn(String(row?.['xlogpos'])),
  };
}

/** The timelines before this one; none before timeline 1, which has no history. */
export async function timelineHistory(
  connection: Connection,
  timeline: number,
): Promise<readonly HistoryLine[]> {
  if (timeline <= 1) return [];
  const [row] = await connection.query(`TIMELINE_HISTORY ${timeline}`);
  const content = row?.['content'];
  // The column is bytea up to PostgreSQL 14 and text since.
  return parseTimelineHistory(Buffer.isBuffer(content) ? content.toString() : String(content));
}
