import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readMonitorRow } from '#core/postgres/monitor-row.ts';

const row = {
  in_recovery: true,
  server_version: 150018,
  timeline: 0,
  flush_lsn: null,
  receive_lsn: '41487/55C2EF40',
  replay_lsn: '41487/55C2EF38',
  replay_timestamp: null,
  replay_paused: false,
  receiver_state: 'streaming',
  received_tli: 3,
  latest_end_lsn: '41487/55C2EF40',
  slot_name: 'two',
  conninfo: 'host=a',
  restore_command: null,
  synchronous_commit: 'on',
  synchronous_standby_names: '',
  wal_log_hints: true,
  postmaster_start_time: '2026-11-27 14:00:00.000001+00',
  system_identifier: '7300000000000000001',
  checkpoint_timeline: 3,
  checkpoint_lsn: '0/3000060',
  redo_lsn: '0/3000028',
  min_recovery_end_lsn: '0/0',
  min_recovery_end_timeline: 0,
  replication: null,
  slots:
    '[{"name":"a","type":"logical","active":true,"restart_lsn":"41487/55C2EF40","xmin":"4294967290","confirmed_flush_lsn":"41487/55C2EF38","retained_bytes":"9007199254740993","wal_status":"reserved","database":"d","plugin":"pgoutput"}]',
};

describe('readMonitorRow()', () => {
  it('keeps every digit of positions, also of those inside JSON', () => {
    const { sql, control } = readMonitorRow(row);
    assert.equal(sql.receiveLsn, 0x4148755c2ef40n);
    assert.equal(sql.slots[0]?.restartLsn, 0x4148755c2ef40n);
    assert.equal(sql.slots[0].xmin, '4294967290');
    assert.equal(sql.slots[0].confirmedFlushLsn, 0x4148755c2ef38n);
    assert.equal(sql.slots[0].retainedBytes, 2n ** 53n + 1n);
    assert.equal(sql.walFlushLsn, null);
    assert.equal(control.clusterState, 'in archive recovery');
  });

  it('throws where a column is not what the statement makes it', () => {
    assert.throws(() => readMonitorRow({ ...row, timeline: '3' }), /"timeline"/u);
    assert.throws(() => readMonitorRow({ ...row, receive_lsn: 'x' }), /"receive_lsn"/u);
    assert.throws(() => readMonitorRow({ ...row, slots: '{}' }), /"slots"/u);
  });
});
