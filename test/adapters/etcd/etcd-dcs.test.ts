// The store against a real etcd: what members promise each other, and what happens when etcd does not answer.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { DcsError } from '#adapters/ports/dcs.ts';
import type { DcsChange } from '#adapters/ports/dcs.ts';
import type { EtcdDcs } from '#adapters/etcd/etcd-dcs.ts';
import { clusterTimeline } from '#core/dcs/cluster-facts.ts';
import { emptyCluster } from '#core/dcs/read-cluster.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { TestEtcd } from '../../with-etcd.ts';
import { withEtcd } from '../../with-etcd.ts';
import { configOf, dcsOf, failureOf, KeptLog, testClock, until } from './test-ports.ts';

const run = promisify(execFile);

/** Runs `body` with an etcd and the store as members `a` and `b` see it. */
async function withMembers(
  body: (a: EtcdDcs, b: EtcdDcs, etcd: TestEtcd) => Promise<void>,
): Promise<void> {
  await withEtcd(async (etcd) => {
    const [a, b] = [dcsOf([etcd], 'a'), dcsOf([etcd], 'b')];
    try {
      await body(a, b, etcd);
    } finally {
      await a.close();
      await b.close();
    }
  });
}

async function etcdctl(etcd: TestEtcd, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('etcdctl', [`--endpoints=${etcd.url}`, ...args], {
    env: { ...process.env, ETCDCTL_API: '3' },
  });
  return stdout;
}

test('one of two members that race for the leader key has it, and only that one renews it', async () => {
  await withMembers(async (a, b) => {
    const won = await Promise.all([a.attemptToAcquireLeader(), b.attemptToAcquireLeader()]);
    assert.deepEqual(won.toSorted(), [false, true]);
    const [winner, loser] = won[0] ? [a, b] : [b, a];

    assert.equal(await winner.updateLeader(), true);
    assert.equal(await loser.updateLeader(), false);
    // As after an answer that was lost.
    assert.equal(await winner.attemptToAcquireLeader(), true);
    assert.equal(await loser.attemptToAcquireLeader(), false);
    assert.equal(await loser.deleteLeader(null), false);
    assert.equal((await loser.getCluster()).leader?.name, won[0] ? 'a' : 'b');

    assert.equal(await winner.deleteLeader(null), true);
    assert.equal(await loser.attemptToAcquireLeader(), true);
    assert.equal(await winner.updateLeader(), false);
    assert.equal(
      await winner.writeStatus({ lastLsn: lsnOf(1), slots: {}, retainSlots: [] }),
      false,
    );
  });
});

test('whoever sees that nobody leads sees the last position, and slots are kept', async () => {
  await withMembers(async (a, b) => {
    await a.attemptToAcquireLeader();
    const status = { lastLsn: lsnOf(2n ** 60n), slots: { b: lsnOf(7) }, retainSlots: ['b'] };
    assert.equal(await a.writeStatus(status), true);
    assert.deepEqual((await b.getCluster()).status, status);

    await a.deleteLeader(lsnOf(2n ** 60n + 1n));

    const cluster = await b.getCluster();
    assert.equal(cluster.leader, null);
    assert.deepEqual(cluster.status, { ...status, lastLsn: 2n ** 60n + 1n });
  });
});

test('slots are kept also by a member that never read the cluster', async () => {
  await withMembers(async (a, b, etcd) => {
    await a.attemptToAcquireLeader();
    await a.writeStatus({ lastLsn: lsnOf(5), slots: { b: lsnOf(7) }, retainSlots: [] });
    const again = dcsOf([etcd], 'a');
    assert.equal(await again.deleteLeader(lsnOf(6)), true);
    await again.close();
    const { status } = await b.getCluster();
    assert.deepEqual(status, { lastLsn: 6n, slots: { b: 7n }, retainSlots: [] });
  });
});

