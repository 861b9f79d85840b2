// Decides which standbys are fit to be replicated to synchronously, and in which order they are preferred.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Member } from '#core/dcs/cluster.ts';
import type { ReplicationRow } from '#core/ha/postgres-facts.ts';
import type { Lsn } from '#core/postgres/lsn.ts';

export interface CandidateFacts {
  /** This member, the primary. */
  readonly me: string;
  readonly members: readonly Member[];
  readonly replication: readonly ReplicationRow[];
  readonly synchronousCommit: string;
  /** Of the primary, where it is known. */
  readonly walFlushLsn: Lsn | null;
}

export interface SyncCandidate {
  /** As its member key spells it. */
  readonly name: string;
  readonly lsn: Lsn;
  readonly syncState: string;
  readonly syncPriority: number;
  readonly nofailover: boolean;
}

/** PostgreSQL and Patroni compare names of standbys without regard to case. */
export function foldName(name: string): string {
  return name.toLowerCase();
}

/** All fit standbys, the preferred first; those who may not be promoted come last. */
export function syncCandidates(
  facts: CandidateFacts,
  config: Pick<GlobalConfig, 'maximumLagOnSyncnodeBytes'>,
): readonly SyncCandidate[] {
  const fit = facts.members
    .map((member) => candidateOf(member, facts))
    .filter((each) => each !== null);
  return withoutLagging(fit, facts, config.maximumLagOnSyncnodeBytes).toSorted(compareCandidates);
}

/** Those to replicate to synchronously: exactly the best ones in mode `on`, all of them in mode `quorum`. */
export function pickStandbys(
  candidates: readonly SyncCandidate[],
  config: Pick<GlobalConfig, 'synchronousMode' | 'synchronousNodeCount'>,
): readonly SyncCandidate[] {
  const count = config.synchronousNodeCount;
  if (config.synchronousMode !== 'quorum') return candidates.slice(0, count);
  const electable = candidates.filter(({ nofailover }) => !nofailover).length;
  // Who can't be promoted is of use only where too few others could acknowledge a commit.
  return candidates.slice(0, Math.max(electable, count));
}

/** The position a standby has to reach for a commit to count as acknowledged. */
export function acknowledgedLsn(row: ReplicationRow, synchronousCommit: string): Lsn | null {
  if (synchronousCommit === 'remote_apply') return row.replayLsn;
  return synchronousCommit === 'remote_write' ? row.writeLsn : row.flushLsn;
}

function candidateOf(member: Member, facts: CandidateFacts): SyncCandidate | null {
  const { tags } = readTags(member.tags);
  if (member.name === facts.me || member.state !== 'running' || tags.nosync) return null;
  if (isCascading(member, tags.replicatefrom, facts)) return null;
  // A standby that connects anew may have two walsenders for a while; the newer one is further on.
  let best: SyncCandidate | null = null;
  for (const row of facts.replication) {
    const lsn = acknowledgedLsn(row, facts.synchronousCommit);
    if (foldName(row.applicationName) !== foldName(member.name)) continue;
    if (row.state !== 'streaming' || lsn === null || (best !== null && best.lsn >= lsn)) continue;
    best = {
      name: member.name,
      lsn,
      syncState: row.syncState,
      syncPriority: tags.syncPriority,
      nofailover: tags.nofailover,
    };
  }
  return best;
}

/** It streams from us for now, and will leave us for the member it is to follow. */
function isCascading(
  member: Member,
  from: string | null,
  { me, members }: CandidateFacts,
): boolean {
  if (from === null || from === me || from === member.name) return false;
  return members.some(({ name }) => name === from);
}

function withoutLagging(
  candidates: readonly SyncCandidate[],
  { walFlushLsn }: CandidateFacts,
  maximumLagBytes: number,
): readonly SyncCandidate[] {
  if (maximumLagBytes <= 0) return candidates;
  const [only, ...others] = candidates;
  // Alone it is measured against the primary; among others against the best, for a primary is ahead of all.
  const best =
    others.length === 0
      ? (walFlushLsn ?? only?.lsn ?? null)
      : candidates.reduce((most, { lsn }) => (lsn > most ? lsn : most), 0n);
  return best === null
    ? candidates
    : candidates.filter(({ lsn }) => best - lsn <= BigInt(maximumLagBytes));
}

function compareCandidates(one: SyncCandidate, other: SyncCandidate): number {
  return (
    Number(one.nofailover) - Number(other.nofailover) ||
    other.syncPriority - one.syncPriority ||
    // `sync`, `quorum`, `potential`, `async`: who is synchronous already stays so.
    compareText(other.syncState, one.syncState) ||
    (one.lsn === other.lsn ? compareText(one.name, other.name) : one.lsn < other.lsn ? 1 : -1)
  );
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
