// The JSON of `GET /patroni` and of every role check: keys, order and types as Patroni has them, as dashboards
// and Patroni members parse it. A member's long action is our addition.

import type { JsonObject, JsonValue, Progress } from '#core/dcs/cluster.ts';
import { isUnlocked } from '#core/dcs/cluster-facts.ts';
import type { ReplicationRow, SqlFacts } from '#core/ha/postgres-facts.ts';
import { slotsDocument } from '#core/slots/slot-summary.ts';
import type { ApiView } from './api-view.ts';
import { publishedTime } from './postgres-time.ts';
import {
  publishedRole,
  publishedState,
  publishedTimeline,
  replicationState,
  syncRole,
} from './replication-facts.ts';
import { scheduledRestartValue } from './restart-request.ts';

function replicationRow(row: ReplicationRow): JsonObject {
  return {
    usename: row.usename,
    application_name: row.applicationName,
    client_addr: row.clientAddr,
    state: row.state,
    sync_state: row.syncState,
    sync_priority: row.syncPriority,
  };
}

function positions(sql: SqlFacts): JsonObject {
  if (!sql.isInRecovery) return { location: sql.walFlushLsn ?? 0 };
  return {
    received_location: sql.receiveLsn ?? sql.replayLsn ?? 0,
    replayed_location: sql.replayLsn ?? 0,
    replayed_timestamp: sql.replayTimestamp === null ? null : publishedTime(sql.replayTimestamp),
    paused: sql.isReplayPaused,
  };
}

/** What the server told; only where it answered. */
function serverFields(view: ApiView, sql: SqlFacts): JsonObject {
  const { facts } = view;
  const sync = syncRole(view);
  const state = replicationState(facts);
  return {
    state: publishedState(view),
    postmaster_start_time: publishedTime(sql.postmasterStartTime),
    role: publishedRole(view),
    server_version: facts.serverVersion,
    xlog: positions(sql),
    ...(sync === 'sync' && { sync_standby: true }),
    ...(sync === 'quorum' && { quorum_standby: true }),
    timeline: publishedTimeline(facts),
    ...(state !== null && { replication_state: state }),
    ...(sql.replication.length > 0 && { replication: sql.replication.map(replicationRow) }),
  };
}

function progressFields(progress: Progress): JsonObject {
  const percent =
    progress.bytesTotal === null || progress.bytesTotal <= 0
      ? null
      : Math.min(100, Math.floor((progress.bytesDone / progress.bytesTotal) * 1000) / 10);
  return {
    action: progress.action,
    phase: progress.phase,
    bytes_done: progress.bytesDone,
    bytes_total: progress.bytesTotal,
    percent,
    bytes_per_second: progress.bytesPerSecond,
    expected_end_in_seconds:
      progress.expectedEndInMs === null ? null : Math.ceil(progress.expectedEndInMs / 1000),
  };
}

function logFields({ logQueue }: ApiView): JsonObject {
  if (logQueue === null) return {};
  return {
    logger_queue_size: logQueue.size,
    ...(logQueue.lost > 0 && { logger_records_lost: logQueue.lost }),
  };
}

/** The whole document. */
export function statusDocument(view: ApiView): JsonObject {
  const { facts, cluster, scheduledRestart } = view;
  const isRestartPending = Object.keys(facts.pendingRestart).length > 0;
  const server: JsonObject =
    facts.sql === null
      ? { state: publishedState(view), role: publishedRole(view) }
      : serverFields(view, facts.sql);
  const pendingRestart: JsonValue = facts.pendingRestart;
  return {
    ...server,
    ...(view.config.isPaused && { pause: true }),
    ...((cluster === null || isUnlocked(cluster)) && { cluster_unlocked: true }),
    ...(view.isFailsafeActive && { failsafe_mode_is_active: true }),
    // Ours: another member may lead only when this has run out.
    leader_lease_ms: view.leaseLeftMs,
    dcs_last_seen: Math.floor(view.dcsLastSeenMs / 1000),
    ...(Object.keys(view.tags.raw).length > 0 && { tags: view.tags.raw }),
    ...(view.systemId !== null && { database_system_identifier: view.systemId }),
    ...(isRestartPending && { pending_restart: true, pending_restart_reason: pendingRestart }),
    patroni: { version: view.version, scope: view.scope, name: view.name },
    ...(scheduledRestart !== null && {
      scheduled_restart: scheduledRestartValue(scheduledRestart, false),
    }),
    ...(view.isWatchdogFailed && { watchdog_failed: true }),
    ...logFields(view),
    // Ours.
    ...(view.slots.summaries.length > 0 && {
      replication_slots: slotsDocument(view.slots.summaries),
    }),
    ...(facts.progress !== null && { progress: progressFields(facts.progress) }),
  };
}