test('the keys of a member that says nothing any more go when its lease ends', async () => {
  await withEtcd(async (etcd) => {
    const [a, b] = [dcsOf([etcd], 'a', { ttlSeconds: 1 }), dcsOf([etcd], 'b')];
    await a.attemptToAcquireLeader();
    await a.touchMember({ state: 'running' });
    assert.equal((await b.getCluster()).members.length, 1);

    await until(
      async () => b.getCluster(),
      ({ leader, members }) => leader === null && members.length === 0,
    );

    assert.equal(await a.updateLeader(), false);
    await a.touchMember({ state: 'running' });
    assert.equal((await b.getCluster()).members.length, 1);
    assert.equal(await a.attemptToAcquireLeader(), true);
    await a.close();
    await b.close();
  });
});

test('a lease that was taken away is replaced by another, and the leader key is not taken with it', async () => {
  await withMembers(async (a, b, etcd) => {
    const revoke = async (id: string): Promise<string> =>
      etcdctl(etcd, 'lease', 'revoke', BigInt(id).toString(16));
    await a.touchMember({ state: 'starting' });
    await revoke((await b.getCluster()).members[0]?.session ?? '');
    await a.touchMember({ state: 'running' });
    assert.equal((await b.getCluster()).members[0]?.state, 'running');

    await a.attemptToAcquireLeader();
    const lease = (await a.getCluster()).leader?.session ?? '';
    await revoke(lease);
    await b.attemptToAcquireLeader();

    assert.equal(await a.updateLeader(), false);
    await a.touchMember({ state: 'running' });
    const { leader, members } = await b.getCluster();
    assert.equal(leader?.name, 'b');
    assert.notEqual(members[0]?.session, lease);
  });
});

test('a leader that was started again hangs its key on its new lease', async () => {
  await withMembers(async (a, b, etcd) => {
    await a.attemptToAcquireLeader();
    for (const isRead of [true, false]) {
      const before = (await b.getCluster()).leader?.session;
      const again = dcsOf([etcd], 'a', { ttlSeconds: isRead ? 21 : 22 });
      if (isRead) await again.getCluster();
      assert.equal(await again.updateLeader(), true);
      const after = (await b.getCluster()).leader;
      assert.equal(after?.name, 'a');
      assert.notEqual(after?.session, before);
      assert.equal(await again.updateLeader(), true);
      assert.equal((await b.getCluster()).leader?.modRevision, after?.modRevision);
      await again.close();
    }
  });
});

test('another ttl takes another lease, to which all keys move', async () => {
  await withMembers(async (a, b) => {
    await a.attemptToAcquireLeader();
    await a.touchMember({ state: 'running' });
    const before = (await b.getCluster()).leader?.session;

    a.setTtl(40);

    assert.equal(await a.updateLeader(), true);
    await a.touchMember({ state: 'running' });
    const { leader, members } = await b.getCluster();
    assert.notEqual(leader?.session, before);
    assert.equal(members[0]?.session, leader?.session);
    assert.ok(a.leaseValidUntilMs - testClock.monotonicMs() > 35_000);
  });
});

test('a member is written when it changed or went missing, and not otherwise', async () => {
  await withMembers(async (a, b, etcd) => {
    /** How often the key was written since it is there; 0 while it is not. */
    const writes = async (): Promise<number> => {
      const found = await etcdctl(etcd, 'get', '/service/batman/members/a', '-w', 'fields');
      return Number(/"Version" : (\d+)/u.exec(found)?.[1] ?? 0);
    };
    await a.touchMember({ state: 'running', tags: { x: 1, y: 2 } });
    await a.touchMember({ tags: { y: 2, x: 1 }, state: 'running' });
    assert.equal(await writes(), 1);
    await a.touchMember({ state: 'stopped' });
    assert.equal(await writes(), 2);
    assert.equal((await b.getCluster()).members[0]?.state, 'stopped');
    await a.deleteMember();
    assert.equal(await writes(), 0);
    await a.touchMember({ state: 'stopped' });
    assert.equal(await writes(), 1);
  });
});

