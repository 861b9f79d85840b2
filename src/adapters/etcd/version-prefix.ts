// Under which path this version of etcd serves its JSON gateway.

import { nonsense } from './answers.ts';
import { EtcdError } from './etcd-error.ts';

/** Since 3.4, and for good. */
export const currentPrefix = '/v3';

/** From what `/version` says of the cluster, or of the server while the cluster has not agreed yet. */
export function pathPrefixOf(clusterVersion: unknown, serverVersion: unknown): string {
  const cluster = numbers(clusterVersion) ?? numbers(serverVersion);
  if (cluster === null) throw nonsense('a version');
  const [major, minor] = cluster;
  if (major > 3 || (major === 3 && minor >= 4)) return currentPrefix;
  // Leases can be compared in transactions from 3.3 on, by which a leader proves that the key is its own.
  if (major === 3 && minor === 3) return '/v3beta';
  throw new EtcdError(
    `version ${major}.${minor} is too old: the agent needs etcd 3.3 or later`,
    unimplemented,
  );
}

/** Number of gRPC's status code for it. */
const unimplemented = 12;

function numbers(version: unknown): readonly [number, number] | null {
  const [, major, minor] = /^(\d{1,6})\.(\d{1,6})\./u.exec(String(version)) ?? [];
  return major === undefined || minor === undefined || Number(major) === 0
    ? null
    : [Number(major), Number(minor)];
}
