// The store's machine beside a real etcd: the same requests, one after the other, have to give the same answers,
// down to every revision, error and watch event. Whose ids they are, and sizes on disk, are taken from etcd.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { encodeBase64 } from '#core/store/base64.ts';
import type { EtcdRequest } from '#core/store/etcd-machine.ts';
import { handleRequest } from '#core/store/etcd-machine.ts';
import type { EtcdState } from '#core/store/etcd-state.ts';
import { emptyStore } from '#core/store/etcd-state.ts';
import { createWatch, eventsSince } from '#core/store/watch.ts';
import type { TestEtcd } from '../with-etcd.ts';
import { withEtcd } from '../with-etcd.ts';

const timeoutMs = 10_000;

/** Both stores, in step. */
class Pair {
  readonly #url: string;
  #state: EtcdState;

  private constructor(url: string, state: EtcdState) {
    this.#url = url;
    this.#state = state;
  }

  /** The machine of a new etcd: it takes over the etcd's ids and its revision. */
  static async of({ url }: TestEtcd): Promise<Pair> {
    const members = await post(url, { path: 'cluster/member/list', body: {} });
    const status = await post(url, { path: 'maintenance/status', body: {} });
    const header = status.body['header'] as JsonObject;
    const [member] = members.body['members'] as readonly JsonObject[];
    assert.equal(header['revision'], '1', 'the etcd is new');
    const state = emptyStore({
      clusterId: header['cluster_id'] as string,
      memberId: header['member_id'] as string,
      memberName: member?.['name'] as string,
      clientUrls: member?.['clientURLs'] as readonly string[],
      peerUrls: member?.['peerURLs'] as readonly string[],
      raftTerm: Number(header['raft_term']),
      version: status.body['version'] as string,
      minLeaseTtlSeconds: 1,
      historyLimit: 100_000,
    });
    return new Pair(url, state);
  }

  get revision(): number {
    return this.#state.revision;
  }

