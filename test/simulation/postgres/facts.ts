// What an agent sees of a server of the model: the rows of its monitoring statement and pg_controldata.

import type { ControlData, ReplicationRow, SqlFacts } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { epochMs } from '../engine/sim-clock.ts';
import type { DataDirectory } from './data-directory.ts';
import type { PostgresServer } from './server.ts';
import { slotRow } from './slot-table.ts';
import { syncStates } from './sync-rep.ts';

export const serverVersion = 150_018;

/** Null where there is no whole cluster. */
export function controlFacts(directory: DataDirectory | null): ControlData | null {
  if (directory === null || !directory.isCluster) return null;
  const { control } = directory;
  return {
    systemId: directory.systemId,
    clusterState: control.state,
    timeline: control.timeline,
    checkpointLsn: lsnOf(control.checkpointLsn),
    redoLsn: lsnOf(control.checkpointLsn),
    minRecoveryEndLsn: lsnOf(control.minRecoveryEnd),
    minRecoveryEndTimeline: control.minRecoveryTimeline,
    isDataChecksummed: true,
    isWalLogHints: true,
    settings: {},
  };
}

function replicationRows(server: PostgresServer): readonly ReplicationRow[] {
  const senders = [...server.senders];
  const states = syncStates(server.names, senders);
  return senders.map((sender) => {
    const flushed = lsnOf(sender.flushedEnd);
    return {
      pid: sender.pid,
      usename: 'replicator',
      applicationName: sender.applicationName,
      clientAddr: '10.0.0.1',
      state: sender.isStreaming ? 'streaming' : 'catchup',
      syncState: states.get(sender) ?? 'async',
      syncPriority: 0,
      writeLsn: flushed,
      flushLsn: flushed,
      replayLsn: flushed,
    };
  });
}

/** Of a server that answers. */
export function sqlFacts(server: PostgresServer): SqlFacts {
  const { data, isInRecovery, receiver } = server;
  const { wal } = data;
  const isStreaming = receiver?.sender != null;
  return {
    isInRecovery,
    timeline: isInRecovery && isStreaming ? 0 : wal.timeline,
    walFlushLsn: isInRecovery ? null : lsnOf(wal.flushedEnd),
    receiveLsn: isInRecovery && server.hasStreamed ? lsnOf(wal.end) : null,
    replayLsn: isInRecovery ? lsnOf(wal.flushedEnd) : null,
    replayTimestamp: null,
    isReplayPaused: false,
    receiverState: isStreaming ? 'streaming' : null,
    receivedTimeline: isStreaming ? wal.timeline : null,
    latestEndLsn: null,
    slotName: data.upstream?.slotName ?? null,
    primaryConninfo: data.upstream?.connection?.['host'] ?? null,
    restoreCommand: null,
    synchronousCommit: 'on',
    synchronousStandbyNames: server.namesText,
    replication: replicationRows(server),
    postmasterStartTime: new Date(epochMs + server.startedMs).toISOString(),
    slots: data.slots.all.map((slot) => slotRow(slot, wal.end, server.world.xidBase)),
  };
}
