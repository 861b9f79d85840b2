// What the keys of the dynamic configuration may hold.

import { timingMinimums } from './defaults.ts';

export type DynamicRule =
  | {
      readonly kind: 'integer';
      readonly minimum: number;
      /** Unit it is counted in; null: it takes none. */
      readonly unit: 's' | 'B' | null;
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'synchronous-mode' }
  /** Bytes, or a share of a volume: `50GB`, `20%`. */
  | { readonly kind: 'budget' }
  | { readonly kind: 'mapping' }
  | { readonly kind: 'mappings' }
  | { readonly kind: 'texts' };

function seconds(minimum: number): DynamicRule {
  return { kind: 'integer', minimum, unit: 's' };
}

const count = (minimum: number): DynamicRule => ({ kind: 'integer', minimum, unit: null });
const bytes = (minimum: number): DynamicRule => ({ kind: 'integer', minimum, unit: 'B' });
const boolean: DynamicRule = { kind: 'boolean' };
const mapping: DynamicRule = { kind: 'mapping' };
const texts: DynamicRule = { kind: 'texts' };

/** Keys that are not here are kept and do nothing. */
export const dynamicRules: ReadonlyMap<string, DynamicRule> = new Map([
  ['ttl', seconds(timingMinimums.ttl)],
  ['loop_wait', seconds(timingMinimums.loop_wait)],
  ['retry_timeout', seconds(timingMinimums.retry_timeout)],
  ['maximum_lag_on_failover', bytes(0)],
  ['maximum_lag_on_syncnode', bytes(-1)],
  ['check_timeline', boolean],
  ['primary_start_timeout', seconds(0)],
  ['master_start_timeout', seconds(0)],
  ['primary_stop_timeout', seconds(0)],
  ['master_stop_timeout', seconds(0)],
  ['primary_race_backoff', seconds(0)],
  ['max_timelines_history', count(0)],
  ['synchronous_mode', { kind: 'synchronous-mode' }],
  ['synchronous_mode_strict', boolean],
  ['synchronous_node_count', count(1)],
  ['failsafe_mode', boolean],
  ['pause', boolean],
  ['member_slots_ttl', seconds(0)],
  ['member_slots_wal_budget', { kind: 'budget' }],
  ['slot_copy_interval', seconds(0)],
  ['unknown_slots_grace', seconds(0)],
  ['slots', mapping],
  ['permanent_slots', mapping],
  ['permanent_replication_slots', mapping],
  ['ignore_slots', { kind: 'mappings' }],
  ['standby_cluster', mapping],
  ['postgresql', mapping],
]);

/** The same for the keys of `postgresql`. */
export const dynamicPostgresqlRules: ReadonlyMap<string, DynamicRule> = new Map([
  ['use_pg_rewind', boolean],
  ['use_slots', boolean],
  ['remove_data_directory_on_rewind_failure', boolean],
  ['remove_data_directory_on_diverged_timelines', boolean],
  ['parameters', mapping],
  ['parameters_primary', mapping],
  ['parameters_replica', mapping],
  ['parameters_standby_leader', mapping],
  ['pg_hba', texts],
  ['pg_hba_primary', texts],
  ['pg_hba_replica', texts],
  ['pg_hba_standby_leader', texts],
  ['pg_ident', texts],
  ['recovery_conf', mapping],
  ['callbacks', mapping],
  ['create_replica_methods', texts],
  ['pg_ctl_timeout', seconds(0)],
]);

/** Keys of slots, which belong to the top of the dynamic configuration and do nothing anywhere else. */
export const slotKeys: readonly string[] = [
  'slots',
  'permanent_slots',
  'permanent_replication_slots',
  'ignore_slots',
];