test('a member key that somebody deleted is written again after the next read', async () => {
  await withMembers(async (a, _b, etcd) => {
    await a.touchMember({ state: 'running' });
    await etcdctl(etcd, 'del', '/service/batman/members/a');
    assert.deepEqual((await a.getCluster()).members, []);
    await a.touchMember({ state: 'running' });
    assert.equal((await a.getCluster()).members.length, 1);
  });
});

test('only one member claims a new cluster, and whoever gives up lets another claim it', async () => {
  await withMembers(async (a, b) => {
    const won = await Promise.all([a.initialize(true, ''), b.initialize(true, '')]);
    assert.deepEqual(won.toSorted(), [false, true]);
    assert.equal((await a.getCluster()).initialize, '');
    assert.equal((await b.getCluster()).initialize, '');
    const [winner, loser] = won[0] ? [a, b] : [b, a];
    await winner.cancelInitialization();
    assert.equal(await loser.initialize(true, ''), true);
    assert.equal(await loser.initialize(false, '7412345678901234567'), true);
    assert.equal(await loser.takeLeader(), true);
    assert.equal(await winner.initialize(true, ''), false);
    const cluster = await winner.getCluster();
    assert.equal(cluster.initialize, '7412345678901234567');
    assert.equal(await loser.updateLeader(), true);
  });
});

test('a claim of a new cluster outlives the lease of its claimer', async () => {
  await withMembers(async (a, b, etcd) => {
    await a.initialize(true, '');
    await a.touchMember({ state: 'running' });
    const lease = (await b.getCluster()).members[0]?.session ?? '';
    await etcdctl(etcd, 'lease', 'revoke', BigInt(lease).toString(16));
    const cluster = await b.getCluster();
    assert.deepEqual([cluster.members, cluster.initialize], [[], '']);
  });
});

test('a write that somebody was faster with is refused, and the key is as the other left it', async () => {
  await withMembers(async (a, b) => {
    const created = await a.writeSyncState({ leader: 'a', voters: ['b'], quorum: 0 }, null);
    assert.ok(created !== null);
    assert.equal(await b.writeSyncState({ leader: 'b', voters: [], quorum: 0 }, null), null);
    assert.equal((await b.getCluster()).sync.modRevision, created);
    const next = await b.writeSyncState({ leader: 'b', voters: ['a'], quorum: 1 }, created);
    assert.ok(next !== null);
    assert.equal(await a.writeSyncState({ leader: 'a', voters: [], quorum: 0 }, created), null);
    assert.equal(await a.deleteSyncState(created), false);
    assert.equal((await a.getCluster()).sync.leader, 'b');
    assert.equal(await a.deleteSyncState(next), true);
    assert.equal((await a.getCluster()).sync.modRevision, null);

    assert.equal(await a.setConfigValue({ ttl: 30 }, null), true);
    assert.equal(await b.setConfigValue({ ttl: 40 }, null), false);
    const { config } = await b.getCluster();
    assert.deepEqual(config?.data, { ttl: 30 });
    assert.equal(await b.setConfigValue({ ttl: 40 }, config?.modRevision ?? ''), true);
    assert.equal(await a.setConfigValue({ ttl: 50 }, config?.modRevision ?? ''), false);
    assert.equal(await a.setConfigValue({ ttl: 50 }), true);

    await a.setFailover({ leader: 'a', candidate: 'b', scheduledAt: null });
    const { failover } = await b.getCluster();
    assert.deepEqual([failover?.leader, failover?.candidate], ['a', 'b']);
    assert.equal(await b.setFailover(null, failover?.modRevision), true);
    assert.equal((await b.getCluster()).failover, null);
  });
});

test('history and failsafe are read as they were written', async () => {
  await withMembers(async (a, b) => {
    const line = {
      timeline: 1,
      lsn: lsnOf(2n ** 55n + 1n),
      reason: 'no recovery target specified',
      timestamp: '2026-11-20T12:00:00.123456+00:00',
      newLeader: 'b',
    };
    await a.setHistory([line]);
    await a.writeFailsafe({ a: 'http://127.0.0.1:8008/patroni' });
    const cluster = await b.getCluster();
    assert.deepEqual(cluster.history?.lines, [line]);
    assert.equal(clusterTimeline(cluster), 2);
    assert.deepEqual(cluster.failsafe, { a: 'http://127.0.0.1:8008/patroni' });
  });
});

