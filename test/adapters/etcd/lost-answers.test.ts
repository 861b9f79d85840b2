// Requests and answers that get lost between a member and etcd: whatever is tried again must come out as if
// it had been tried once. And answers that make no sense: each operation ends in a value or in a `DcsError`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { createAgents } from '#adapters/etcd/agents.ts';
import type { EtcdDcs } from '#adapters/etcd/etcd-dcs.ts';
import { HttpTransport } from '#adapters/etcd/http-transport.ts';
import type { CallOptions, EtcdAnswer, EtcdTransport } from '#adapters/etcd/transport.ts';
import { TransportError } from '#adapters/etcd/transport.ts';
import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import { DcsError } from '#adapters/ports/dcs.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { TestEtcd } from '../../with-etcd.ts';
import { withEtcd } from '../../with-etcd.ts';
import { dcsOf, testClock } from './test-ports.ts';

/** Loses one exchange, on its way there or, worse, on its way back; or all from that one on. */
class LossyTransport implements EtcdTransport {
  readonly #inner: EtcdTransport;
  readonly #lost: number;
  readonly #isCarriedOut: boolean;
  calls = 0;
  isHealed = true;

  constructor(etcd: TestEtcd, lost: number, isCarriedOut: boolean) {
    this.#inner = new HttpTransport({
      hosts: async () => Promise.resolve([etcd.url]),
      areHostsFixed: true,
      agents: async () => createAgents({ cacert: null, cert: null, key: null }),
      clock: testClock,
    });
    this.#lost = lost;
    this.#isCarriedOut = isCarriedOut;
  }

  async call(path: string, body: object | null, options: CallOptions): Promise<EtcdAnswer> {
    this.calls += 1;
    const isLost = this.calls === this.#lost;
    const isDown = !this.isHealed && this.calls > this.#lost;
    if (isDown || (isLost && !this.#isCarriedOut)) throw lost;
    const answer = await this.#inner.call(path, body, options);
    if (isLost) throw lost;
    return answer;
  }

  async stream(...args: Parameters<EtcdTransport['stream']>): Promise<void> {
    return this.#inner.stream(...args);
  }

  learnHosts(): void {
    // One host is all there is.
  }

  close(): void {
    this.#inner.close();
  }
}

const lost = new TransportError([{ host: 'etcd', problem: 'lost it' }]);

/** Each with what it must answer on an etcd without any key of this cluster. */
const operations: readonly {
  readonly name: string;
  readonly run: (dcs: EtcdDcs) => Promise<unknown>;
  readonly right: (answer: unknown) => boolean;
}[] = [
  { name: 'claim', run: async (dcs) => dcs.initialize(true, ''), right: (won) => won === true },
  {
    name: 'acquire',
    run: async (dcs) => dcs.attemptToAcquireLeader(),
    right: (won) => won === true,
  },
  {
    name: 'acquire, renew and give up',
    run: async (dcs) => [
      await dcs.attemptToAcquireLeader(),
      await dcs.updateLeader(),
      await dcs.deleteLeader(lsnOf(1)),
      (await dcs.getCluster()).status.lastLsn,
    ],
    right: (answers) => String(answers) === 'true,true,true,1',
  },
  {
    name: 'create a sync state, replace it and delete it',
    run: async (dcs) => {
      const first = await dcs.writeSyncState({ leader: 'a', voters: [], quorum: 0 }, null);
      const second = await dcs.writeSyncState({ leader: 'a', voters: ['b'], quorum: 0 }, first);
      const read = (await dcs.getCluster()).sync.modRevision;
      return [first !== null, second === read, await dcs.deleteSyncState(second)];
    },
    right: (answers) => String(answers) === 'true,true,true',
  },
  {
    name: 'create a configuration',
    run: async (dcs) => dcs.setConfigValue({ ttl: 30 }, null),
    right: (won) => won === true,
  },
  {
    name: 'write a member',
    run: async (dcs) => {
      await dcs.touchMember({ state: 'running' });
      return (await dcs.getCluster()).members.length;
    },
    right: (count) => count === 1,
  },
];

test('whichever exchange is lost, an operation comes out as if none had been', async () => {
  await withEtcd(async (etcd) => {
    let scope = 0;
    for (const { name, run, right } of operations) {
      for (const isCarriedOut of [false, true]) {
        let isReached = true;
        for (let at = 1; isReached; at += 1) {
          scope += 1;
          const transport = new LossyTransport(etcd, at, isCarriedOut);
          const dcs = dcsOf([], 'a', {
            transport,
            scope: `lossy-${scope}`,
            retryTimeoutSeconds: 10,
          });
          const answer = await run(dcs);
          assert.ok(right(answer), `${name}: ${String(answer)} with exchange ${at} lost`);
          isReached = transport.calls >= at;
          await dcs.close();
        }
      }
    }
  });
});

test('a claim whose second half could not be made is made by claiming again', async () => {
  await withEtcd(async (etcd) => {
    const counter = new LossyTransport(etcd, 0, true);
    const first = dcsOf([], 'a', { transport: counter, scope: 'count' });
    await first.initialize(true, '');
    const total = counter.calls;
    await first.close();
    for (const isCarriedOut of [false, true]) {
      const scope = `half-${isCarriedOut}`;
      const transport = new LossyTransport(etcd, total, isCarriedOut);
      transport.isHealed = false;
      const dcs = dcsOf([], 'a', { transport, scope, retryTimeoutSeconds: 1 });
      await assert.rejects(dcs.initialize(true, ''), DcsError);
      transport.isHealed = true;
      dcs.setRetryTimeout(10);
      const seen = (await dcs.getCluster()).initialize;
      assert.equal(seen, null, 'for ourselves it is still to be claimed');
      const other = dcsOf([etcd], 'b', { scope });
      assert.equal(await other.initialize(true, ''), false);
      assert.equal(await dcs.initialize(true, ''), true);
      assert.equal((await dcs.getCluster()).initialize, '');
      await other.close();
      await dcs.close();
    }
  });
});

test('a claim that is taken back again, as the first answer was lost, is not that of somebody else', async () => {
  await withEtcd(async (etcd) => {
    const counter = new LossyTransport(etcd, 0, true);
    const counted = dcsOf([], 'a', { transport: counter, scope: 'count' });
    await counted.initialize(true, '');
    const claimed = counter.calls;
    await counted.cancelInitialization();
    const total = counter.calls;
    await counted.close();
    assert.ok(total > claimed);
    const transport = new LossyTransport(etcd, total, true);
    const dcs = dcsOf([], 'a', { transport, scope: 'taken', retryTimeoutSeconds: 1 });
    await dcs.initialize(true, '');
    transport.isHealed = false;
    await assert.rejects(dcs.cancelInitialization(), DcsError);
    const other = dcsOf([etcd], 'b', { scope: 'taken' });
    assert.equal(await other.initialize(true, ''), true);
    transport.isHealed = true;
    dcs.setRetryTimeout(10);
    assert.equal(await dcs.cancelInitialization(), false);
    assert.equal((await other.getCluster()).initialize, '', 'the other one’s claim stands');
    await other.close();
    await dcs.close();
  });
});

/** Time that passes only by being waited for. */
function virtualClock(): ClockPort {
  let nowMs = 0;
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after: () => ({ cancel: () => undefined }),
    delay: async (delayMs) => {
      nowMs += delayMs;
      return Promise.resolve();
    },
  };
}

