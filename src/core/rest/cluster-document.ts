// The JSON of `GET /cluster`: all members with their roles, positions and lags, as Patroni lists them.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Cluster, JsonObject, JsonValue, Member } from '#core/dcs/cluster.ts';
import { formatIsoTime } from '#core/dcs/iso-time.ts';
import { asPosition } from '#core/dcs/position.ts';
import { formatLsn, lsnOf } from '#core/postgres/lsn.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { isSyncVoter } from './replication-facts.ts';

function memberRole(member: Member, cluster: Cluster, config: GlobalConfig): string {
  if (member.name === cluster.leader?.name) {
    return config.standbyCluster === null ? 'leader' : 'standby_leader';
  }
  if (config.synchronousMode === 'off' || !isSyncVoter(cluster, member.name)) return 'replica';
  return config.synchronousMode === 'quorum' ? 'quorum_standby' : 'sync_standby';
}

/** Host and port of a connection URL; of several hosts the first. */
export function addressOf(connUrl: string | null): JsonObject {
  const authority = /^postgres(?:ql)?:\/\/(?:[^@/?]*@)?(?<authority>[^/?]*)/u.exec(connUrl ?? '');
  const first = authority?.groups?.['authority']?.split(',')[0] ?? '';
  const parts = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:]*))(?::(?<port>\d+))?$/u.exec(first)?.groups;
  const host = parts?.['six'] ?? parts?.['host'] ?? '';
  if (host === '') return {};
  return { host, ...(parts?.['port'] !== undefined && { port: Number(parts['port']) }) };
}

/** A position and how far it is behind the cluster's last known one. */
function lagFields(lsn: Lsn | null, clusterLsn: Lsn, names: readonly [string, string]): JsonObject {
  const [lsnName, lagName] = names;
  if (lsn === null) return { [lsnName]: 'unknown', [lagName]: 'unknown' };
  return { [lsnName]: formatLsn(lsn), [lagName]: clusterLsn > lsn ? clusterLsn - lsn : 0 };
}

const published = [
  'timeline',
  'pending_restart',
  'pending_restart_reason',
  'scheduled_restart',
  'tags',
] as const;

function memberDocument(member: Member, cluster: Cluster, config: GlobalConfig): JsonObject {
  const role = memberRole(member, cluster, config);
  const isReplicating = role !== 'leader' && member.state === 'running';
  const state = (isReplicating ? member.replicationState : null) ?? member.state;
  const optional: Record<string, JsonValue> = {};
  for (const key of published) {
    const value = Object.hasOwn(member.data, key) ? member.data[key] : undefined;
    if (value !== undefined) optional[key] = value;
  }
  const document: JsonObject = {
    name: member.name,
    role,
    state,
    api_url: member.apiUrl,
    ...addressOf(member.connUrl),
    ...optional,
  };
  if (member.name === cluster.leader?.name) return document;
  const clusterLsn = cluster.status.lastLsn ?? lsnOf(0);
  return {
    ...document,
    ...lagFields(asPosition(member.data['receive_lsn']), clusterLsn, [
      'receive_lsn',
      'receive_lag',
    ]),
    ...lagFields(asPosition(member.data['replay_lsn']), clusterLsn, ['replay_lsn', 'replay_lag']),
    ...lagFields(member.xlogLocation, clusterLsn, ['lsn', 'lag']),
  };
}

/** The document of a cluster just read; members are in the order of their names. */
export function clusterDocument(cluster: Cluster, config: GlobalConfig, scope: string): JsonObject {
  const members = cluster.members.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const { failover } = cluster;
  return {
    members: members.map((member) => memberDocument(member, cluster, config)),
    ...(config.isPaused && { pause: true }),
    ...(failover !== null &&
      failover.scheduledAtMs !== null && {
        scheduled_switchover: {
          at: formatIsoTime(failover.scheduledAtMs),
          ...(failover.leader !== null && { from: failover.leader }),
          ...(failover.candidate !== null && { to: failover.candidate }),
        },
      }),
    scope,
  };
}
