// Gathers where our own history ends and where the leader's went, for the decision whether to rewind.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentConfig, Credentials } from '#core/config/patroni/agent-config.ts';
import type { HistoryLine } from '#core/dcs/cluster.ts';
import type { Upstream } from '#core/ha/values.ts';
import { parseTimelineHistory } from '#core/postgres/timeline-history.ts';
import type { LeaderHistory, LocalHistory } from '#core/rewind/rewind-facts.ts';
import type { ConnectionTarget, Row } from './connection.ts';
import { connect, reasonOf } from './connection.ts';
import { peekControl, readControlData, readShutdownCheckpoint } from './control-reader.ts';
import type { MemberPlace } from './member-place.ts';
import { identifySystem, openReplication, timelineHistory } from './replication-connection.ts';
import { leaderBranch, localBranch } from './timeline-branch.ts';
import { parseLsn } from '#core/postgres/lsn.ts';

/** Where to reach this upstream for SQL; null where it is an archive only. */
export function upstreamTarget(leader: Upstream, database: string): ConnectionTarget | null {
  const { host, port, dbname } = leader.connection ?? {};
  if (host === undefined) return null;
  return { host, port: port ?? '5432', database: dbname ?? database };
}

/** Why the leader can't be rewound from or compared with now; null where it accepts writes. */
export async function leaderProblem(
  target: ConnectionTarget,
  credentials: Credentials,
): Promise<string | null> {
  try {
    await using connection = await connect({
      target,
      credentials,
      applicationName: 'Patroni rewind check',
      statementTimeoutMs: 2000,
    });
    const [row] = await connection.query('SELECT pg_is_in_recovery() AS in_recovery');
    return row?.['in_recovery'] === false ? null : 'it is still in recovery itself';
  } catch (error) {
    return `it can't be asked: ${reasonOf(error)}`;
  }
}

/** `ours`: our own timeline, to be compared with the one of that number in the leader's history. */
export async function readLeaderHistory(
  leader: Upstream,
  config: AgentConfig,
  ours: number | null,
): Promise<LeaderHistory> {
  const { rewind, replication, database } = config.postgresql;
  const target = upstreamTarget(leader, database);
  if (target === null) return { kind: 'unknown', why: 'it has no address' };
  const problem = await leaderProblem(target, rewind);
  if (problem !== null) return { kind: 'unknown', why: problem };
  try {
    await using connection = await openReplication(target, replication);
    const { timeline } = await identifySystem(connection);
    const history = { timeline, lines: await timelineHistory(connection, timeline) };
    const branch = ours === null ? undefined : await leaderBranch(target, rewind, ours, history);
    return { kind: 'known', ...history, ...(branch === undefined ? {} : { branch }) };
  } catch (error) {
    return { kind: 'unknown', why: `it can't be asked for its history: ${reasonOf(error)}` };
  }
}

/** From the control file of a stopped server; null where it was not stopped in a way that tells. */
export async function stoppedHistory(place: MemberPlace): Promise<LocalHistory | null> {
  const control = await readControlData(place);
  if (typeof control === 'string') return null;
  const { clusterState, minRecoveryEndLsn, minRecoveryEndTimeline } = control;
  const wasStandby = ['shut down in recovery', 'in archive recovery'].includes(clusterState);
  // A primary that crashed and then began to recover as a standby has not come far enough to have these.
  if (wasStandby && minRecoveryEndLsn !== 0n && minRecoveryEndTimeline !== 0) {
    return {
      timeline: minRecoveryEndTimeline,
      lsn: minRecoveryEndLsn,
      isInRecovery: true,
      checkpointEndLsn: null,
    };
  }
  if (!wasStandby && clusterState !== 'shut down') return null;
  const shutdown = await readShutdownCheckpoint(
    place.dataDirectory,
    await peekControl(place.dataDirectory),
  );
  return {
    timeline: control.timeline,
    lsn: control.checkpointLsn,
    isInRecovery: false,
    checkpointEndLsn: shutdown?.endLsn ?? null,
  };
}

/** Our history with where its timeline began, by the files in pg_wal. */
export async function withBranch(
  place: MemberPlace,
  local: LocalHistory | null,
): Promise<LocalHistory | null> {
  if (local === null) return null;
  const { dataDirectory } = place;
  const lines = await readHistoryFile(dataDirectory, local.timeline);
  const branch = await localBranch(dataDirectory, local.timeline, lines);
  return branch === undefined ? local : { ...local, branch };
}

type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** From a running server; null where it does not answer. */
export async function runningHistory(
  query: Query,
  target: ConnectionTarget,
  replication: Credentials,
): Promise<LocalHistory | null> {
  try {
    const [row] = await query(
      `SELECT pg_is_in_recovery() AS in_recovery,
              CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                   ELSE pg_current_wal_flush_lsn() END::text AS lsn,
              (SELECT received_tli FROM pg_stat_wal_receiver) AS received_tli`,
    );
    const lsn = parseLsn(String(row?.['lsn']));
    if (lsn === null) return null;
    const received = row?.['received_tli'];
    const timeline =
      typeof received === 'number' ? received : await localTimeline(target, replication);
    return { timeline, lsn, isInRecovery: row?.['in_recovery'] === true, checkpointEndLsn: null };
  } catch {
    return null;
  }
}

/** The timeline our own running server is on; throws where it does not let us in. */
export async function localTimeline(
  target: ConnectionTarget,
  replication: Credentials,
): Promise<number> {
  await using connection = await openReplication(target, replication);
  return (await identifySystem(connection)).timeline;
}

/**
 * The history of a timeline from the files of our own server, the last line with the time of the promotion.
 * Empty where there is no such file.
 */
export async function readHistoryFile(
  dataDirectory: string,
  timeline: number,
): Promise<readonly HistoryLine[]> {
  if (timeline <= 1) return [];
  const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
  const path = join(dataDirectory, 'pg_wal', name);
  try {
    const lines = parseTimelineHistory(await readFile(path, 'utf8'));
    const timestamp = (await stat(path)).mtime.toISOString();
    return lines.map((line, index) => (index === lines.length - 1 ? { ...line, timestamp } : line));
  } catch {
    return [];
  }
}
