// Requests for a switchover or a failover: what is asked and whether it may be, in the order in which Patroni
// checks and with its answers, since people and scripts know them by heart.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Cluster, JsonObject, Member } from '#core/dcs/cluster.ts';
import { asText } from '#core/dcs/json.ts';
import { leaderName } from '#core/dcs/cluster-facts.ts';
import { isNamedInSync } from '#core/dcs/sync-state.ts';
import { failoverLimitation } from '#core/ha/peers.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import { parseSchedule } from './parse-schedule.ts';
import type { Refusal } from './restart-request.ts';

export type FailoverAction = 'switchover' | 'failover';

export interface FailoverOrder {
  readonly action: FailoverAction;
  /** Who is to stop leading; null: whoever leads, if anybody does. */
  readonly leader: string | null;
  readonly candidate: string | null;
  /** ISO 8601 with a zone; null: now. */
  readonly scheduledAt: string | null;
  /** What the log should say about how the request was understood; null for nothing. */
  readonly warning: string | null;
}

export type FailoverReading = { readonly kind: 'order'; readonly order: FailoverOrder } | Refusal;

function refuse(status: number, why: string): Refusal {
  return { kind: 'refused', status, why };
}

function title(action: FailoverAction): string {
  return action === 'switchover' ? 'Switchover' : 'Failover';
}

/**
 * Reads the body of `POST /switchover` or `POST /failover`. Everything is checked that can be without
 * knowing the cluster's members. `nowMs` is milliseconds since the epoch.
 */
export function readFailoverRequest(
  asked: FailoverAction,
  body: JsonObject,
  config: Pick<GlobalConfig, 'isPaused'>,
  nowMs: number,
): FailoverReading {
  const leader = asText(body['leader']);
  const candidate = asText(body['candidate']) ?? asText(body['member']);
  if (asked === 'failover' && candidate === null) {
    return refuse(400, 'Failover could be performed only to a specific candidate');
  }
  if (asked === 'switchover' && leader === null) {
    return refuse(400, 'Switchover could be performed only from a specific leader');
  }
  const schedule = body['scheduled_at'] ?? null;
  let scheduledAt: string | null = null;
  if (schedule !== null && schedule !== '') {
    if (asked === 'failover') return refuse(400, "Failover can't be scheduled");
    if (config.isPaused) return refuse(400, "Can't schedule switchover in the paused state");
    const reading = parseSchedule(schedule, 'switchover', nowMs);
    if (reading.kind === 'fault') return refuse(reading.status, reading.why);
    scheduledAt = reading.text;
  }
  if (config.isPaused && candidate === null) {
    return refuse(400, 'Switchover is possible only to a specific candidate in a paused state');
  }
  if (leader !== null && leader === candidate) {
    return refuse(400, 'Switchover target and source are the same');
  }
  const isRead = asked === 'failover' && leader !== null;
  const warning = isRead
    ? 'A failover was asked for and its leader named: it is done as a switchover from that leader'
    : null;
  const action = isRead ? 'switchover' : asked;
  return { kind: 'order', order: { action, leader, candidate, scheduledAt, warning } };
}

/**
 * `patronictl` before 3.2 names the leader in every failover, so that one to an asynchronous standby would be
 * refused as a switchover. The person asked for a failover: that is what they get.
 */
export function withoutNeedlessLeader(
  order: FailoverOrder,
  asked: FailoverAction,
  cluster: Cluster,
  config: Pick<GlobalConfig, 'synchronousMode'>,
): FailoverOrder {
  const { candidate, leader } = order;
  const isAsked = asked === 'failover' && order.action === 'switchover';
  if (!isAsked || candidate === null || leader !== leaderName(cluster)) return order;
  if (config.synchronousMode === 'off' || isNamedInSync(cluster.sync, candidate)) return order;
  const warning = `A failover to ${candidate} was asked for, which is no synchronous standby: commits it has not received are lost unless ${leader} can hand them over while it stops`;
  return { ...order, action: 'failover', leader: null, warning };
}

export type Candidates = { readonly kind: 'ask'; readonly members: readonly Member[] } | Refusal;

/** The members to be asked whether they could take over, or why there are none. For what is not scheduled. */
export function candidatesFor(
  { action, leader, candidate }: FailoverOrder,
  cluster: Cluster,
  config: Pick<GlobalConfig, 'synchronousMode'>,
): Candidates {
  const current = leaderName(cluster);
  if (leader !== null && leader !== current) return refuse(412, 'leader name does not match');
  const isSynchronous = config.synchronousMode !== 'off';
  const inSync = (name: string): boolean => isNamedInSync(cluster.sync, name);
  if (candidate !== null) {
    if (action === 'switchover' && isSynchronous && !inSync(candidate)) {
      return refuse(412, 'candidate name does not match with sync_standby');
    }
    const members = cluster.members.filter(({ name }) => name === candidate);
    if (members.length === 0) return refuse(412, 'candidate does not exists');
    return { kind: 'ask', members };
  }
  const others = cluster.members.filter(({ name }) => name !== current);
  if (isSynchronous) {
    const members = others.filter(({ name }) => inSync(name));
    if (members.length > 0) return { kind: 'ask', members };
    return refuse(412, `${action} is not possible: can not find sync_standby`);
  }
  const members = others.filter(({ apiUrl }) => apiUrl !== null);
  if (members.length > 0) return { kind: 'ask', members };
  return refuse(412, `${action} is not possible: cluster does not have members except leader`);
}

/** Null where one of those asked may take over. */
export function noGoodCandidate(
  action: FailoverAction,
  statuses: readonly PeerStatus[],
): Refusal | null {
  if (statuses.some((status) => failoverLimitation(status) === null)) return null;
  return refuse(412, `${action} is not possible: no good candidates have been found`);
}

export interface FailoverResult {
  readonly status: number;
  readonly text: string;
}

/** What a look at the cluster says of a switchover under way; null while it goes on. */
export function failoverResult(
  { action, candidate }: Pick<FailoverOrder, 'action' | 'candidate'>,
  leaderBefore: string | null,
  cluster: Cluster,
): FailoverResult | null {
  const now = leaderName(cluster);
  const done = action === 'switchover' ? 'switched' : 'failed';
  if (now !== null && now !== leaderBefore) {
    if (candidate === null || candidate === now) {
      return { status: 200, text: `Successfully ${done} over to "${now}"` };
    }
    const verb = action === 'switchover' ? 'Switched' : 'Failed';
    return { status: 200, text: `${verb} over to "${now}" instead of "${candidate}"` };
  }
  // The request is gone and the leader stayed: it was refused or called off.
  if (cluster.failover === null && now !== null) {
    return { status: 503, text: `${title(action)} failed` };
  }
  return null;
}

export function unknownResult(action: FailoverAction, waitedSeconds: number): FailoverResult {
  const text = `${title(action)} status unknown after ${waitedSeconds} seconds; operation may still be in progress`;
  return { status: 503, text };
}
