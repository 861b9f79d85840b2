// One turn, from the store and PostgreSQL to what it did about them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTurn } from '#agent/turn.ts';
import {
  cluster,
  failover,
  member,
  primaryMember,
  standbyFacts,
  stopped,
} from '../core/ha/worlds.ts';
import type { FakeAgent, FakeAgentParts } from './fake-agent.ts';
import { fakeAgent } from './fake-agent.ts';

async function turn(parts: FakeAgentParts = {}, before?: (fake: FakeAgent) => void) {
  const fake = fakeAgent(parts);
  before?.(fake);
  const outcome = await runTurn(fake.context);
  await fake.context.executor.idle();
  return { ...fake, outcome };
}

test('a healthy leader renews its lease, writes its status and its member key', async () => {
  const { outcome, happened, context, clock } = await turn();
  assert.equal(outcome.message, 'no action. I am (a), the leader with the lock');
  assert.deepEqual(happened, ['getCluster', 'update', 'writeStatus', 'touchMember running']);
  assert.equal(context.guard.untilMs, clock.monotonicMs() + 30_000);
  const [decision] = context.state.decisions;
  assert.equal(decision?.rule, 980);
  assert.equal(decision.message, outcome.message);
});

test('the lease counts from before it was asked for', async () => {
  const { context, clock } = await turn({}, (fake) => {
    const { updateLeader } = fake.dcs;
    fake.dcs.updateLeader = async () => {
      await fake.clock.advance(2000);
      return updateLeader();
    };
  });
  assert.equal(context.guard.untilMs, clock.monotonicMs() + 28_000);
});

test('a standby follows and renews nothing', async () => {
  const { happened, outcome } = await turn({ name: 'b' });
  assert.match(outcome.message, /following a leader \(a\)$/u);
  assert.deepEqual(happened, ['getCluster', 'configureUpstream replica', 'touchMember running']);
});

test('a leader whose key was taken stops before anything else, and forgets its lease', async () => {
  const { happened, context } = await turn({}, ({ dcs }) => {
    dcs.isRefused = true;
  });
  assert.ok(happened.includes('stop immediate'));
  assert.ok(!happened.some((what) => what.startsWith('deleteLeader')), 'the key is not ours');
  assert.equal(context.guard.untilMs, null);
  assert.equal(context.state.memory.leaseUntilMs, null);
});

test('a store that fails in the middle of a turn is asked nothing more in it', async () => {
  const { happened, outcome, lines, context } = await turn({}, (fake) => {
    const { getCluster } = fake.dcs;
    fake.dcs.getCluster = async () => {
      const found = await getCluster();
      fake.dcs.isAway = true;
      return found;
    };
  });
  assert.deepEqual(happened.slice(0, 2), ['getCluster', 'stop fast']);
  assert.equal(outcome.message, 'demoted self because DCS is not accessible and I was a leader');
  const said = lines.filter((line) => line.includes('demoted self because DCS'));
  assert.equal(said.length, 1, 'said once');
  assert.equal(context.state.decisions.at(-1)?.rule, 130);
  assert.equal(lines.filter((line) => line.startsWith('error etcd does not answer')).length, 1);
});

test('without the store a proven lease is led on with, for what is left of it', async () => {
  const fake = fakeAgent();
  await runTurn(fake.context);
  fake.dcs.isAway = true;
  await fake.clock.advance(10_000);
  const { message, wakeInMs } = await runTurn(fake.context);
  assert.equal(message, 'DCS is not accessible, leading on for 15 more seconds of the lease');
  assert.ok(wakeInMs !== null && wakeInMs <= 1000);
});

test('with failsafe_mode and everybody’s consent the lease goes on', async () => {
  const topology = { a: 'http://a/patroni', b: 'http://b/patroni' };
  const fake = fakeAgent({
    dynamic: { failsafe_mode: true },
    cluster: cluster('a', { failsafe: topology }),
  });
  await runTurn(fake.context);
  fake.dcs.isAway = true;
  await fake.clock.advance(20_000);
  const { message } = await runTurn(fake.context);
  assert.match(message, /^continue to run as a leader because failsafe mode/u);
  assert.equal(fake.context.guard.untilMs, fake.clock.monotonicMs() + 30_000);
  assert.ok(fake.context.state.isLeadingByFailsafe);
});

for (const [outcome, isAway] of [
  ['was written', false],
  ['may have been written', true],
] as const) {
  test(`who ${outcome} into the topology is asked, should the store be heard of no more`, async () => {
    const topology = { a: 'http://a/patroni', b: 'http://b/patroni' };
    const fake = fakeAgent({
      dynamic: { failsafe_mode: true },
      cluster: cluster('a', { failsafe: topology }),
    });
    const asked: string[][] = [];
    const { postFailsafe } = fake.peers;
    fake.peers.postFailsafe = async (others, ...rest) => {
      asked.push(Object.keys(others));
      return postFailsafe(others, ...rest);
    };
    const { writeFailsafe } = fake.dcs;
    fake.dcs.writeFailsafe = async (value) => {
      assert.deepEqual(Object.keys(value), ['a', 'b', 'c']);
      fake.dcs.isAway = isAway;
      return writeFailsafe(value);
    };
    await runTurn(fake.context);
    fake.dcs.isAway = true;
    await runTurn(fake.context);
    assert.deepEqual(asked.at(-1), ['b', 'c']);
  });
}

