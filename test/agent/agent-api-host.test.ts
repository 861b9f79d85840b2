// What the REST API asks of a running agent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentApiHost } from '#agent/agent-api-host.ts';
import { proveLease } from '#agent/leadership.ts';
import { runTurn } from '#agent/turn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { RestartRequest } from '#core/rest/restart-request.ts';
import { cluster, member, primaryMember, standbyFacts } from '../core/ha/worlds.ts';
import type { FakeAgent, FakeAgentParts } from './fake-agent.ts';
import { fakeAgent } from './fake-agent.ts';
import { settle } from './virtual-clock.ts';

interface Hosted extends FakeAgent {
  readonly host: AgentApiHost;
}

async function hosted(parts: FakeAgentParts = {}): Promise<Hosted> {
  const fake = fakeAgent(parts);
  const host = new AgentApiHost(fake.context, {
    validateDynamic: () => [],
    requestReload: () => void fake.happened.push('reload requested'),
  });
  await runTurn(fake.context);
  await fake.context.executor.idle();
  fake.happened.length = 0;
  return { ...fake, host };
}

const anyRestart: RestartRequest = {
  role: null,
  olderThan: null,
  isPendingOnly: false,
  timeoutSeconds: null,
  atMs: null,
  published: {},
};

test('a leader is one for as long as its lease is proven, and not a moment longer', async () => {
  const { host, clock } = await hosted();
  assert.equal(host.view().isLeader, true);
  await clock.advance(26_000);
  assert.equal(host.view().isLeader, true);
  await clock.advance(5000);
  assert.equal(host.view().isLeader, false);
});

test('a picture of the cluster older than a ttl is none', async () => {
  const { host, clock } = await hosted({ name: 'b' });
  assert.equal(host.view().cluster?.leader?.name, 'a');
  await clock.advance(30_000);
  assert.equal(host.view().cluster, null);
});

test('a view costs nothing, and many who want a fresh one share one look', async () => {
  const { host, postgres, clock, happened } = await hosted();
  let looks = 0;
  const { observe } = postgres;
  postgres.observe = async () => {
    looks += 1;
    await settle();
    return observe();
  };
  host.view();
  await host.freshView();
  assert.equal(looks, 0, 'what is fresh is not asked again');
  await clock.advance(100);
  await Promise.all([host.freshView(), host.freshView(), host.freshView()]);
  assert.equal(looks, 1);
  assert.deepEqual(happened, []);
});

test('a restart tells how it ended', async () => {
  const fake = await hosted();
  assert.deepEqual(await fake.host.requestRestart(anyRestart), {
    isDone: true,
    message: 'restarted successfully',
  });
  await fake.context.executor.idle();
  fake.postgres.startOutcome = { kind: 'failed', why: 'x' };
  assert.deepEqual(await fake.host.requestRestart(anyRestart), {
    isDone: false,
    message: 'restart failed',
  });
  await fake.context.executor.idle();
  fake.postgres.restart = async () => Promise.reject(new Error('strange'));
  assert.equal((await fake.host.requestRestart(anyRestart)).isDone, false);
});

test('a restart is refused where its conditions do not hold, or something else is done', async () => {
  const { host, context, happened } = await hosted();
  const forStandbys = await host.requestRestart({ ...anyRestart, role: 'replica' });
  assert.match(forStandbys.message, /^restart conditions are not satisfied/u);
  const { promise, resolve } = Promise.withResolvers<void>();
  context.executor.start('clone', 'cloning', async () => promise);
  const busy = await host.requestRestart(anyRestart);
  assert.deepEqual(busy, { isDone: false, message: 'cloning already in progress' });
  resolve();
  assert.deepEqual(happened, []);
});

test('one restart can be scheduled, is published, and can be called off', async () => {
  const { host, happened } = await hosted();
  const request = { ...anyRestart, atMs: 1 };
  assert.equal(await host.scheduleRestart(request), true);
  assert.equal(await host.scheduleRestart(request), false);
  assert.ok(host.view().scheduledRestart !== null);
  assert.equal(await host.deleteScheduledRestart(), true);
  assert.equal(await host.deleteScheduledRestart(), false);
  assert.deepEqual(happened, ['touchMember running', 'touchMember running']);
});

