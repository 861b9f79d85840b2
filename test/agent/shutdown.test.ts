// The orderly end of an agent, step by step.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shutDown } from '#agent/shutdown.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { cluster, peer, sync } from '../core/ha/worlds.ts';
import type { FakeAgent, FakeAgentParts } from './fake-agent.ts';
import { fakeAgent } from './fake-agent.ts';
import { settle } from './virtual-clock.ts';

/** An agent in its turns. */
async function running(
  parts: FakeAgentParts = {},
): Promise<FakeAgent & { readonly ended: Promise<void> }> {
  const fake = fakeAgent(parts);
  const ended = fake.agent.run();
  await settle();
  fake.happened.length = 0;
  return { ...fake, ended };
}

function caughtUp(fake: FakeAgent): void {
  fake.peers.answer = (name) => peer(name, { lsn: lsnOf(1100) });
}

test('a leader stops its server, then gives the key up, then says that it is stopped', async () => {
  const fake = await running();
  fake.peers.answer = (name) => peer(name, { isReachable: false });
  const done = shutDown(fake.agent, fake.ended);
  await fake.clock.advance(20_000);
  await done;
  const order = ['stop fast', `deleteLeader ${lsnOf(1050)}`, 'touchMember stopped'];
  const found = fake.happened.filter((what) => order.includes(what));
  assert.deepEqual(found, order);
  assert.equal(fake.context.guard.untilMs, null);
});

test('the key is given up early where somebody has everything, and once', async () => {
  const fake = await running();
  caughtUp(fake);
  const { stop } = fake.postgres;
  fake.postgres.stop = async (options, signal) => {
    const isStopped = await stop(options, signal);
    await settle();
    fake.happened.push('postmaster ended');
    return isStopped;
  };
  await shutDown(fake.agent, fake.ended);
  const released = fake.happened.findIndex((what) => what.startsWith('deleteLeader'));
  assert.ok(released !== -1 && released < fake.happened.indexOf('postmaster ended'));
  assert.equal(fake.happened.filter((what) => what.startsWith('deleteLeader')).length, 1);
});

test('a server that can not be stopped keeps its key until the lease ends', async () => {
  const fake = await running();
  fake.postgres.stop = async () => false;
  await shutDown(fake.agent, fake.ended);
  assert.ok(!fake.happened.some((what) => what.startsWith('deleteLeader')));
  assert.match(fake.lines.join('\n'), /critical PostgreSQL could not be stopped/u);
});

test('a standby stops and leaves the key alone', async () => {
  const fake = await running({ name: 'b' });
  await shutDown(fake.agent, fake.ended);
  assert.ok(fake.happened.includes('stop fast'));
  assert.ok(!fake.happened.some((what) => what.startsWith('deleteLeader')));
});

test('in pause PostgreSQL and the key stay as they are', async () => {
  const fake = await running({ dynamic: { pause: true } });
  await shutDown(fake.agent, fake.ended);
  assert.ok(!fake.happened.some((what) => /^(?:stop|deleteLeader)/u.test(what)));
  assert.match(fake.lines.at(-1) ?? '', /Leader key is not deleted and Postgresql is not stopped/u);
});

test('a synchronous standby asks to be let go before it stops', async () => {
  const fake = await running({
    name: 'b',
    dynamic: { synchronous_mode: true },
    cluster: cluster('a', { sync: sync('a', ['b']) }),
  });
  const done = shutDown(fake.agent, fake.ended);
  await fake.clock.advance(1000);
  assert.ok(!fake.happened.includes('stop fast'), 'it is still counted on');
  assert.equal(fake.context.state.isLeaving, true);
  fake.dcs.cluster = { ...fake.dcs.cluster, sync: sync('a', []) };
  await fake.clock.advance(1000);
  await done;
  assert.ok(fake.happened.includes('stop fast'));
});

test('a primary that does not let it go is not waited for longer than two turns', async () => {
  const fake = await running({
    name: 'b',
    dynamic: { synchronous_mode: true },
    cluster: cluster('a', { sync: sync('a', ['b']) }),
  });
  const done = shutDown(fake.agent, fake.ended);
  await fake.clock.advance(20_500);
  await done;
  assert.ok(fake.happened.includes('stop fast'));
});

test('a store that is away keeps nobody from ending', async () => {
  const fake = await running();
  caughtUp(fake);
  fake.dcs.isAway = true;
  await shutDown(fake.agent, fake.ended);
  assert.ok(fake.happened.includes('stop fast'));
  assert.match(fake.lines.join('\n'), /leader key could not be deleted and has to run out/u);
  assert.match(fake.lines.join('\n'), /last state could not be published/u);
});

test('an action that runs is called off first', async () => {
  const fake = await running({ name: 'b' });
  fake.context.executor.start('clone', 'cloning', async ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve());
    await promise;
    fake.happened.push('clone ended');
  });
  await shutDown(fake.agent, fake.ended);
  assert.ok(fake.happened.indexOf('clone ended') < fake.happened.indexOf('stop fast'));
});

test('after the end no turn begins', async () => {
  const fake = await running({ name: 'b' });
  await shutDown(fake.agent, fake.ended);
  fake.happened.length = 0;
  fake.agent.wake();
  await fake.clock.advance(60_000);
  assert.deepEqual(fake.happened, []);
});