test('a candidate takes the key and is promoted in the same turn', async () => {
  const free = cluster(null, {
    members: ['a', 'b', 'c'].map((name) => member(name)),
    failover: failover({ leader: 'a', candidate: 'b' }),
  });
  const { happened, outcome } = await turn({ name: 'b', cluster: free });
  assert.equal(outcome.message, 'promoted self to leader by acquiring session lock');
  const order = ['acquire', 'setFailover null', 'promote', 'on_role_change primary'];
  const found = happened.filter((what) => order.includes(what));
  assert.deepEqual(found, order);
});

test('members the store has forgotten are asked all the same before a race', async () => {
  const fake = fakeAgent({ name: 'b' });
  await runTurn(fake.context);
  fake.dcs.cluster = { ...fake.dcs.cluster, leader: null, members: [member('b')] };
  fake.happened.length = 0;
  await runTurn(fake.context);
  assert.equal(fake.happened[1], 'ask a c');
});

test('a leader that told of itself without the store leads for as long as a lease would', async () => {
  const free = cluster(null, { members: ['a', 'b', 'c'].map((name) => member(name)) });
  const fake = fakeAgent({ name: 'b', cluster: free, dynamic: { failsafe_mode: true } });
  await runTurn(fake.context);
  await fake.context.executor.idle();
  const again = fakeAgent({ name: 'b', cluster: free, dynamic: { failsafe_mode: true } });
  again.context.state.config = again.context.deps.merge({ failsafe_mode: true });
  again.context.state.failsafeSender = {
    name: 'a',
    apiUrl: 'http://a/patroni',
    connUrl: 'postgres://a:5432/postgres',
    slots: {},
    untilMs: again.clock.monotonicMs() + 30_000,
  };
  const { message } = await runTurn(again.context);
  assert.match(message, /following a leader \(a\)$/u);
  assert.ok(fake.happened.includes('acquire'), 'without the message it races');
  assert.ok(!again.happened.includes('acquire'));
  await again.clock.advance(30_000);
  await runTurn(again.context);
  assert.ok(again.happened.includes('acquire'), 'after one ttl it races');
});

test('another dynamic configuration is in force in the turn that reads it', async () => {
  const fake = fakeAgent();
  fake.dcs.cluster = {
    ...fake.dcs.cluster,
    config: { modRevision: '6', data: { ttl: 60, pause: true } },
  };
  const { message } = await runTurn(fake.context);
  assert.match(message, /^PAUSE: /u);
  assert.equal(fake.context.guard.untilMs, fake.clock.monotonicMs() + 60_000);
});

test('a crashed primary is started where it stands, and its lease is kept meanwhile', async () => {
  const fake = fakeAgent();
  await runTurn(fake.context);
  fake.postgres.facts = { ...fake.postgres.facts, ...stopped, state: 'crashed' };
  fake.happened.length = 0;
  await runTurn(fake.context);
  await fake.context.executor.idle();
  assert.deepEqual(fake.happened.slice(0, 3), ['getCluster', 'update', 'start primary']);
});

test('a primary that hangs for one ttl stops for a member that can serve', async () => {
  const fake = fakeAgent();
  await runTurn(fake.context);
  fake.postgres.facts = { ...fake.postgres.facts, sql: null, sqlProblem: 'it hangs' };
  for (let atMs = 0; atMs <= 30_000; atMs += 5000) {
    assert.ok(!fake.happened.includes('stop immediate'), `after ${atMs} ms`);
    await runTurn(fake.context);
    await fake.clock.advance(5000);
  }
  assert.ok(fake.happened.includes('stop immediate'));
  assert.ok(fake.happened.some((what) => what.startsWith('deleteLeader')));
});

test('a server that answers in time is left alone', async () => {
  const fake = fakeAgent();
  await runTurn(fake.context);
  const { facts } = fake.postgres;
  for (let turns = 0; turns < 20; turns += 1) {
    const isSilent = turns % 4 !== 0;
    fake.postgres.facts = isSilent ? { ...facts, sql: null, sqlProblem: 'slow' } : facts;
    await runTurn(fake.context);
    await fake.clock.advance(9000);
  }
  assert.ok(!fake.happened.includes('stop immediate'));
});

test('a start that fails gives the key to somebody else', async () => {
  const fake = fakeAgent();
  await runTurn(fake.context);
  fake.postgres.facts = { ...fake.postgres.facts, ...stopped, state: 'crashed' };
  fake.postgres.startOutcome = { kind: 'failed', why: 'a broken page' };
  await runTurn(fake.context);
  await fake.context.executor.idle();
  fake.postgres.facts = { ...fake.postgres.facts, state: 'start failed' };
  const { message } = await runTurn(fake.context);
  assert.equal(message, 'removed leader key after trying and failing to start postgres');
  assert.ok(fake.happened.includes('deleteLeader null'));
  assert.equal(fake.context.guard.untilMs, null);
});

test('an empty member clones from the leader and starts as its standby', async () => {
  const members = [member('a', primaryMember), member('b')];
  const { happened } = await turn({
    name: 'b',
    cluster: cluster('a', { members }),
    facts: { ...standbyFacts, ...stopped, dataDirectory: 'empty', control: null },
  });
  assert.ok(happened.indexOf('clone a') < happened.indexOf('start replica'));
});
