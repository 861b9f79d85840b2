// The store's machine by itself: time, history and watches. That it answers as an etcd does is shown beside a
// real one, in test/conformance.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { decodeBase64, encodeBase64 } from '#core/store/base64.ts';
import { handleRequest, passTime } from '#core/store/etcd-machine.ts';
import type { EtcdSettings, EtcdState } from '#core/store/etcd-state.ts';
import { emptyStore, entriesAt } from '#core/store/etcd-state.ts';
import { nextExpiryMs } from '#core/store/leases.ts';
import { createWatch, eventsSince } from '#core/store/watch.ts';

const settings: EtcdSettings = {
  clusterId: '1',
  memberId: '2',
  memberName: 'a',
  clientUrls: ['http://127.0.0.1:2379'],
  peerUrls: [],
  raftTerm: 3,
  version: '3.4.23',
  minLeaseTtlSeconds: 2,
  historyLimit: 1000,
};

/** Sends requests one after the other. */
class Store {
  state: EtcdState;
  nowMs = 0;
  constructor(more: Partial<EtcdSettings> = {}) {
    this.state = emptyStore({ ...settings, ...more });
  }

  ask(path: string, body: JsonObject = {}): JsonObject {
    const { state, answer } = handleRequest(this.state, { path, body }, this.nowMs);
    this.state = state;
    return answer.body;
  }

  put(key: string, value: string, more: JsonObject = {}): void {
    this.ask('kv/put', { key: encodeBase64(key), value: encodeBase64(value), ...more });
  }

  delete(key: string): void {
    this.ask('kv/deleterange', { key: encodeBase64(key) });
  }

  keys(): readonly string[] {
    return [...this.state.entries.keys()].toSorted();
  }
}

const everything = { key: 'AA==', range_end: 'AA==' };

test('a key lives as long as its lease, and goes at the very moment that ends', () => {
  const store = new Store();
  store.ask('lease/grant', { ID: '7', TTL: '20' });
  store.put('leader', 'a', { lease: '7' });
  store.put('config', '{}');
  assert.equal(nextExpiryMs(store.state), 20_000);
  store.nowMs = 10_000;
  store.ask('lease/keepalive', { ID: '7' });
  store.nowMs = 29_999;
  store.ask('kv/range', everything);
  assert.deepEqual(store.keys(), ['config', 'leader']);
  const { state, events } = passTime(store.state, 30_000);
  assert.deepEqual([...state.entries.keys()], ['config']);
  assert.deepEqual(
    events.map(({ kind, kv }) => [kind, kv.key, kv.modRevision]),
    [['delete', 'leader', 4]],
  );
  assert.equal(nextExpiryMs(state), null);
});

test('a lease that ran out can neither be renewed nor used', () => {
  const store = new Store();
  store.ask('lease/grant', { ID: '7', TTL: '5' });
  store.nowMs = 5000;
  const renewed = store.ask('lease/keepalive', { ID: '7' })['result'] as JsonObject;
  assert.equal(renewed['TTL'], undefined);
  assert.equal(store.ask('kv/put', { key: 'YQ==', lease: '7' })['code'], 5);
});

test('short leases are made as long as the shortest there is, and ids are never given twice', () => {
  const store = new Store();
  const [one, other] = [1, 1].map((TTL) => store.ask('lease/grant', { TTL }));
  assert.equal(one?.['TTL'], '2');
  assert.notEqual(one?.['ID'], other?.['ID']);
});

test('a key written anew without a lease does not go with its old one', () => {
  const store = new Store();
  store.ask('lease/grant', { ID: '7', TTL: '5' });
  store.put('a', '1', { lease: '7' });
  store.put('a', '2');
  store.nowMs = 6000;
  store.ask('kv/range', everything);
  assert.deepEqual(store.keys(), ['a']);
});

test('of two that create the leader key in a transaction the first wins', () => {
  const store = new Store();
  const take = (name: string): unknown =>
    store.ask('kv/txn', {
      compare: [{ target: 'CREATE', key: encodeBase64('leader'), create_revision: '0' }],
      success: [{ request_put: { key: encodeBase64('leader'), value: encodeBase64(name) } }],
    })['succeeded'];
  assert.deepEqual([take('a'), take('b')], [true, undefined]);
  assert.equal(store.state.entries.get('leader')?.value, 'a');
});

