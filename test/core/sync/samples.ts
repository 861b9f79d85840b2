// Members and rows of pg_stat_replication for tests of synchronous replication.

import type { JsonObject, Member, SyncState } from '#core/dcs/cluster.ts';
import type { ReplicationRow } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { SyncConfig } from '#core/sync/plan-sync.ts';

export function memberOf(name: string, tags: JsonObject = {}, more: Partial<Member> = {}): Member {
  return {
    name,
    session: '1',
    data: {},
    connUrl: null,
    apiUrl: null,
    state: 'running',
    role: 'replica',
    version: '4.1.0',
    tags,
    xlogLocation: null,
    timeline: 1,
    replicationState: 'streaming',
    checkpointAfterPromote: null,
    ...more,
  };
}

export function rowOf(
  applicationName: string,
  lsn: number,
  more: Partial<ReplicationRow> = {},
): ReplicationRow {
  return {
    pid: 1,
    usename: 'replicator',
    applicationName,
    clientAddr: null,
    state: 'streaming',
    syncState: 'async',
    syncPriority: 0,
    writeLsn: lsnOf(lsn),
    flushLsn: lsnOf(lsn),
    replayLsn: lsnOf(lsn),
    ...more,
  };
}

export function configOf(more: Partial<SyncConfig> = {}): SyncConfig {
  return {
    synchronousMode: 'on',
    isSynchronousModeStrict: false,
    synchronousNodeCount: 1,
    maximumLagOnSyncnodeBytes: -1,
    standbyCluster: null,
    ...more,
  };
}

export const noSync: SyncState = { modRevision: null, leader: null, voters: [], quorum: 0 };

export function syncOf(leader: string, voters: readonly string[], quorum = 0): SyncState {
  return { modRevision: '7', leader, voters, quorum };
}