  get leases(): readonly string[] {
    return [...this.#state.leases.keys()].map(String);
  }

  /** Sends the request to both and compares the answers; returns them. */
  async same(request: EtcdRequest): Promise<JsonObject> {
    const real = await post(this.#url, request);
    const outcome = handleRequest(this.#state, request, performance.now());
    this.#state = outcome.state;
    const shown = JSON.stringify(request);
    assert.deepEqual(comparable(outcome.answer.body), comparable(real.body), shown);
    assert.equal(outcome.answer.status, real.status, shown);
    return real.body;
  }

  /** Opens the same watch on both, and compares what it tells of changes that were made already. */
  async sameWatch(request: JsonObject): Promise<void> {
    const expected: JsonObject[] = [];
    const created = createWatch(this.#state, request);
    expected.push(...created.answers);
    if (created.watch !== null) expected.push(...eventsSince(this.#state, created.watch).answers);
    const real = await watch(this.#url, request, expected.length);
    assert.deepEqual(real.map(comparable), expected.map(comparable), JSON.stringify(request));
  }

  /** Nothing is left in either, while their revisions go on. */
  async clear(): Promise<void> {
    await this.same({ path: 'kv/deleterange', body: { key: 'AA==', range_end: 'AA==' } });
    for (const ID of this.leases) await this.same({ path: 'lease/revoke', body: { ID } });
  }
}

async function post(
  url: string,
  { path, body }: EtcdRequest,
): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const place = path === 'version' ? `${url}/version` : `${url}/v3/${path}`;
  const answer = await fetch(place, {
    ...(path === 'version' ? {} : { method: 'POST', body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: answer.status, body: (await answer.json()) as JsonObject };
}

/** The first lines of a watch. */
async function watch(url: string, request: JsonObject, count: number): Promise<JsonObject[]> {
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(timeoutMs)]);
  const body = JSON.stringify({ create_request: request });
  const answer = await fetch(`${url}/v3/watch`, { method: 'POST', body, signal });
  const lines: JsonObject[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const ended = text.split('\n');
    text = ended.pop() ?? '';
    lines.push(...ended.map((line) => JSON.parse(line) as JsonObject));
    if (lines.length >= count) break;
  }
  ending.abort();
  return lines;
}

/** Without what two stores can't have in common: sizes, counters of raft, fractions of seconds, order of leases. */
function comparable(body: JsonObject): JsonValue {
  const hidden = new Set(['dbSize', 'dbSizeInUse', 'raftIndex', 'raftAppliedIndex']);
  const isEnding = 'grantedTTL' in body;
  const shown = (name: string, value: JsonValue): JsonValue => {
    if (hidden.has(name) || (isEnding && name === 'TTL')) return 'any';
    if ((name === 'leases' || name === 'keys') && Array.isArray(value)) {
      return value.map((each) => JSON.stringify(each)).toSorted();
    }
    // Their words are Go's; that the request is refused is what counts.
    const isOurs = typeof value === 'string' && value.startsWith('etcdserver: ');
    if ((name === 'error' || name === 'message') && !isOurs) return 'any';
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? comparable(value as JsonObject)
      : value;
  };
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, shown(name, value)]),
  );
}

const someKey = fc.constantFrom('a', 'a/1', 'a/2', 'b', 'b\u00ff', '\u0000', 'c').map(encodeBase64);
const someEnd = fc.constantFrom('', 'a', 'a0', 'b', 'c', '\u0000').map(encodeBase64);
const someValue = fc.constantFrom('', '1', '2', 'long value').map(encodeBase64);
const someFlag = fc.boolean();
const leaseIds = ['7', '8', '9'] as const;

/** Some of the fields, so that what is left out is tried too. */
function fields(
  required: Record<string, fc.Arbitrary<JsonValue>>,
  optional: Record<string, fc.Arbitrary<JsonValue>>,
): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([always, sometimes]) => ({ ...sometimes, ...always }) as JsonObject);
}

/** Revisions are given as distances from the present one, which is known only when the request is sent. */
const someRevision = fc.constantFrom(0, -1, -2, -3, 1, null);

const someRange = fields(
  { key: someKey },
  {
    range_end: someEnd,
    limit: fc.constantFrom('0', '1', '2', 3),
    sort_order: fc.constantFrom('NONE', 'ASCEND', 'DESCEND', 2),
    sort_target: fc.constantFrom('KEY', 'CREATE', 'MOD', 'VALUE', 'VERSION', 1),
    keys_only: someFlag,
    count_only: someFlag,
    serializable: someFlag,
  },
);
const somePut = fields(
  { key: someKey },
  {
    value: someValue,
    lease: fc.constantFrom('0', ...leaseIds),
    prev_kv: someFlag,
    ignore_value: fc.constantFrom(false, false, true),
    ignore_lease: fc.constantFrom(false, false, true),
  },
);
const someDelete = fields({ key: someKey }, { range_end: someEnd, prev_kv: someFlag });
const someCompare = fc.oneof(
  fields(
    { key: someKey, target: fc.constant('VALUE'), value: someValue },
    { result: fc.constantFrom('EQUAL', 'NOT_EQUAL', 'GREATER', 'LESS') },
  ),
  fields(
    { key: someKey, target: fc.constantFrom('VERSION', 'CREATE', 'MOD', 'LEASE') },
    {
      version: fc.constantFrom('0', '1', '2'),
      create_revision: fc.constantFrom('0', '1'),
      mod_revision: fc.constantFrom('0', '1'),
      lease: fc.constantFrom('0', '7'),
      range_end: someEnd,
      result: fc.constantFrom('EQUAL', 'NOT_EQUAL', 'GREATER', 'LESS'),
    },
  ).map((compare) => onlyOwnField(compare)),
);

/** The gateway takes one of the values only, whichever comes last. */
function onlyOwnField(compare: JsonObject): JsonObject {
  const own = {
    VERSION: 'version',
    CREATE: 'create_revision',
    MOD: 'mod_revision',
    LEASE: 'lease',
  };
  const name = own[compare['target'] as keyof typeof own];
  const others = new Set(Object.values(own).filter((each) => each !== name));
  return Object.fromEntries(Object.entries(compare).filter(([field]) => !others.has(field)));
}

const { txn: someTxn } = fc.letrec<{ txn: JsonObject; operation: JsonObject }>((tie) => ({
  operation: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 3, arbitrary: somePut.map((request_put) => ({ request_put })) },
    { weight: 2, arbitrary: someRange.map((request_range) => ({ request_range })) },
    { weight: 2, arbitrary: someDelete.map((request_delete_range) => ({ request_delete_range })) },
    { weight: 1, arbitrary: tie('txn').map((request_txn) => ({ request_txn })) },
  ),
  txn: fc.record(
    {
      compare: fc.array(someCompare, { maxLength: 2 }),
      success: fc.array(tie('operation'), { maxLength: 3 }),
      failure: fc.array(tie('operation'), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
}));

type Ask = (revision: number) => EtcdRequest;

function ask(path: string, body: fc.Arbitrary<JsonObject>): fc.Arbitrary<Ask> {
  return body.map((given) => () => ({ path, body: given }));
}

const someLease = fc.constantFrom(...leaseIds, '99').map((ID) => ({ ID }));
const someRequest: fc.Arbitrary<Ask> = fc.oneof(
  { weight: 6, arbitrary: ask('kv/put', somePut) },
  { weight: 3, arbitrary: ask('kv/range', someRange) },
  {
    weight: 2,
    arbitrary: fc.tuple(someRange, someRevision).map(([body, distance]) => (revision: number) => ({
      path: 'kv/range',
      body:
        distance === null ? body : { ...body, revision: String(Math.max(0, revision + distance)) },
    })),
  },
  { weight: 2, arbitrary: ask('kv/deleterange', someDelete) },
  { weight: 6, arbitrary: ask('kv/txn', someTxn) },
  {
    weight: 3,
    arbitrary: ask(
      'lease/grant',
      fc.constantFrom(...leaseIds).map((ID) => ({ ID, TTL: '600' })),
    ),
  },
  { weight: 1, arbitrary: ask('lease/keepalive', someLease) },
  { weight: 1, arbitrary: ask('lease/revoke', someLease) },
  {
    weight: 1,
    arbitrary: ask(
      'lease/timetolive',
      someLease.map((id) => ({ ...id, keys: true })),
    ),
  },
  { weight: 1, arbitrary: ask('lease/leases', fc.constant({})) },
  { weight: 1, arbitrary: ask('maintenance/status', fc.constant({})) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-4, -1, 0, 1).map((distance) => (revision: number) => ({
      path: 'kv/compaction',
      // Otherwise what was compacted can still be seen for a moment.
      body: { revision: String(Math.max(1, revision + distance)), physical: true },
    })),
  },
);

test('any sequence of requests gives the same answers and the same watch events', async () => {
  await withEtcd(async (etcd) => {
    const pair = await Pair.of(etcd);
    const watches = fc.record({
      prev_kv: someFlag,
      filters: fc.constantFrom([], ['NODELETE'], ['NOPUT']),
      distance: fc.constantFrom(-6, -2, 0, 1),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(someRequest, { maxLength: 25 }),
        watches,
        async (asks, watching) => {
          await pair.clear();
          for (const each of asks) await pair.same(each(pair.revision));
          const { distance, ...options } = watching;
          const start_revision = String(Math.max(1, pair.revision + distance));
          await pair.sameWatch({ key: 'AA==', range_end: 'AA==', start_revision, ...options });
          await pair.sameWatch({ key: encodeBase64('a'), start_revision, ...options });
        },
      ),
      { numRuns: 80, endOnFailure: true },
    );
  });
});

test('a request that makes no sense is refused with the same code', async () => {
  await withEtcd(async (etcd) => {
    const pair = await Pair.of(etcd);
    const key = 'YQ==';
    const requests: readonly (readonly [string, JsonObject])[] = [
      ['kv/range', {}],
      ['kv/range', { key: 'YQ' }],
      ['kv/range', { key: '_-==' }],
      ['kv/range', { key: 5 }],
      ['kv/range', { key: null }],
      ['kv/range', { key, limit: 'abc' }],
      ['kv/range', { key, limit: '1.5' }],
      ['kv/range', { key, limit: -1 }],
      ['kv/range', { key, sort_order: 'FOO' }],
      ['kv/range', { key, sort_order: 7 }],
      ['kv/range', { key, count_only: 'true' }],
      ['kv/range', { key, rangeEnd: 'eg==', countOnly: true }],
      ['kv/range', { key, unknown: 5 }],
      ['kv/range', { key, revision: '99' }],
      ['kv/put', {}],
      ['kv/put', { key, lease: '77' }],
      ['kv/put', { key, ignore_value: true }],
      ['kv/put', { key, ignore_value: true, value: key }],
      ['kv/put', { key, ignore_lease: true, lease: '5' }],
      ['kv/deleterange', {}],
      ['kv/txn', {}],
      ['kv/txn', { success: [{}] }],
      ['kv/txn', { compare: [{}] }],
      ['kv/txn', { success: Array.from({ length: 129 }, () => ({ request_range: { key } })) }],
      ['kv/txn', { success: Array.from({ length: 128 }, () => ({ request_range: { key } })) }],
      ['kv/compaction', { revision: '99' }],
      ['lease/grant', { ID: '5', TTL: '9000000001' }],
      ['lease/grant', { ID: '5', TTL: '-1' }],
      ['lease/grant', { ID: '5', TTL: '600' }],
      ['lease/keepalive', {}],
      ['lease/timetolive', {}],
      ['lease/revoke', {}],
      ['kv/lease/timetolive', { ID: '5' }],
      ['kv/lease/leases', {}],
      ['kv/lease/revoke', { ID: '5' }],
      ['auth/authenticate', { name: 'a', password: 'b' }],
      ['cluster/member/list', {}],
      ['version', {}],
    ];
    for (const [path, body] of requests) await pair.same({ path, body });
    await pair.sameWatch({ key: 'Yg==', range_end: 'YQ==' });
    await pair.sameWatch({});
  });
});

test('what a lease that runs out takes with it is told in the same events', async () => {
  await withEtcd(async (etcd) => {
    const pair = await Pair.of(etcd);
    await pair.same({ path: 'lease/grant', body: { ID: '7', TTL: '1' } });
    for (const name of ['b', 'a']) {
      await pair.same({ path: 'kv/put', body: { key: encodeBase64(name), lease: '7' } });
    }
    const start_revision = String(pair.revision + 1);
    // The real one tells it as soon as it looked; the machine then finds that the time is over, too.
    const body = { key: 'AA==', range_end: 'AA==', start_revision, prev_kv: true };
    await watch(etcd.url, body, 2);
    await pair.same({ path: 'kv/range', body: { key: 'AA==', range_end: 'AA==' } });
    await pair.sameWatch(body);
    await pair.same({ path: 'lease/timetolive', body: { ID: '7' } });
  });
});
