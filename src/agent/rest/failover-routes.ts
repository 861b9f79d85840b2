// Switchover and failover over REST: the request is checked, written into the store, and followed to its end.

import type { Cluster } from '#core/dcs/cluster.ts';
import { leaderName } from '#core/dcs/cluster-facts.ts';
import { peerTimeoutMs } from '#core/ha/peers.ts';
import {
  candidatesFor,
  failoverResult,
  noGoodCandidate,
  readFailoverRequest,
  unknownResult,
  withoutNeedlessLeader,
} from '#core/rest/failover-request.ts';
import type { FailoverAction, FailoverOrder, FailoverResult } from '#core/rest/failover-request.ts';
import type { Refusal } from '#core/rest/restart-request.ts';
import type { ApiHost } from './api-host.ts';
import { configOf } from './cluster-routes.ts';
import { readBody } from './read-body.ts';
import { text } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';

/** A look at the store each second; sooner at first, as a switchover often takes less. */
const firstLookMs = 250;
const nextLookMs = 1000;

async function lookedAt(
  order: FailoverOrder,
  leaderBefore: string | null,
  host: ApiHost,
): Promise<FailoverResult | null> {
  try {
    return failoverResult(order, leaderBefore, await host.dcs.getCluster());
  } catch (error) {
    // The request stands in the store; a store that can't be asked now may answer the next look.
    host.log.debug('Could not look at the cluster while a switchover runs', { error });
    return null;
  }
}

async function followed(
  order: FailoverOrder,
  leaderBefore: string | null,
  host: ApiHost,
  signal: AbortSignal,
): Promise<FailoverResult> {
  const { clock } = host;
  const limitMs = 2000 * Math.max(10, host.view().config.loopWaitSeconds);
  const deadlineMs = clock.monotonicMs() + limitMs;
  let pauseMs = firstLookMs;
  while (clock.monotonicMs() < deadlineMs) {
    await clock.delay(pauseMs, signal);
    const result = await lookedAt(order, leaderBefore, host);
    if (result !== null) return result;
    pauseMs = Math.min(nextLookMs, pauseMs * 2);
  }
  return unknownResult(order.action, limitMs / 1000);
}

/** Null where somebody could take over. */
async function obstacle(
  order: FailoverOrder,
  cluster: Cluster,
  host: ApiHost,
): Promise<Refusal | null> {
  const candidates = candidatesFor(order, cluster, configOf(cluster));
  if (candidates.kind === 'refused') return candidates;
  const statuses = await host.askMembers(candidates.members, peerTimeoutMs);
  return noGoodCandidate(order.action, statuses);
}

export async function postFailover(
  asked: FailoverAction,
  request: RestRequest,
  host: ApiHost,
): Promise<RestResponse> {
  const body = readBody(request, false);
  if (body.kind === 'answer') return body.answer;
  const cluster = await host.dcs.getCluster();
  const config = configOf(cluster);
  const reading = readFailoverRequest(asked, body.value, config, host.clock.now());
  if (reading.kind === 'refused') return text(reading.status, reading.why);
  const order = withoutNeedlessLeader(reading.order, asked, cluster, config);
  host.log.info(`received ${asked} request`, {
    leader: order.leader,
    candidate: order.candidate,
    scheduledAt: order.scheduledAt,
  });
  if (order.warning !== null) host.log.warning(order.warning);

  if (order.scheduledAt === null) {
    const refused = await obstacle(order, cluster, host);
    if (refused !== null) return text(refused.status, refused.why);
  }
  const { leader, candidate, scheduledAt } = order;
  if (!(await host.dcs.setFailover({ leader, candidate, scheduledAt }))) {
    return text(503, 'failed to write failover key into DCS');
  }
  host.wake();
  if (scheduledAt !== null) return text(202, 'Switchover scheduled');
  const result = await followed(order, leaderName(cluster), host, request.signal);
  return text(result.status, result.text);
}

/** Takes back a scheduled switchover; one that is under way goes on. */
export async function deleteSwitchover(host: ApiHost): Promise<RestResponse> {
  const { failover } = await host.dcs.getCluster();
  if (failover === null || failover.scheduledAtMs === null) {
    return text(404, 'no switchover is scheduled');
  }
  if (!(await host.dcs.setFailover(null, failover.modRevision))) {
    return text(409, 'The scheduled switchover was changed at the same time; look at it again');
  }
  host.wake();
  return text(200, 'scheduled switchover deleted');
}
