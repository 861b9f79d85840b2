// Where a cluster's keys are: `/<namespace>/<scope>/`, and with Citus a group's number below that.

export interface ClusterPath {
  readonly namespace: string;
  readonly scope: string;
  /** Number of the Citus group; null without Citus. */
  readonly group: number | null;
}

/** Names of the keys below the cluster's path. */
export const keyNames = {
  initialize: 'initialize',
  config: 'config',
  leader: 'leader',
  failover: 'failover',
  history: 'history',
  status: 'status',
  sync: 'sync',
  failsafe: 'failsafe',
  /** Written by versions before 2.1. */
  legacyOptime: 'optime/leader',
  legacySlots: 'slots',
} as const;

const membersFolder = 'members/';

/** The prefix of all keys of the cluster, with a slash at both ends; repeated slashes count as one. */
export function clusterPrefix({ namespace, scope, group }: ClusterPath): string {
  const parts = ['', namespace, scope, ...(group === null ? [] : [String(group)]), ''];
  return parts.join('/').replaceAll(/\/+/gu, '/');
}

/** The key of a member below the cluster's path. */
export function memberKey(name: string): string {
  return `${membersFolder}${name}`;
}

/** The member a key below the cluster's path belongs to; null for other keys. */
export function memberOfKey(key: string): string | null {
  if (!key.startsWith(membersFolder)) return null;
  const name = key.slice(membersFolder.length);
  return name === '' || name.includes('/') ? null : name;
}
