// Makes the view of a cluster out of its keys, as one consistent read of the store gave them. It takes any
// values whatsoever: what others wrote must never stop an agent.

import type { Cluster, Leader, Member } from './cluster.ts';
import { readClusterConfig, readFailsafe } from './config.ts';
import { readFailover } from './failover.ts';
import { readHistory } from './history.ts';
import { keyNames, memberOfKey } from './keys.ts';
import { readMember } from './member.ts';
import { readLegacyStatus, readStatus } from './status.ts';
import { emptySyncState, readSyncState } from './sync-state.ts';

export interface StoredKey {
  /** Below the cluster's path, for example `members/postgres-1`. */
  readonly key: string;
  readonly value: string;
  readonly modRevision: string;
  /** The lease's id; empty for none. */
  readonly lease: string;
}

export function readCluster(keys: readonly StoredKey[]): Cluster {
  const byName = new Map(keys.map((key) => [key.key, key]));
  const read = <Result>(
    name: string,
    reader: (value: string, modRevision: string) => Result,
  ): Result | null => {
    const found = byName.get(name);
    return found === undefined ? null : reader(found.value, found.modRevision);
  };
  const members = readMembers(keys);
  const leader = byName.get(keyNames.leader);
  return {
    initialize: byName.get(keyNames.initialize)?.value ?? null,
    config: read(keyNames.config, readClusterConfig),
    leader: leader === undefined ? null : readLeader(leader, members),
    status:
      read(keyNames.status, readStatus) ??
      readLegacyStatus(
        byName.get(keyNames.legacyOptime)?.value ?? null,
        byName.get(keyNames.legacySlots)?.value ?? null,
      ),
    members,
    failover: read(keyNames.failover, readFailover),
    sync: read(keyNames.sync, readSyncState) ?? emptySyncState(null),
    history: read(keyNames.history, readHistory),
    failsafe: read(keyNames.failsafe, readFailsafe),
  };
}

/** A cluster of which the store knows nothing. */
export const emptyCluster: Cluster = readCluster([]);

function readMembers(keys: readonly StoredKey[]): readonly Member[] {
  return keys.flatMap(({ key, value, lease }) => {
    const name = memberOfKey(key);
    return name === null ? [] : [readMember(name, value, lease)];
  });
}

function readLeader(key: StoredKey, members: readonly Member[]): Leader {
  return {
    modRevision: key.modRevision,
    name: key.value,
    session: key.lease,
    member: members.find((member) => member.name === key.value) ?? null,
  };
}
