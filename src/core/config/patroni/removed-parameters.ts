// Parameters PostgreSQL once had, so that one configuration serves members of different versions: a name
// the server does not know would keep it from starting.

/** The name, and the first version without it. */
export const removedParameters: ReadonlyMap<string, number> = new Map([
  ['wal_keep_segments', 130_000],
  ['operator_precedence_warning', 140_000],
  ['vacuum_cleanup_index_scale_factor', 140_000],
  ['stats_temp_directory', 150_000],
  ['force_parallel_mode', 160_000],
  ['promote_trigger_file', 160_000],
  ['vacuum_defer_cleanup_age', 160_000],
  ['db_user_namespace', 170_000],
  ['old_snapshot_threshold', 170_000],
  ['trace_recovery_messages', 170_000],
]);