test('any answer at all ends an operation in a value or in a DcsError', async () => {
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        header: fc.oneof(
          fc.record({ revision: fc.oneof(fc.bigInt().map(String), fc.jsonValue()) }),
          fc.jsonValue(),
        ),
        etcdserver: fc.constantFrom('3.4.23', '3.5.0', 5),
        etcdcluster: fc.constantFrom('3.4.0', 'not_decided'),
        kvs: fc.oneof(
          fc.array(
            fc.dictionary(fc.constantFrom('key', 'value', 'lease', 'mod_revision'), fc.jsonValue()),
          ),
          fc.jsonValue(),
        ),
        ID: fc.oneof(fc.constant('77'), fc.jsonValue()),
        TTL: fc.oneof(fc.constant('20'), fc.jsonValue()),
        result: fc.jsonValue(),
        succeeded: fc.oneof(fc.boolean(), fc.jsonValue()),
        responses: fc.jsonValue(),
        error: fc.oneof(fc.constant('etcdserver: requested lease not found'), fc.jsonValue()),
        code: fc.integer({ min: 0, max: 16 }),
      },
      { requiredKeys: ['etcdserver', 'etcdcluster'] },
    ),
  );
  const answers = fc.array(fc.record({ status: fc.constantFrom(200, 200, 200, 404, 503), body }), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(answers, async (given) => {
      let at = 0;
      const transport: EtcdTransport = {
        call: async () => Promise.resolve(given[at++ % given.length] as EtcdAnswer),
        stream: async () => Promise.reject(lost),
        learnHosts: () => undefined,
        close: () => undefined,
      };
      const dcs = dcsOf([], 'a', { transport, clock: virtualClock() });
      const calls = [
        async () => dcs.getCluster(),
        async () => dcs.touchMember({ state: 'running' }),
        async () => dcs.attemptToAcquireLeader(),
        async () => dcs.updateLeader(),
        async () => dcs.initialize(true, ''),
        async () => dcs.writeSyncState({ leader: 'a', voters: [], quorum: 0 }, null),
        async () => dcs.deleteLeader(lsnOf(1)),
      ];
      for (const call of calls) {
        await call().catch((error: unknown) => assert.equal((error as Error).name, 'DcsError'));
      }
      await dcs.close();
    }),
    { numRuns: 300 },
  );
});
