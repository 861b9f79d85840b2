// The status codes of health checks, by path, query and view. Load balancers live by them.

import { readInteger } from '#core/config/patroni/read-value.ts';
import type { JsonValue } from '#core/dcs/cluster.ts';
import { writeJson } from '#core/dcs/json.ts';
import type { ApiView } from './api-view.ts';
import {
  isLagging,
  leaderLsn,
  publishedRole,
  publishedState,
  replicationState,
  syncRole,
} from './replication-facts.ts';

export type HealthCode = 200 | 503;

/** First value of each parameter of the query. */
export type Query = ReadonlyMap<string, string>;

interface RoleCodes {
  readonly leader: boolean;
  readonly primary: boolean;
  readonly standbyLeader: boolean;
  readonly replica: boolean;
}

function isHealthyReplica(view: ApiView, query: Query): boolean {
  const { facts, tags } = view;
  const limit = query.get('lag');
  const wanted = query.get('replication_state');
  return (
    publishedRole(view) === 'replica' &&
    publishedState(view) === 'running' &&
    !tags.noloadbalance &&
    !isLagging(view, facts.sql?.replayLsn ?? null, readInteger(limit, 'B')) &&
    (wanted === undefined || replicationState(facts) === wanted)
  );
}

function roleCodes(view: ApiView, query: Query): RoleCodes {
  const role = publishedRole(view);
  const replica = isHealthyReplica(view, query);
  // While management is paused and nothing is known of the store, what the server is counts.
  if (view.cluster === null && view.config.isPaused) {
    const [primary, standbyLeader] = [role === 'primary', role === 'standby_leader'];
    return { leader: primary || standbyLeader, primary, standbyLeader, replica };
  }
  if (!view.isLeader) return { leader: false, primary: false, standbyLeader: false, replica };
  if (view.config.standbyCluster === null) {
    // Patroni answers 200 as soon as it has the lock; we wait until the server accepts writes, so that a load
    // balancer never sends them to one that is still being promoted.
    const primary = role === 'primary' || view.facts.role === 'primary';
    return { leader: true, primary, standbyLeader: false, replica: replica && !primary };
  }
  const standbyLeader = role === 'replica' || role === 'standby_leader';
  return { leader: true, primary: false, standbyLeader, replica: false };
}

function tagText(value: JsonValue): string {
  return typeof value === 'string' ? value : writeJson(value);
}

/** Every `tag_<name>=<value>` of the query is a tag of the member. */
function hasTags(view: ApiView, query: Query): boolean {
  return [...query].every(([key, wanted]) => {
    if (!key.startsWith('tag_')) return true;
    const value = Object.hasOwn(view.tags.raw, key.slice(4)) ? view.tags.raw[key.slice(4)] : null;
    return value !== null && value !== undefined && tagText(value) === wanted;
  });
}

/** The checks that look at the synchronous state, which take a view of the cluster. */
function isSyncPathMet(path: string, view: ApiView, codes: RoleCodes): boolean {
  if (view.cluster === null) return false;
  const kind = syncRole(view);
  const isWritable = codes.primary || codes.standbyLeader;
  switch (path) {
    case '/sync':
    case '/synchronous':
      return codes.replica && kind === 'sync';
    case '/quorum':
      return codes.replica && kind === 'quorum';
    case '/async':
    case '/asynchronous':
      return codes.replica && kind === null;
    case '/read-only-sync':
    case '/read-only-synchronous':
      return isWritable || (codes.replica && kind === 'sync');
    case '/read-only-quorum':
      return isWritable || (codes.replica && kind === 'quorum');
    default:
      return false;
  }
}

/**
 * The code of a role check or of `/health`. Paths are matched by what they contain, in this order, as people's
 * load balancers have `/v1/master` and the like; a path that is none of them is 503.
 */
export function healthCode(path: string, query: Query, view: ApiView): HealthCode {
  const asked = path === '/' ? '/primary' : path;
  const has = (word: string): boolean => asked.includes(word);
  const codes = roleCodes(view, query);
  const code = (isMet: boolean): HealthCode => (isMet ? 200 : 503);

  if (has('standby_leader') || has('standby-leader')) return code(codes.standbyLeader);
  if (has('leader')) return code(codes.leader);
  if (has('master') || has('primary') || has('read-write')) return code(codes.primary);
  if (!hasTags(view, query)) return 503;
  if (has('replica')) return code(codes.replica);
  if (has('read-only') && !has('sync') && !has('quorum')) {
    return code(codes.primary || codes.standbyLeader || codes.replica);
  }
  if (has('health')) return code(publishedState(view) === 'running');
  return code(isSyncPathMet(asked, view, codes));
}

/** Whether the loop still turns: late by `ttl` on a running primary, by twice that elsewhere, is too late. */
export function livenessCode(view: ApiView, monotonicMs: number): HealthCode {
  const { facts, config } = view;
  if (config.isPaused) return 200;
  const isPrimary = facts.isRunning && facts.role === 'primary';
  const patienceMs = config.ttlSeconds * 1000 * (isPrimary ? 1 : 2);
  return view.nextRunAtMs + patienceMs > monotonicMs ? 200 : 503;
}

/** Whether the member may serve: the leader, or a standby that streams and is near enough. */
export function readinessCode(view: ApiView, query: Query): HealthCode {
  if (view.isLeader) return 200;
  const { facts, config } = view;
  if (publishedState(view) !== 'running' || replicationState(facts) !== 'streaming') return 503;
  const isLeaderKnown = view.cluster !== null || leaderLsn(view) !== null;
  if (!isLeaderKnown && !view.isFailsafeActive) return 503;
  const limit = readInteger(query.get('lag'), 'B') ?? config.maximumLagOnFailoverBytes;
  const { receiveLsn = null, replayLsn = null } = facts.sql ?? {};
  const position = query.get('mode') === 'write' ? (receiveLsn ?? replayLsn) : replayLsn;
  return isLagging(view, position, limit) ? 503 : 200;
}
