// Reads a row of pg_replication_slots. Columns that this version of the server does not have are absent from it.

import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import type { Row } from './column.ts';
import { lsn, optionalInteger, optionalText, text } from './column.ts';

/** Text but for the booleans `active`, `conflicting`, `failover` and `synced`; throws `TypeError` for anything else. */
export function readSlotRow(row: Row): PhysicalSlotRow {
  const retained = optionalInteger(row, 'retained_bytes');
  return {
    name: text(row, 'name'),
    type: text(row, 'type') === 'logical' ? 'logical' : 'physical',
    isActive: row['active'] === true,
    restartLsn: lsn(row, 'restart_lsn'),
    xmin: optionalText(row, 'xmin'),
    walStatus: optionalText(row, 'wal_status'),
    database: optionalText(row, 'database'),
    plugin: optionalText(row, 'plugin'),
    datoid: optionalText(row, 'datoid'),
    catalogXmin: optionalText(row, 'catalog_xmin'),
    confirmedFlushLsn: lsn(row, 'confirmed_flush_lsn'),
    isConflicting: row['conflicting'] === true,
    invalidationReason: optionalText(row, 'invalidation_reason'),
    isFailover: row['failover'] === true,
    isSynced: row['synced'] === true,
    // A standby that has just started may have received less than its slots were at.
    retainedBytes: retained !== null && retained < 0n ? 0n : retained,
  };
}
