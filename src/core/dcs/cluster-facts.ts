// Facts about a cluster that several decisions ask for.

import type { Cluster, Member } from './cluster.ts';

/** Nobody leads; also where the leader key is there and empty. */
export function isUnlocked(cluster: Cluster): boolean {
  return leaderName(cluster) === null;
}

export function leaderName(cluster: Cluster): string | null {
  const name = cluster.leader?.name ?? '';
  return name === '' ? null : name;
}

export function getMember(cluster: Cluster, name: string): Member | null {
  return cluster.members.find((member) => member.name === name) ?? null;
}

/** The timeline by the history: the one after the last that ended; 0 where there is none to be read. */
export function clusterTimeline({ history }: Cluster): number {
  return history === null ? 0 : (history.lines.at(-1)?.timeline ?? 0) + 1;
}

/** The numbers of a version such as `4.1.4`; null where it is none. */
export function versionNumbers(version: string | null): readonly number[] | null {
  if (version === null || !/^\d{1,9}(?:\.\d{1,9})*$/u.test(version)) return null;
  return version.split('.').map(Number);
}

/** The lowest version among members that tell theirs; null where nobody does. */
export function minVersion(cluster: Cluster): readonly number[] | null {
  const versions = cluster.members
    .map((member) => versionNumbers(member.version))
    .filter((version) => version !== null);
  return versions.toSorted(compareVersions)[0] ?? null;
}

/** Negative where the first is lower. What one of them does not say sorts first. */
export function compareVersions(left: readonly number[], right: readonly number[]): number {
  for (const [at, number] of left.entries()) {
    const other = right[at] ?? -1;
    if (number !== other) return number - other;
  }
  return left.length - right.length;
}