test('every change is told once and in order, also of the time when etcd was away', async () => {
  await withMembers(async (a, b, etcd) => {
    await a.getCluster();
    const changes: DcsChange[] = [];
    let lost = 0;
    const stop = new AbortController();
    a.watch(
      (change) => changes.push(change),
      () => (lost += 1),
      stop.signal,
    );
    await b.attemptToAcquireLeader();
    await until(
      () => changes.length,
      (count) => count === 1,
    );

    await etcd.stop();
    await etcd.start();
    await b.writeStatus({ lastLsn: lsnOf(5), slots: {}, retainSlots: [] });
    await b.deleteLeader(null);
    await until(
      () => changes.length,
      (count) => count === 3,
    );

    assert.deepEqual(changes, [
      { key: 'leader', kind: 'put', value: 'b' },
      { key: 'status', kind: 'put', value: '{"optime":5}' },
      { key: 'leader', kind: 'delete', value: '' },
    ]);
    assert.equal(lost, 0);
    stop.abort();
    await b.attemptToAcquireLeader();
    assert.equal(changes.length, 3);
  });
});

test('a watch says that it may have missed changes when etcd forgot them or lost its data', async () => {
  await withMembers(async (a, b, etcd) => {
    for (const value of [1, 2, 3]) await b.setConfigValue({ value });
    await a.getCluster();
    const changes: string[] = [];
    let lost = 0;
    a.watch(
      ({ value }) => changes.push(value),
      () => (lost += 1),
      new AbortController().signal,
    );
    await b.setConfigValue({ value: 4 });
    await until(
      () => changes.length,
      (count) => count === 1,
    );

    await etcd.stop();
    etcd.wipe();
    await etcd.start();
    await until(
      () => lost,
      (times) => times === 1,
    );
    await b.setConfigValue({ value: 5 });
    await until(
      () => changes.at(-1),
      (value) => value === '{"value":5}',
    );

    const late = dcsOf([etcd], 'c');
    await late.getCluster();
    for (const value of [6, 7, 8]) await b.setConfigValue({ value });
    const revision = JSON.parse(await etcdctl(etcd, 'get', 'x', '-w', 'json')) as {
      readonly header: { readonly revision: number };
    };
    await etcdctl(etcd, 'compaction', String(revision.header.revision));
    const seen: string[] = [];
    let isLost = false;
    late.watch(
      ({ value }) => seen.push(value),
      () => (isLost = true),
      new AbortController().signal,
    );
    await until(() => isLost, Boolean);
    await b.setConfigValue({ value: 9 });
    await until(
      () => seen.at(-1),
      (value) => value === '{"value":9}',
    );
    await late.close();
  });
});

test('a stream that died without a sign of it is begun anew once a read shows more than it brought', async () => {
  await withEtcd(async (etcd) => {
    await withSilentStreams(etcd.port, async (port, silence) => {
      const [a, b] = [
        dcsOf([{ host: '127.0.0.1', port }], 'a', {
          config: configOf([{ host: '127.0.0.1', port }], { isUsingProxies: true }),
        }),
        dcsOf([etcd], 'b'),
      ];
      await a.getCluster();
      const changes: string[] = [];
      a.watch(
        ({ value }) => changes.push(value),
        () => assert.fail(),
        new AbortController().signal,
      );
      await b.setConfigValue({ value: 1 });
      await until(
        () => changes.length,
        (count) => count === 1,
      );
      silence();
      await b.setConfigValue({ value: 2 });
      await a.getCluster();
      await until(
        () => changes.length,
        (count) => count === 2,
      );
      await a.close();
      await b.close();
    });
  });
});

