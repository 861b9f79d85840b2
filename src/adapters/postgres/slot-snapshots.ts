// Snapshots of logical decoding: read from the leader, put in place on a server that is stopped.

import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import { isSnapshotFile, snapshotFileName } from '#core/slots/snapshot-file.ts';
import { syncDirectory } from '#adapters/postgres-server/atomic-file.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import { openLeaderSession } from './leader-session.ts';

export interface SlotPosition {
  readonly name: string;
  readonly restartLsn: Lsn;
}

export interface SlotSnapshot {
  readonly lsn: Lsn;
  readonly bytes: Uint8Array;
}

/** It grows with the transactions that ran; what is larger is left where it is. */
const largestBytes = 16 * 1024 * 1024;

const fileStatement = `
  SELECT pg_read_binary_file('pg_logical/snapshots/' || $1, 0, ${largestBytes + 1}, true) AS bytes`;

const positionStatement = `
  SELECT slot_name, restart_lsn::text AS restart_lsn
    FROM pg_get_replication_slots() WHERE slot_name = ANY($1)`;

/**
 * The snapshot of each of these slots by its name; null where the leader has none there, so that it goes on without one
 * itself. A slot of which that is not known is not included. Throws where the leader can't be asked.
 */
export async function fetchSnapshots(
  config: AgentConfig,
  leader: Upstream,
  slots: readonly SlotPosition[],
): Promise<ReadonlyMap<string, SlotSnapshot | null>> {
  await using session = await openLeaderSession(config, leader);
  const found = new Map<string, SlotSnapshot | null>();
  for (const { name, restartLsn } of slots) {
    const [row] = await session.query(fileStatement, [snapshotFileName(restartLsn)]);
    const bytes = row?.['bytes'] ?? null;
    if (bytes === null) found.set(name, null);
    if (!(bytes instanceof Uint8Array) || bytes.length > largestBytes) continue;
    if (isSnapshotFile(bytes)) found.set(name, { lsn: restartLsn, bytes });
  }
  // A checkpoint removes what is behind a slot: where one moved on meanwhile, that no file was there says nothing.
  const rows = await session.query(positionStatement, [slots.map(({ name }) => name)]);
  const positions = new Map(rows.map((row) => [String(row['slot_name']), row['restart_lsn']]));
  for (const { name, restartLsn } of slots) {
    const isMoved = positions.get(name) !== formatLsn(restartLsn);
    if (found.get(name) === null && isMoved) found.delete(name);
  }
  return found;
}

const newFileFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Writes them below the data directory of a server that is stopped; throws where one can't be. */
export async function installSnapshots(
  dataDirectory: string,
  snapshots: readonly SlotSnapshot[],
  identity: Identity,
): Promise<void> {
  const directory = join(dataDirectory, 'pg_logical', 'snapshots');
  for (const { lsn, bytes } of snapshots) {
    const place = join(directory, snapshotFileName(lsn));
    const temporary = `${place}.copied.tmp`;
    await rm(temporary, { force: true });
    const handle = await open(temporary, newFileFlags, 0o600);
    try {
      if (identity.isOther) await handle.chown(identity.uid, identity.gid);
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, place);
  }
  if (snapshots.length > 0) await syncDirectory(directory);
}
