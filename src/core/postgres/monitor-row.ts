// Reads the row the monitoring statement returns. A column that is not what the statement makes it is a
// mistake of ours, so it throws.

import type { ControlData, ReplicationRow, SqlFacts } from '#core/ha/postgres-facts.ts';
import type { Row } from './column.ts';
import { lsn, number, optionalNumber, optionalText, rows, text } from './column.ts';
import { lsnOf } from './lsn.ts';
import { readSlotRow } from './slot-row.ts';

function replicationRow(row: Row): ReplicationRow {
  return {
    pid: number(row, 'pid'),
    usename: optionalText(row, 'usename') ?? '',
    applicationName: optionalText(row, 'application_name') ?? '',
    clientAddr: optionalText(row, 'client_addr'),
    state: optionalText(row, 'state') ?? '',
    syncState: optionalText(row, 'sync_state') ?? '',
    syncPriority: optionalNumber(row, 'sync_priority') ?? 0,
    writeLsn: lsn(row, 'write_lsn'),
    flushLsn: lsn(row, 'flush_lsn'),
    replayLsn: lsn(row, 'replay_lsn'),
  };
}

export interface MonitorRow {
  readonly sql: SqlFacts;
  readonly serverVersion: number;
  /** What the server says of its control file; the rest of it only pg_controldata tells. */
  readonly control: Omit<ControlData, 'settings' | 'isDataChecksummed'>;
}

export function readMonitorRow(row: Row): MonitorRow {
  const isInRecovery = row['in_recovery'] === true;
  const restoreCommand = optionalText(row, 'restore_command');
  const sql: SqlFacts = {
    isInRecovery,
    timeline: number(row, 'timeline'),
    walFlushLsn: lsn(row, 'flush_lsn'),
    receiveLsn: lsn(row, 'receive_lsn'),
    replayLsn: lsn(row, 'replay_lsn'),
    replayTimestamp: optionalText(row, 'replay_timestamp'),
    isReplayPaused: row['replay_paused'] === true,
    receiverState: optionalText(row, 'receiver_state'),
    receivedTimeline: optionalNumber(row, 'received_tli'),
    latestEndLsn: lsn(row, 'latest_end_lsn'),
    slotName: optionalText(row, 'slot_name'),
    primaryConninfo: optionalText(row, 'conninfo'),
    restoreCommand: restoreCommand === '' ? null : restoreCommand,
    synchronousCommit: text(row, 'synchronous_commit'),
    synchronousStandbyNames: text(row, 'synchronous_standby_names'),
    replication: rows(row, 'replication').map(replicationRow),
    postmasterStartTime: text(row, 'postmaster_start_time'),
    slots: rows(row, 'slots').map(readSlotRow),
  };
  const none = lsnOf(0);
  return {
    sql,
    serverVersion: number(row, 'server_version'),
    control: {
      systemId: text(row, 'system_identifier'),
      clusterState: isInRecovery ? 'in archive recovery' : 'in production',
      timeline: number(row, 'checkpoint_timeline'),
      checkpointLsn: lsn(row, 'checkpoint_lsn') ?? none,
      redoLsn: lsn(row, 'redo_lsn') ?? none,
      minRecoveryEndLsn: lsn(row, 'min_recovery_end_lsn') ?? none,
      minRecoveryEndTimeline: number(row, 'min_recovery_end_timeline'),
      isWalLogHints: row['wal_log_hints'] === true,
    },
  };
}
