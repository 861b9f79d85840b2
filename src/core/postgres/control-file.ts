// Reads the beginning of the control file itself: its state and its last checkpoint. While a server shuts
// down the file is looked at many times a second, for which starting pg_controldata is too slow. Whoever
// needs more, or meets a version not known here, asks pg_controldata.

import type { Lsn } from './lsn.ts';
import { lsnOf } from './lsn.ts';

export interface ControlPeek {
  /** As pg_controldata names it. */
  readonly clusterState: string;
  readonly checkpointLsn: Lsn;
  readonly timeline: number;
}

/** Bytes that have to be read for `peekControlFile`. */
export const controlPeekBytes = 56;

/** PG_CONTROL_VERSION of PostgreSQL 13 to 16, of 17 and of 18. Between them this beginning did not change. */
const knownVersions: readonly number[] = [1300, 1700, 1800];

/** In the order of DBState. */
const stateNames: readonly string[] = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
];

/** What the file says; null where it is too short or of a version not known here. */
export function peekControlFile(bytes: Uint8Array, isLittleEndian: boolean): ControlPeek | null {
  if (bytes.length < controlPeekBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!knownVersions.includes(view.getUint32(8, isLittleEndian))) return null;
  const clusterState = stateNames[view.getUint32(16, isLittleEndian)];
  if (clusterState === undefined) return null;
  return {
    clusterState,
    checkpointLsn: lsnOf(view.getBigUint64(32, isLittleEndian)),
    timeline: view.getUint32(48, isLittleEndian),
  };
}
