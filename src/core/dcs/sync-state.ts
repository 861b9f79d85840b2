// The key `sync`: who may lead without losing an acknowledged write.

import type { SyncState } from './cluster.ts';
import { asCount, asText, parseJsonObject, writeJson } from './json.ts';

/** Nobody is named; with a revision where the key is there all the same. */
export function emptySyncState(modRevision: string | null): SyncState {
  return { modRevision, leader: null, voters: [], quorum: 0 };
}

/** Reads any value whatsoever; what can't be understood counts as empty. */
export function readSyncState(value: string, modRevision: string): SyncState {
  const data = parseJsonObject(value);
  const leader = asText(data?.['leader']);
  if (data === null || leader === null) return emptySyncState(modRevision);
  const voters = (asText(data['sync_standby']) ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return { modRevision, leader, voters, quorum: asCount(data['quorum']) ?? 0 };
}

export interface SyncFields {
  readonly leader: string | null;
  readonly voters: readonly string[];
  readonly quorum: number;
}

/** Voters are sorted, so that the same state is always the same text. */
export function writeSyncState({ leader, voters, quorum }: SyncFields): string {
  return writeJson({
    leader,
    quorum,
    sync_standby: voters.length === 0 ? null : voters.toSorted().join(','),
  });
}

/** Whether the member is the leader or a voter of the state; PostgreSQL compares such names without case. */
export function isNamedInSync(sync: SyncState, name: string): boolean {
  if (sync.leader === null) return false;
  const wanted = name.toLowerCase();
  return [sync.leader, ...sync.voters].some((one) => one.toLowerCase() === wanted);
}