test('an etcd that is frozen ends in an error within the retry timeout, and serves again afterwards', async () => {
  await withMembers(async (a, b, etcd) => {
    await a.attemptToAcquireLeader();
    etcd.freeze();
    const failures = await Promise.all([
      failureOf(a.updateLeader()),
      failureOf(a.getCluster()),
      failureOf(a.touchMember({ state: 'running' })),
      failureOf(b.writeSyncState({ leader: 'b', voters: [], quorum: 0 }, null)),
    ]);
    etcd.thaw();
    for (const { error, tookMs } of failures) {
      assert.ok(tookMs > 1000 && tookMs < 3600, `${tookMs} ms`);
      assert.match(
        error.message,
        /^Cannot .* within 3 s: http:\/\/127\.0\.0\.1:\d+ gave no answer within/u,
      );
      assert.match(error.hint, /etcdctl endpoint status/u);
    }
    assert.equal(await a.updateLeader(), true);
    assert.equal((await b.getCluster()).leader?.name, 'a');
  });
});

test('an etcd that is down ends in an error, and a call that is under way when it comes back succeeds', async () => {
  await withMembers(async (a, b, etcd) => {
    await a.attemptToAcquireLeader();
    await etcd.stop();
    const { error } = await failureOf(a.getCluster());
    assert.match(
      error.message,
      /^Cannot read the cluster '\/service\/batman\/' from etcd within 3 s: http:\/\/127\.0\.0\.1:\d+ refused the connection \(\d+ times\)$/u,
    );
    b.setRetryTimeout(30);
    const read = b.getCluster();
    await etcd.start();
    assert.equal((await read).leader?.name, 'a');
  });
});

test('an etcd that lost its data is an empty cluster, in which a member can begin anew', async () => {
  await withEtcd(async (etcd) => {
    const log = new KeptLog();
    const a = dcsOf([etcd], 'a', { log });
    await a.attemptToAcquireLeader();
    await a.touchMember({ state: 'running' });
    await a.setConfigValue({ ttl: 30 });
    await a.getCluster();
    await etcd.stop();
    etcd.wipe();
    await etcd.start();

    assert.deepEqual(await a.getCluster(), emptyCluster);
    assert.match(log.lines.join('\n'), /lost data/u);
    assert.equal(await a.updateLeader(), false);
    await a.touchMember({ state: 'running' });
    assert.equal(await a.attemptToAcquireLeader(), true);
    assert.equal((await a.getCluster()).members.length, 1);
    await a.close();
  });
});

test('closing ends what is under way at once', async () => {
  await withMembers(async (a, _b, etcd) => {
    await a.getCluster();
    etcd.freeze();
    const [failure] = await Promise.all([failureOf(a.getCluster()), a.close()]);
    etcd.thaw();
    assert.ok(failure.error instanceof DcsError);
    assert.ok(failure.tookMs < 1000);
  });
});

