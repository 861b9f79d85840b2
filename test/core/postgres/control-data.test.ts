// Texts and bytes of a control file, as PostgreSQL writes them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseControlData } from '#core/postgres/control-data.ts';
import { controlPeekBytes, peekControlFile } from '#core/postgres/control-file.ts';
import { formatLsn, lsnOf } from '#core/postgres/lsn.ts';

const report = `pg_control version number:            1300
Catalog version number:               202209061
Database system identifier:           7300000000000000001
Database cluster state:               shut down in recovery
pg_control last modified:             Fri Nov 27 14:00:00 2026
Latest checkpoint location:           0/3000060
Latest checkpoint's REDO location:    0/3000028
Latest checkpoint's TimeLineID:       2
Minimum recovery ending location:     41487/55C2EF40
Min recovery ending loc's timeline:   2
wal_log_hints setting:                on
max_connections setting:              100
max_worker_processes setting:         8
max_wal_senders setting:              10
max_prepared_xacts setting:           3
max_locks_per_xact setting:           64
track_commit_timestamp setting:       off
Data page checksum version:           1
`;

describe('parseControlData()', () => {
  it('reads what decisions need, parameters by their own names', () => {
    assert.deepEqual(parseControlData(report), {
      systemId: '7300000000000000001',
      clusterState: 'shut down in recovery',
      timeline: 2,
      checkpointLsn: 0x3000060n,
      redoLsn: 0x3000028n,
      minRecoveryEndLsn: 0x4148755c2ef40n,
      minRecoveryEndTimeline: 2,
      isDataChecksummed: true,
      isWalLogHints: true,
      settings: {
        max_connections: 100,
        max_worker_processes: 8,
        max_wal_senders: 10,
        max_prepared_transactions: 3,
        max_locks_per_transaction: 64,
      },
    });
  });

  it('takes no other text for a report, and never throws', () => {
    assert.equal(parseControlData(''), null);
    assert.equal(parseControlData(report.replace(/^Latest checkpoint loc.*$/mu, '')), null);
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(parseControlData(text), null);
      }),
    );
  });
});

describe('peekControlFile()', () => {
  it('reads state, checkpoint and timeline in either byte order', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.constantFrom(1300, 1700, 1800),
        fc.bigInt(0n, 0xffff_ffff_ffff_ffffn),
        fc.integer({ min: 1, max: 0x7fff_ffff }),
        (isLittle, version, lsn, timeline) => {
          const view = new DataView(new ArrayBuffer(controlPeekBytes + 4));
          view.setUint32(8, version, isLittle);
          view.setUint32(16, 1, isLittle);
          view.setBigUint64(32, lsn, isLittle);
          view.setUint32(48, timeline, isLittle);
          assert.deepEqual(peekControlFile(new Uint8Array(view.buffer), isLittle), {
            clusterState: 'shut down',
            checkpointLsn: lsn,
            timeline,
          });
        },
      ),
    );
  });

  it('says nothing of a version it does not know, or of less than it needs', () => {
    const view = new DataView(new ArrayBuffer(controlPeekBytes));
    view.setUint32(8, 1900, true);
    assert.equal(peekControlFile(new Uint8Array(view.buffer), true), null);
    assert.equal(peekControlFile(new Uint8Array(controlPeekBytes - 1), true), null);
  });
});

describe('formatLsn()', () => {
  it('prints a position beyond 2^50 without losing a byte', () => {
    assert.equal(formatLsn(lsnOf(0x4148755c2ef40n)), '41487/55C2EF40');
  });
});