test('a member is reinitialized from the leader, or from a member that offers itself', async () => {
  const members = [
    member('a', primaryMember),
    member('b'),
    member('c', { tags: { clonefrom: true } }),
  ];
  const source = async (fromLeader: boolean) => {
    const fake = await hosted({ name: 'b', cluster: cluster('a', { members }) });
    assert.equal(await fake.host.requestReinitialize({ force: false, fromLeader }), null);
    await fake.context.executor.idle();
    return fake.happened;
  };
  assert.deepEqual((await source(false)).slice(0, 4), [
    'ask c',
    'stop immediate',
    'removeDataDirectory',
    'clone c',
  ]);
  assert.ok((await source(true)).includes('clone a'));
});

test('a leader, or a cluster without one, is not reinitialized', async () => {
  const { host, happened } = await hosted();
  const request = { force: true, fromLeader: false };
  assert.equal(await host.requestReinitialize(request), 'I am the leader, can not reinitialize');
  const alone = fakeAgent({ name: 'b' });
  const unborn = new AgentApiHost(alone.context, {
    validateDynamic: () => [],
    requestReload: () => undefined,
  });
  assert.equal(
    await unborn.requestReinitialize(request),
    'Cluster has no leader, can not reinitialize',
  );
  assert.deepEqual([...happened, ...alone.happened], []);
});

test('a reinitialize with force calls off what is being done, without it waits its turn', async () => {
  const { host, context, lines } = await hosted({ name: 'b' });
  context.executor.start('clone', 'cloning', async ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve());
    await promise;
    signal.throwIfAborted();
  });
  const request = { force: false, fromLeader: true };
  assert.equal(await host.requestReinitialize(request), 'cloning already in progress');
  assert.equal(await host.requestReinitialize({ ...request, force: true }), null);
  await context.executor.idle();
  assert.ok(lines.includes('info cloning was called off'));
});

const failsafe = {
  name: 'a',
  connUrl: 'postgres://a:5432/postgres',
  apiUrl: 'http://a/patroni',
  slots: {},
} as const;

test('a leader without a store is accepted by a standby, for one ttl', async () => {
  const { host, context, clock } = await hosted({ name: 'b', dynamic: { failsafe_mode: true } });
  context.state.config = context.deps.merge({ failsafe_mode: true });
  assert.deepEqual(host.receiveFailsafe(failsafe), { kind: 'accepted', lsn: lsnOf(1000) });
  assert.equal(host.view().isFailsafeActive, true);
  await clock.advance(30_000);
  assert.equal(host.view().isFailsafeActive, false);
});

test('who leads, is being promoted, or holds the key accepts no other leader', async () => {
  const dynamic = { failsafe_mode: true };
  const leader = await hosted({ dynamic });
  leader.context.state.config = leader.context.deps.merge(dynamic);
  assert.deepEqual(leader.host.receiveFailsafe(failsafe), { kind: 'leading' });
  const promoted = await hosted({ name: 'b', dynamic });
  promoted.context.state.config = promoted.context.deps.merge(dynamic);
  promoted.postgres.facts = { ...standbyFacts, role: 'promoted' };
  assert.deepEqual(promoted.host.receiveFailsafe(failsafe), { kind: 'leading' });
  const winner = await hosted({ name: 'b', dynamic });
  winner.context.state.config = winner.context.deps.merge(dynamic);
  proveLease(winner.context, winner.clock.monotonicMs());
  assert.deepEqual(winner.host.receiveFailsafe(failsafe), { kind: 'leading' });
  assert.equal(winner.context.state.failsafeSender, null);
});

test('without failsafe_mode nobody is accepted', async () => {
  const { host } = await hosted({ name: 'b' });
  assert.deepEqual(host.receiveFailsafe(failsafe), { kind: 'off' });
});

test('peers that all tell of the same change wake the loop once', async () => {
  const fake = await hosted({ name: 'b' });
  let wakes = 0;
  const context = { ...fake.context, wake: () => (wakes += 1) };
  const host = new AgentApiHost(context, {
    validateDynamic: () => [],
    requestReload: () => undefined,
  });
  for (let time = 0; time < 5; time += 1) host.peerWake();
  assert.equal(wakes, 1);
  await fake.clock.advance(100);
  host.peerWake();
  host.wake();
  assert.equal(wakes, 3);
});