test('with user and password the member logs in, and again when etcd knows its token no more', async () => {
  await withEtcd(async (etcd) => {
    const secret = 'p%"\'$$ ü\n';
    await etcdctl(etcd, 'user', 'add', `root:${secret}`, '--no-password=false');
    await etcdctl(etcd, 'user', 'grant-role', 'root', 'root').catch(async () => {
      await etcdctl(etcd, 'role', 'add', 'root');
      await etcdctl(etcd, 'user', 'grant-role', 'root', 'root');
    });
    await etcdctl(etcd, 'user', 'add', 'agent:secret');
    await etcdctl(etcd, 'role', 'add', 'agent');
    await etcdctl(
      etcd,
      'role',
      'grant-permission',
      'agent',
      'readwrite',
      '--prefix=true',
      '/service/batman/',
    );
    await etcdctl(etcd, 'user', 'grant-role', 'agent', 'agent');
    await etcdctl(etcd, 'auth', 'enable');
    const as = (username: string | null, password: string | null, scope = 'batman'): EtcdDcs =>
      dcsOf([etcd], 'a', { config: configOf([etcd], { username, password }), scope });
    const agent = as('agent', 'secret');
    const changes: string[] = [];
    assert.equal(await agent.attemptToAcquireLeader(), true);
    await agent.getCluster();
    agent.watch(
      ({ key }) => changes.push(key),
      () => assert.fail(),
      new AbortController().signal,
    );

    // Simple tokens are in the memory of etcd.
    await etcd.stop();
    await etcd.start();
    assert.equal(await agent.updateLeader(), true);
    await agent.touchMember({ state: 'running' });
    await until(
      () => changes,
      ([key]) => key === 'members/a',
    );
    const root = as('root', secret);
    assert.equal((await root.getCluster()).leader?.name, 'a');

    const refusals: readonly (readonly [EtcdDcs, RegExp, RegExp])[] = [
      [as('agent', 'wrong'), /authentication failed/u, /etcd3\.password/u],
      [as(null, null), /user name is empty/u, /etcd3\.username/u],
      [as('agent', 'secret', 'robin'), /permission denied/u, /grant-permission/u],
    ];
    for (const [dcs, words, hint] of refusals) {
      const { error } = await failureOf(dcs.getCluster());
      assert.match(error.message, words);
      assert.match(error.hint, hint);
      assert.doesNotMatch(`${error.message} ${error.hint}`, /secret|wrong/u);
      await dcs.close();
    }
    await agent.close();
    await root.close();
  });
});

test('patronictl of Debian lists and changes a cluster that was written here', async () => {
  await withMembers(async (a, b, etcd) => {
    const directory = mkdtempSync(join(tmpdir(), 'patronictl-'));
    try {
      const config = join(directory, 'ctl.yml');
      writeFileSync(
        config,
        `scope: batman\nnamespace: /service/\netcd3:\n  host: ${etcd.endpoint}\n`,
      );
      const member = (name: string, role: string): Parameters<EtcdDcs['touchMember']>[0] => ({
        conn_url: `postgres://10.0.0.1/${name}`,
        api_url: 'http://127.0.0.1:1/patroni',
        state: 'running',
        role,
        xlog_location: 67_108_992,
        timeline: 2,
      });
      await a.initialize(true, '');
      await a.initialize(false, '7412345678901234567');
      await a.takeLeader();
      await a.touchMember(member('a', 'master'));
      await b.touchMember(member('b', 'replica'));
      await a.setConfigValue({ ttl: 30 });
      await a.setHistory([
        {
          timeline: 1,
          lsn: lsnOf(67_108_992),
          reason: 'why',
          timestamp: '2026-11-20T12:00:00+00:00',
          newLeader: 'a',
        },
      ]);
      await a.writeStatus({ lastLsn: lsnOf(67_108_992), slots: {}, retainSlots: [] });
      const patronictl = async (...args: readonly string[]): Promise<string> =>
        (await run('patronictl', ['-c', config, ...args])).stdout;

      assert.match(
        await patronictl('list'),
        /Cluster: batman [^]*\| a +\| 10\.0\.0\.1:5432 \| Leader +\| running \| +2 \|[^]*\| b +\| 10\.0\.0\.1:5432 \| Replica \| running \| +2 \| +0 \|/u,
      );
      assert.match(
        await patronictl('history'),
        /\| +1 \| +67108992 \| why +\| 2026-11-20T12:00:00\+00:00 \| a/u,
      );
      await patronictl('edit-config', '--force', '--set', 'loop_wait=7');
      assert.deepEqual((await b.getCluster()).config?.data, { ttl: 30, loop_wait: 7 });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

/** A proxy to the port which can be told to swallow, from then on, what comes back on its connections. */
async function withSilentStreams(
  port: number,
  body: (port: number, silence: () => void) => Promise<void>,
): Promise<void> {
  const silenced = new Set<() => void>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let isSilent = false;
    silenced.add(() => (isSilent = true));
    client.on('data', (data) => isSilent || upstream.write(data));
    upstream.on('data', (data) => isSilent || client.write(data));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  try {
    await body(address.port, () => {
      for (const silence of silenced) silence();
    });
  } finally {
    server.close();
  }
}
