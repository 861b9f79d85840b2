// Leases: granted for a time, kept alive, revoked, and run out; the keys attached to one go with it.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { encodeBase64 } from './base64.ts';
import { Draft } from './draft.ts';
import { EtcdError, leaseExists, leaseNotFound, leaseTooLong } from './etcd-error.ts';
import type { EtcdState, StoreEvent } from './etcd-state.ts';
import { readBigInteger, readFlag, readInteger } from './read-json.ts';
import { withoutZeros } from './render-json.ts';

/** What an operation left behind: the answer is without its header. */
export interface LeaseOutcome {
  readonly state: EtcdState;
  readonly answer: JsonObject;
  readonly events: readonly StoreEvent[];
}

const longestTtlSeconds = 9_000_000_000;

/** Takes away every lease that has run out, each with its keys in a revision of its own. */
export function expireLeases(
  start: EtcdState,
  nowMs: number,
): Pick<LeaseOutcome, 'state' | 'events'> {
  const events: StoreEvent[] = [];
  let state = start;
  const ended = [...start.leases.values()]
    .filter(({ deadlineMs }) => deadlineMs <= nowMs)
    .toSorted((one, other) => one.deadlineMs - other.deadlineMs);
  for (const { id } of ended) {
    const revoked = removeLease(state, id);
    state = revoked.state;
    events.push(...revoked.events);
  }
  return { state, events };
}

/** When the next lease runs out, on the clock of `nowMs`; null: none will. */
export function nextExpiryMs({ leases }: EtcdState): number | null {
  return leases.size === 0
    ? null
    : Math.min(...[...leases.values()].map(({ deadlineMs }) => deadlineMs));
}

export function grantLease(state: EtcdState, request: JsonObject, nowMs: number): LeaseOutcome {
  const asked = readBigInteger(request, 'ID');
  const id = asked === 0n ? freeId(state) : asked;
  const ttl = readInteger(request, 'TTL');
  if (ttl > longestTtlSeconds) throw new EtcdError(leaseTooLong);
  if (state.leases.has(id)) throw new EtcdError(leaseExists);
  const ttlSeconds = Math.max(ttl, state.settings.minLeaseTtlSeconds);
  const lease = { id, ttlSeconds, deadlineMs: nowMs + ttlSeconds * 1000 };
  return {
    state: {
      ...state,
      leases: new Map([...state.leases, [id, lease]]),
      lastLease: asked === 0n ? id : state.lastLease,
    },
    answer: { ID: String(id), TTL: String(ttlSeconds) },
    events: [],
  };
}

/** A lease that is not there is answered without a time. */
export function keepLeaseAlive(state: EtcdState, request: JsonObject, nowMs: number): LeaseOutcome {
  const id = readBigInteger(request, 'ID');
  const lease = state.leases.get(id);
  if (lease === undefined) return { state, answer: withoutZeros({ ID: String(id) }), events: [] };
  const renewed = { ...lease, deadlineMs: nowMs + lease.ttlSeconds * 1000 };
  return {
    state: { ...state, leases: new Map([...state.leases, [id, renewed]]) },
    answer: { ID: String(id), TTL: String(lease.ttlSeconds) },
    events: [],
  };
}

export function revokeLease(state: EtcdState, request: JsonObject): LeaseOutcome {
  const id = readBigInteger(request, 'ID');
  if (!state.leases.has(id)) throw new EtcdError(leaseNotFound);
  return { ...removeLease(state, id), answer: {} };
}

/** Whole seconds that are left, with the keys attached where they are asked for. */
export function showLease(state: EtcdState, request: JsonObject, nowMs: number): JsonObject {
  const id = readBigInteger(request, 'ID');
  const lease = state.leases.get(id);
  if (lease === undefined) return withoutZeros({ ID: String(id), TTL: '-1' });
  const keys = readFlag(request, 'keys') ? keysOf(state, id).map(encodeBase64) : [];
  return withoutZeros({
    ID: String(id),
    TTL: String(Math.floor((lease.deadlineMs - nowMs) / 1000)),
    grantedTTL: String(lease.ttlSeconds),
    keys,
  });
}

/** Those that end first come first. */
export function listLeases({ leases }: EtcdState): JsonObject {
  const ids = [...leases.values()]
    .toSorted((one, other) => one.deadlineMs - other.deadlineMs)
    .map(({ id }) => ({ ID: String(id) }));
  return withoutZeros({ leases: ids });
}

function removeLease(state: EtcdState, id: bigint): Pick<LeaseOutcome, 'state' | 'events'> {
  const draft = new Draft(state);
  for (const key of keysOf(state, id)) draft.delete({ key, end: null });
  const leases = new Map(state.leases);
  leases.delete(id);
  return { state: { ...draft.commit(), leases }, events: draft.events };
}

function keysOf({ entries }: EtcdState, id: bigint): readonly string[] {
  return [...entries.values()]
    .filter(({ lease }) => lease === id)
    .map(({ key }) => key)
    .toSorted();
}

function freeId({ leases, lastLease }: EtcdState): bigint {
  let id = lastLease + 1n;
  while (leases.has(id)) id += 1n;
  return id;
}
