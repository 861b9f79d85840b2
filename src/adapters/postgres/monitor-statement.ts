// The one statement by which the agent looks at its server each turn. Positions leave the server as text, also
// inside JSON, as numbers would lose their last digits. Works on PostgreSQL 13 to 18, primary and standby.

// What a standby has received it may not have replayed yet, and what it restored it has never received.
const endOfWal = `CASE WHEN in_recovery
    THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_lsn() END`;

/** Names and values of what is read of each slot. */
function slotFields(serverVersion: number): string {
  const fields: readonly (readonly [name: string, value: string, since: number])[] = [
    ['name', 'slot_name', 0],
    ['type', 'slot_type', 0],
    ['active', 'active', 0],
    ['restart_lsn', 'restart_lsn::text', 0],
    ['xmin', 'xmin::text', 0],
    ['wal_status', 'wal_status', 0],
    ['database', 'database', 0],
    ['plugin', 'plugin', 0],
    ['datoid', 'datoid::text', 0],
    ['catalog_xmin', 'catalog_xmin::text', 0],
    ['confirmed_flush_lsn', 'confirmed_flush_lsn::text', 0],
    ['retained_bytes', `(${endOfWal} - restart_lsn)::text`, 0],
    ['conflicting', 'conflicting', 160_000],
    ['invalidation_reason', 'invalidation_reason', 170_000],
    ['failover', 'failover', 170_000],
    ['synced', 'synced', 170_000],
  ];
  return fields
    .filter(([, , since]) => serverVersion >= since)
    .map(([name, value]) => `'${name}', ${value}`)
    .join(', ');
}

/** The statement for a server of this version, for example 150018. */
export function monitorStatement(serverVersion: number): string {
  return `
    SELECT in_recovery,
           current_setting('server_version_num')::int4 AS server_version,
           CASE WHEN in_recovery THEN 0
                ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4
           END AS timeline,
           CASE WHEN NOT in_recovery THEN pg_current_wal_flush_lsn()::text END AS flush_lsn,
           CASE WHEN in_recovery
                THEN greatest(pg_last_wal_receive_lsn(), receiver.written_lsn)::text
           END AS receive_lsn,
           CASE WHEN in_recovery THEN pg_last_wal_replay_lsn()::text END AS replay_lsn,
           CASE WHEN in_recovery THEN pg_last_xact_replay_timestamp()::text END AS replay_timestamp,
           CASE WHEN in_recovery THEN pg_is_wal_replay_paused() ELSE false END AS replay_paused,
           receiver.status AS receiver_state,
           receiver.received_tli,
           receiver.latest_end_lsn::text AS latest_end_lsn,
           receiver.slot_name,
           receiver.conninfo,
           nullif(current_setting('restore_command'), '') AS restore_command,
           current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('synchronous_standby_names') AS synchronous_standby_names,
           current_setting('wal_log_hints')::bool AS wal_log_hints,
           pg_postmaster_start_time()::text AS postmaster_start_time,
           system.system_identifier::text AS system_identifier,
           checkpoint.timeline_id AS checkpoint_timeline,
           checkpoint.checkpoint_lsn::text AS checkpoint_lsn,
           checkpoint.redo_lsn::text AS redo_lsn,
           recovery.min_recovery_end_lsn::text AS min_recovery_end_lsn,
           recovery.min_recovery_end_timeline,
           (SELECT json_agg(json_build_object(
                     'pid', pid, 'usename', usename, 'application_name', application_name,
                     'client_addr', client_addr, 'state', state, 'sync_state', sync_state,
                     'sync_priority', sync_priority, 'write_lsn', write_lsn::text,
                     'flush_lsn', flush_lsn::text, 'replay_lsn', replay_lsn::text))::text
              FROM pg_stat_replication) AS replication,
           (SELECT json_agg(json_build_object(${slotFields(serverVersion)}))::text
              FROM pg_replication_slots WHERE NOT temporary) AS slots
      FROM (SELECT pg_is_in_recovery() AS in_recovery) AS this
     CROSS JOIN pg_control_system() AS system
     CROSS JOIN pg_control_checkpoint() AS checkpoint
     CROSS JOIN pg_control_recovery() AS recovery
      LEFT JOIN pg_stat_wal_receiver AS receiver ON true`;
}
