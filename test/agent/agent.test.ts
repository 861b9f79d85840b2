// The loop: each turn as soon as there is a reason for it, and no later than loop_wait.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DcsChange } from '#adapters/ports/dcs.ts';
import { AgentExit } from '#agent/perform.ts';
import { control } from '../core/ha/worlds.ts';
import type { FakeAgent, FakeAgentParts } from './fake-agent.ts';
import { fakeAgent } from './fake-agent.ts';
import { settle } from './virtual-clock.ts';

interface Running extends FakeAgent {
  readonly ended: Promise<void>;
  readonly turns: () => number;
  readonly change: (change: Partial<DcsChange>) => void;
  readonly exit: () => void;
}

async function running(parts: FakeAgentParts = {}): Promise<Running> {
  const fake = fakeAgent(parts);
  let change: (change: DcsChange) => void = () => undefined;
  let exit = (): void => undefined;
  fake.dcs.watch = (onChange) => {
    change = onChange;
  };
  fake.postgres.onExit = (listener) => {
    exit = listener;
  };
  const ended = fake.agent.run();
  await settle();
  return {
    ...fake,
    ended,
    turns: () => fake.happened.filter((what) => what === 'getCluster').length,
    change: (more) => change({ key: 'leader', kind: 'put', value: '', ...more }),
    exit: () => exit(),
  };
}

async function end({ agent, ended, clock }: Running): Promise<void> {
  agent.stop();
  await clock.advance(1000);
  await ended;
}

test('without a reason the next turn comes after loop_wait', async () => {
  const fake = await running();
  assert.equal(fake.turns(), 1);
  await fake.clock.advance(9999);
  assert.equal(fake.turns(), 1);
  await fake.clock.advance(1);
  assert.equal(fake.turns(), 2);
  await end(fake);
});

const reasons: readonly (readonly [string, (fake: Running) => void])[] = [
  ['the leader key changes', (fake) => fake.change({ key: 'leader', kind: 'delete' })],
  ['somebody asks for a failover', (fake) => fake.change({ key: 'failover' })],
  ['the configuration changes', (fake) => fake.change({ key: 'config' })],
  ['a member goes', (fake) => fake.change({ key: 'members/c', kind: 'delete' })],
  ['a member comes', (fake) => fake.change({ key: 'members/d' })],
  ['the postmaster ends', (fake) => fake.exit()],
  ['somebody wakes it', (fake) => fake.agent.wake()],
];

for (const [reason, happen] of reasons) {
  test(`a turn begins at once when ${reason}`, async () => {
    const fake = await running();
    happen(fake);
    await fake.clock.advance(20);
    assert.equal(fake.turns(), 2);
    await end(fake);
  });
}

test('positions that members publish all the time are no reason', async () => {
  const fake = await running();
  fake.change({ key: 'members/b' });
  fake.change({ key: 'status' });
  await fake.clock.advance(1000);
  assert.equal(fake.turns(), 1);
  await end(fake);
});

test('a store that changes all the time does not make the loop spin', async () => {
  const fake = await running();
  for (let time = 0; time < 1000; time += 1) {
    fake.change({ key: 'leader' });
    await fake.clock.advance(1);
  }
  assert.ok(fake.turns() <= 1000 / 20 + 2, `${fake.turns()} turns in a second`);
  await end(fake);
});

test('a turn that fails is said and tried again, and does not end the agent', async () => {
  const fake = await running();
  const { observe } = fake.postgres;
  fake.postgres.observe = async () => Promise.reject(new Error('strange'));
  fake.agent.wake();
  await fake.clock.advance(20);
  assert.match(fake.lines.join('\n'), /error Unexpected exception raised.*strange/u);
  fake.postgres.observe = observe;
  const before = fake.turns();
  await fake.clock.advance(1000);
  assert.ok(fake.turns() > before);
  await end(fake);
});

test('data of another cluster ends the agent, and leaves the server alone', async () => {
  const fake = fakeAgent({ name: 'b' });
  fake.postgres.facts = {
    ...fake.postgres.facts,
    control: { ...control, systemId: '7999999999999999999' },
  };
  await assert.rejects(fake.agent.run(), AgentExit);
  assert.ok(!fake.happened.some((what) => what.startsWith('stop')));
});

test('a primary whose store goes away has stopped before its lease ends', async () => {
  const fake = await running();
  const leaseMs = fake.context.guard.untilMs;
  assert.ok(leaseMs !== null);
  fake.dcs.isAway = true;
  await fake.clock.advance(leaseMs - fake.clock.monotonicMs() - 1);
  assert.ok(fake.happened.some((what) => /^(?:stop|fence)/u.test(what)));
  assert.equal(fake.postgres.facts.isRunning && fake.postgres.facts.role === 'primary', false);
  await end(fake);
});

test('a loop that hangs is no excuse: the guard stops the server before the lease ends', async () => {
  const fake = await running();
  const leaseMs = fake.context.guard.untilMs;
  assert.ok(leaseMs !== null);
  fake.dcs.updateLeader = async () => new Promise(() => undefined);
  await fake.clock.advance(leaseMs - fake.clock.monotonicMs() - 1);
  assert.ok(fake.happened.some((what) => what.startsWith('fence within')));
  assert.equal(fake.context.guard.untilMs, null);
});

test('a step-down that waits keeps the lease, and is guarded like any primary', async () => {
  const fake = await running();
  fake.postgres.checkpointEnd = new Promise(() => undefined);
  fake.dcs.cluster = {
    ...fake.dcs.cluster,
    failover: { modRevision: '9', leader: 'a', candidate: 'b', scheduledAtMs: null },
  };
  fake.agent.wake();
  await fake.clock.advance(60_000);
  assert.equal(fake.context.executor.running()?.name, 'switchover: demote');
  assert.ok(!fake.happened.some((what) => what.startsWith('fence')), 'the lease is renewed');
  fake.dcs.updateLeader = async () => new Promise(() => undefined);
  await fake.clock.advance(60_000);
  assert.ok(
    fake.happened.some((what) => what.startsWith('fence')),
    'a lease that ends is fenced',
  );
});

test('a stop ends the turns', async () => {
  const fake = await running();
  await end(fake);
  const before = fake.turns();
  await fake.clock.advance(60_000);
  assert.equal(fake.turns(), before);
});
