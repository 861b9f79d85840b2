// An agent and a store behind the REST API that do nothing but remember what they were asked.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import type { RestApiConfig } from '#core/config/patroni/agent-config.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import { unreachable } from '#core/rest/peer-status.ts';
import type { ApiHost } from '#agent/rest/api-host.ts';
import type { RestRequest } from '#agent/rest/rest-message.ts';
import { clusterWith, primary } from '../../core/rest/views.ts';

export const nowMs = 1_763_640_000_000;

/** Every call as text, for example `setFailover {"leader":"a"}`. */
export type Calls = string[];

function told(name: string, ...values: readonly unknown[]): string {
  const texts = values.map((value) =>
    JSON.stringify(value ?? null, (_key, part: unknown) =>
      typeof part === 'bigint' ? String(part) : part,
    ),
  );
  return [name, ...texts].join(' ');
}

export function fakeDcs(calls: Calls, changes: Partial<Dcs> = {}): Dcs {
  const unused = (): never => {
    throw new Error('The REST API has no business with this');
  };
  return {
    getCluster: async () => clusterWith(),
    setConfigValue: async (...values) => {
      calls.push(told('setConfigValue', ...values));
      return true;
    },
    setFailover: async (...values) => {
      calls.push(told('setFailover', ...values));
      return true;
    },
    watch: unused,
    attemptToAcquireLeader: unused,
    updateLeader: unused,
    takeLeader: unused,
    deleteLeader: unused,
    writeStatus: unused,
    touchMember: unused,
    deleteMember: unused,
    initialize: unused,
    cancelInitialization: unused,
    writeSyncState: unused,
    deleteSyncState: unused,
    setHistory: unused,
    writeFailsafe: unused,
    setTtl: unused,
    setRetryTimeout: unused,
    close: unused,
    ...changes,
  };
}

/** A store that gives these clusters one after the other, the last one for ever. */
export function clustersInTurn(...clusters: readonly Cluster[]): () => Promise<Cluster> {
  let at = -1;
  return async () => {
    at = Math.min(at + 1, clusters.length - 1);
    return clusters[at] ?? clusterWith();
  };
}

/** Waiting costs no time: the clock moves on by it. */
export function fakeClock(): ClockPort {
  let passedMs = 0;
  return {
    now: () => nowMs + passedMs,
    monotonicMs: () => 1250 + passedMs,
    after: () => ({ cancel: () => undefined }),
    delay: async (delayMs, signal) => {
      signal?.throwIfAborted();
      passedMs += delayMs;
    },
  };
}

export function recordingLog(lines: string[]): LogPort {
  const at =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level} ${message}`);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    critical: at('critical'),
  };
}

export interface FakeHost extends ApiHost {
  readonly calls: Calls;
  readonly lines: string[];
}

export function fakeHost(
  changes: Partial<ApiHost> = {},
  dcs: (calls: Calls) => Dcs = (calls) => fakeDcs(calls),
): FakeHost {
  const calls: Calls = [];
  const lines: string[] = [];
  const note = (name: string, ...values: readonly unknown[]): void => {
    calls.push(told(name, ...values));
  };
  return {
    calls,
    lines,
    dcs: dcs(calls),
    clock: fakeClock(),
    log: recordingLog(lines),
    view: () => primary,
    freshView: async () => (changes.view ?? (() => primary))(),
    decisions: () => [],
    wake: () => note('wake'),
    peerWake: () => note('peerWake'),
    requestReload: () => note('requestReload'),
    requestRestart: async (request) => {
      note('requestRestart', request.published);
      return { isDone: true, message: 'restarted successfully' };
    },
    scheduleRestart: async (request) => {
      note('scheduleRestart', request.published);
      return true;
    },
    deleteScheduledRestart: async () => true,
    requestReinitialize: async (request) => {
      note('requestReinitialize', request);
      return null;
    },
    receiveFailsafe: (request) => {
      note('receiveFailsafe', request);
      return { kind: 'accepted', lsn: null };
    },
    askMembers: async (members) =>
      members.map(({ name }) => ({ ...unreachable(name), isReachable: true })),
    validateDynamic: () => [],
    ...changes,
  };
}

export function request(
  method: string,
  target: string,
  body?: unknown,
  changes: Partial<RestRequest> = {},
): RestRequest {
  const [path = '', query = ''] = target.split('?');
  return {
    method,
    path,
    query: new Map(new URLSearchParams(query)),
    headers: new Map(),
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    peerAddress: '127.0.0.1',
    hasClientCertificate: false,
    signal: new AbortController().signal,
    ...changes,
  };
}

export const openRestApi: RestApiConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  connectAddress: { host: '127.0.0.1', port: 8008 },
  protocol: 'http',
  authentication: null,
  certfile: null,
  keyfile: null,
  keyfilePassword: null,
  cafile: null,
  ciphers: null,
  verifyClient: 'none',
  allowlist: [],
  isAllowlistIncludingMembers: false,
  httpExtraHeaders: {},
  httpsExtraHeaders: {},
  requestQueueSize: 5,
  serverTokens: 'original',
};
