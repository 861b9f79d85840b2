// An etcd v3 store as a function: a state, a request of the JSON gateway and the time give the next state, the
// answer, and what changed. It never reads a clock and forgets nothing the state does not forget.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { checkKey, checkPutRequest } from './check-request.ts';
import { compact } from './compaction.ts';
import { Draft } from './draft.ts';
import { EtcdError, httpStatus, noAuthentication } from './etcd-error.ts';
import type { EtcdState, StoreEvent } from './etcd-state.ts';
import type { LeaseOutcome } from './leases.ts';
import {
  expireLeases,
  grantLease,
  keepLeaseAlive,
  listLeases,
  revokeLease,
  showLease,
} from './leases.ts';
import { readInteger } from './read-json.ts';
import { renderHeader, withoutZeros } from './render-json.ts';
import { readDelete, readPut, readRange, readTxn } from './requests.ts';
import { deleteKeys, putKey, rangeKeys, runTxn } from './txn.ts';

export interface EtcdRequest {
  /** Below `/v3/`, for example `kv/range`; `version` is outside of it. Watches are in watch.ts. */
  readonly path: string;
  readonly body: JsonObject;
}

export interface EtcdAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

export interface EtcdOutcome {
  readonly state: EtcdState;
  readonly answer: EtcdAnswer;
  /** In order, those of leases that ran out first. */
  readonly events: readonly StoreEvent[];
}

/** Answers a request. Time must not go back from one call to the next. */
export function handleRequest(state: EtcdState, request: EtcdRequest, nowMs: number): EtcdOutcome {
  const expired = passTime(state, nowMs);
  const operation = operations.get(request.path);
  if (operation === undefined) {
    const body = { error: 'Not Found', message: 'Not Found', code: 5 };
    return { ...expired, answer: { status: 404, body } };
  }
  try {
    const { state: next, answer, events } = operation(expired.state, request.body, nowMs);
    const counted = next === expired.state ? next : { ...next, raftIndex: next.raftIndex + 1 };
    return {
      state: counted,
      answer: { status: 200, body: answer },
      events: [...expired.events, ...events],
    };
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    const { code, message } = error;
    return {
      ...expired,
      answer: { status: httpStatus(code), body: { error: message, message, code } },
    };
  }
}

/** Takes away what has run out until now. */
export function passTime(state: EtcdState, nowMs: number): Pick<EtcdOutcome, 'state' | 'events'> {
  return expireLeases(state, nowMs);
}

type Operate = (state: EtcdState, body: JsonObject, nowMs: number) => LeaseOutcome;

/** The answer with the header of the state it leaves behind. */
function withHeader(outcome: LeaseOutcome): LeaseOutcome {
  const { settings, revision } = outcome.state;
  return { ...outcome, answer: { header: renderHeader(settings, revision), ...outcome.answer } };
}

function keyOperation(run: (body: JsonObject, draft: Draft) => JsonObject): Operate {
  return (state, body) => {
    const draft = new Draft(state);
    const answer = run(body, draft);
    return withHeader({ state: draft.commit(), answer, events: draft.events });
  };
}

function reading(read: (state: EtcdState, body: JsonObject, nowMs: number) => JsonObject): Operate {
  return (state, body, nowMs) =>
    withHeader({ state, answer: read(state, body, nowMs), events: [] });
}

const range = keyOperation((body, draft) => {
  const request = readRange(body);
  checkKey(request.range);
  return rangeKeys(request, draft);
});

const put = keyOperation((body, draft) => {
  const request = readPut(body);
  checkPutRequest(request);
  return putKey(request, draft);
});

const deleteRange = keyOperation((body, draft) => {
  const request = readDelete(body);
  checkKey(request.range);
  return deleteKeys(request, draft);
});

const txn = keyOperation((body, draft) => runTxn(readTxn(body), draft));

const compaction: Operate = (state, body) =>
  withHeader({ state: compact(state, readInteger(body, 'revision')), answer: {}, events: [] });

const grant: Operate = (state, body, nowMs) => withHeader(grantLease(state, body, nowMs));

/** The only answer of a stream that is no watch: wrapped as the lines of streams are. */
const keepAlive: Operate = (state, body, nowMs) => {
  const outcome = withHeader(keepLeaseAlive(state, body, nowMs));
  return { ...outcome, answer: { result: outcome.answer } };
};

const revoke: Operate = (state, body) => withHeader(revokeLease(state, body));

const timeToLive = reading(showLease);
const leases = reading(listLeases);

const status = reading(({ settings, raftIndex, entries }) => ({
  version: settings.version,
  dbSize: String(4096 * (1 + entries.size)),
  leader: settings.memberId,
  raftIndex: String(raftIndex),
  raftTerm: String(settings.raftTerm),
  raftAppliedIndex: String(raftIndex),
  dbSizeInUse: String(4096 * (1 + entries.size)),
}));

const memberList: Operate = (state) => {
  const { settings } = state;
  const member = withoutZeros({
    ID: settings.memberId,
    name: settings.memberName,
    peerURLs: settings.peerUrls,
    clientURLs: settings.clientUrls,
  });
  return { state, answer: { header: renderHeader(settings, 0), members: [member] }, events: [] };
};

const version: Operate = (state) => {
  const { version: etcdserver } = state.settings;
  const etcdcluster = etcdserver.replace(/\.\d+$/u, '.0');
  return { state, answer: { etcdserver, etcdcluster }, events: [] };
};

const authenticate: Operate = () => {
  throw new EtcdError(noAuthentication);
};

/** Leases have two homes: clients of 3.3 know the one below `kv/` only. */
const operations: ReadonlyMap<string, Operate> = new Map<string, Operate>([
  ['kv/range', range],
  ['kv/put', put],
  ['kv/deleterange', deleteRange],
  ['kv/txn', txn],
  ['kv/compaction', compaction],
  ['lease/grant', grant],
  ['lease/keepalive', keepAlive],
  ['lease/revoke', revoke],
  ['kv/lease/revoke', revoke],
  ['lease/timetolive', timeToLive],
  ['kv/lease/timetolive', timeToLive],
  ['lease/leases', leases],
  ['kv/lease/leases', leases],
  ['maintenance/status', status],
  ['cluster/member/list', memberList],
  ['auth/authenticate', authenticate],
  ['version', version],
]);