test('a refused transaction changes nothing', () => {
  const store = new Store();
  const before = store.state;
  const answer = store.ask('kv/txn', {
    success: [{ request_put: { key: 'YQ==' } }, { request_put: { key: 'Yg==', lease: '5' } }],
  });
  assert.equal(answer['code'], 5);
  assert.equal(store.state, before);
});

test('the history has a bound, and who asks for more is told that it was compacted', () => {
  const store = new Store({ historyLimit: 10 });
  const { watch: old } = createWatch(store.state, { ...everything, start_revision: '2' });
  assert.ok(old !== null);
  for (let count = 0; count < 25; count += 1) store.put('a', String(count));
  assert.ok(store.state.log.length <= 10);
  const { watch, answers } = eventsSince(store.state, old);
  assert.equal(watch, null);
  const [{ result } = {}] = answers;
  const { canceled, compact_revision } = result as JsonObject;
  assert.deepEqual([canceled, compact_revision], [true, String(store.state.compactRevision)]);
  const { compactRevision } = store.state;
  const asked = { ...everything, revision: String(compactRevision - 1) };
  assert.equal(store.ask('kv/range', asked)['code'], 11);
  assert.equal(
    store.ask('kv/range', { ...asked, revision: String(compactRevision) })['count'],
    '1',
  );
});

test('a watch tells each change of its keys once', () => {
  const store = new Store();
  store.put('/a/leader', 'x');
  const range = { key: encodeBase64('/a/'), range_end: encodeBase64('/a0') };
  let { watch } = createWatch(store.state, { ...range, prev_kv: true });
  const told = (): readonly string[] => {
    assert.ok(watch !== null);
    const outcome = eventsSince(store.state, watch);
    ({ watch } = outcome);
    return outcome.answers.flatMap(({ result }) =>
      ((result as JsonObject)['events'] as readonly JsonObject[]).map(({ type, kv, prev_kv }) => {
        const key = decodeBase64((kv as JsonObject)['key'] as string);
        return `${type === undefined ? 'PUT' : 'DELETE'} ${key} ${prev_kv === undefined ? 'new' : 'known'}`;
      }),
    );
  };
  assert.deepEqual(told(), []);
  store.put('/a/leader', 'y');
  store.put('/b/leader', 'y');
  store.put('/a/config', '{}');
  store.delete('/a/leader');
  assert.deepEqual(told(), ['PUT /a/leader known', 'PUT /a/config new', 'DELETE /a/leader known']);
  assert.deepEqual(told(), []);
});

test('what is no path of the gateway is not found', () => {
  const { answer } = handleRequest(emptyStore(settings), { path: 'kv/nothing', body: {} }, 0);
  assert.equal(answer.status, 404);
});

const someWrite = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  kind: fc.constantFrom('put', 'put', 'delete', 'both'),
  value: fc.constantFrom('1', '2'),
});

test('every revision reads as it was, and no request changes a state that was handed out', () => {
  fc.assert(
    fc.property(fc.array(someWrite, { maxLength: 30 }), (writes) => {
      const store = new Store();
      const states = [store.state];
      const shown: string[] = [];
      const show = (state: EtcdState): string =>
        JSON.stringify([...state.entries.values()], (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
      for (const { kind, key, value } of writes) {
        shown.push(show(store.state));
        if (kind === 'put') store.put(key, value);
        else if (kind === 'delete') store.delete(key);
        else {
          const put = { key: encodeBase64(key), value: encodeBase64(value) };
          const other = encodeBase64(key === 'a' ? 'b' : 'a');
          store.ask('kv/txn', {
            success: [{ request_put: put }, { request_delete_range: { key: other } }],
          });
        }
        states.push(store.state);
      }
      for (const [index, text] of shown.entries())
        assert.equal(show(states[index] as EtcdState), text);
      for (const state of states) {
        assert.deepEqual(entriesAt(store.state, state.revision), state.entries);
      }
    }),
  );
});

test('base64 is read and written as everybody does', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      assert.equal(encodeBase64(Buffer.from(bytes).toString('latin1')), text);
      assert.equal(decodeBase64(text), Buffer.from(bytes).toString('latin1'));
    }),
  );
  for (const text of ['YQ', 'YQ=', '_-==', 'Y', '====', 'YQ==YQ==', ' YQ==']) {
    assert.equal(decodeBase64(text), null, text);
  }
});
