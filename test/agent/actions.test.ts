// The long actions that make and end a primary.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demote, stepDown } from '#agent/actions/demote.ts';
import { promote } from '#agent/actions/promote.ts';
import { restart } from '#agent/actions/restart.ts';
import { startServer } from '#agent/actions/start.ts';
import type { ActionHandle } from '#agent/executor.ts';
import { proveLease } from '#agent/leadership.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { rowOf } from '../core/sync/samples.ts';
import { cluster, failover, peer, primarySql, standbyFacts, stopped } from '../core/ha/worlds.ts';
import type { FakeAgent } from './fake-agent.ts';
import { fakeAgent } from './fake-agent.ts';
import { settle } from './virtual-clock.ts';

function handleOf(
  abort: AbortController = new AbortController(),
): ActionHandle & { isCommitted: boolean } {
  const handle = {
    signal: abort.signal,
    isCommitted: false,
    commit: () => {
      handle.isCommitted = true;
    },
  };
  return handle;
}

/** A leader with a lease that has `leftMs` left, that knows its cluster; the others have everything it had. */
function leading(leftMs = 30_000, more: Parameters<typeof fakeAgent>[0] = {}): FakeAgent {
  const fake = fakeAgent(more);
  fake.context.state.cluster = fake.dcs.cluster;
  fake.peers.answer = (name) => peer(name, { lsn: lsnOf(1100) });
  proveLease(fake.context, fake.clock.monotonicMs() - (30_000 - leftMs));
  return fake;
}

const promotable = { facts: standbyFacts } as const;

test('a promotion is sent with a lease that has not run out, and tells everybody', async () => {
  const { context, happened, postgres } = leading(30_000, promotable);
  const handle = handleOf();
  await promote(context, handle);
  await settle();
  assert.ok(handle.isCommitted);
  assert.deepEqual(happened.slice(0, 2), ['promote', 'on_role_change primary']);
  assert.ok(happened.includes('checkpoint'), 'the others rewind from it');
  assert.equal(postgres.facts.role, 'primary');
  assert.equal(context.state.memory.isCheckpointAfterPromoteDone, true);
});

test('without a lease nothing is promoted', async () => {
  const { context, happened, lines, clock } = leading(30_000, promotable);
  await clock.advance(30_000);
  const handle = handleOf();
  await promote(context, handle);
  assert.ok(!handle.isCommitted && !happened.includes('promote'));
  assert.match(lines.at(-1) ?? '', /Promotion called off: the leader lease ran out/u);
});

test('a pre_promote that says no gives the key away and keeps out of the race for one ttl', async () => {
  const { context, happened, postgres, clock } = leading(30_000, promotable);
  postgres.isPrePromoteAgreeing = false;
  await promote(context, handleOf());
  assert.deepEqual(happened, ['deleteLeader null']);
  assert.equal(context.state.memory.prePromoteFailedAtMs, clock.monotonicMs());
  assert.equal(context.guard.untilMs, null);
});

test('a promotion that is called off during pre_promote is not sent and keeps the key', async () => {
  const { context, happened, postgres } = leading(30_000, promotable);
  const abort = new AbortController();
  postgres.runPrePromote = async () => {
    abort.abort(new Error('called off'));
    return false;
  };
  await assert.rejects(promote(context, handleOf(abort)));
  assert.deepEqual(happened, []);
});

test('a primary that lost its key stops at once and leaves the key alone', async () => {
  const { context, happened, postgres } = leading();
  await demote(context, 'immediate-nolock', null, handleOf());
  assert.deepEqual(happened, [
    'stop immediate',
    'watchdog off',
    'watchdog off',
    'on_role_change demoted',
  ]);
  assert.equal(postgres.facts.role, 'demoted');
  assert.equal(context.guard.untilMs, null);
});

test('a planned demotion gives the key up as soon as somebody has everything', async () => {
  const { context, happened, peers, postgres } = leading();
  peers.answer = (name) => peer(name, { lsn: lsnOf(name === 'b' ? 1100 : 1000) });
  postgres.duringStop = async () => {
    assert.ok(!happened.some((what) => what.startsWith('deleteLeader')));
  };
  await demote(context, 'graceful', null, handleOf());
  assert.equal(happened.filter((what) => what.startsWith('deleteLeader')).length, 1);
  assert.ok(
    happened.includes(`deleteLeader ${lsnOf(1050)}`),
    'with the position before the shutdown',
  );
});

test('a server that can not be stopped keeps its key until the lease ends', async () => {
  const { context, happened, lines, postgres } = leading();
  postgres.stop = async () => false;
  await demote(context, 'immediate', null, handleOf());
  assert.ok(!happened.some((what) => what.startsWith('deleteLeader')));
  assert.match(lines.join('\n'), /critical PostgreSQL could not be stopped/u);
});

const streaming = { ...primarySql, replication: [rowOf('b', 1000)] };

test('a switchover waits for the candidate, then steps down', async () => {
  const fake = leading();
  fake.postgres.facts = { ...fake.postgres.facts, sql: streaming };
  const handle = handleOf();
  await stepDown(fake.context, 'b', false, handle);
  assert.ok(handle.isCommitted);
  assert.ok(fake.happened.indexOf('checkpoint') < fake.happened.indexOf('stop fast'));
});

test('a switchover to somebody who lags is called off, a failover is not', async () => {
  const request = cluster('a', { failover: failover({ leader: 'a', candidate: 'b' }) });
  const waited = async (isForced: boolean): Promise<readonly string[]> => {
    const fake = leading(30_000, { cluster: request });
    const done = stepDown(fake.context, 'b', isForced, handleOf());
    await fake.clock.advance(10_100);
    await done;
    return fake.happened;
  };
  const called = await waited(false);
  assert.ok(called.includes('setFailover null') && !called.includes('stop fast'));
  assert.ok((await waited(true)).includes('stop fast'));
});

test('a step-down can be called off while it waits for a checkpoint, without touching the server', async () => {
  const fake = leading();
  fake.postgres.checkpointEnd = new Promise(() => undefined);
  const abort = new AbortController();
  const handle = handleOf(abort);
  const done = stepDown(fake.context, 'b', true, handle);
  await settle();
  abort.abort(new Error('the key is gone'));
  await assert.rejects(done, /the key is gone/u);
  assert.ok(!handle.isCommitted && !fake.happened.includes('stop fast'));
});

test('a standby leader has nothing to wait for when it steps down', async () => {
  const fake = leading(30_000, { facts: { ...standbyFacts, role: 'standby_leader' } });
  await stepDown(fake.context, 'b', false, handleOf());
  assert.ok(fake.happened.includes('stop fast'));
});

test('a primary is started with a lease only', async () => {
  const facts = { ...standbyFacts, ...stopped } as const;
  const without = fakeAgent({ facts });
  assert.equal(await startServer(without.context, { role: 'primary' }, handleOf()), false);
  assert.deepEqual(without.happened, []);
  const fake = leading(30_000, { facts });
  assert.equal(await startServer(fake.context, { role: 'primary' }, handleOf()), true);
  assert.deepEqual(fake.happened, ['start primary']);
  assert.equal(fake.context.state.memory.isRecovering, false);
});

test('a start that fails is remembered for the next turn to judge', async () => {
  const fake = fakeAgent({ name: 'b', facts: { ...standbyFacts, ...stopped } });
  fake.postgres.startOutcome = { kind: 'failed', why: 'x' };
  await startServer(fake.context, { role: 'replica', upstream: null }, handleOf());
  const { isRecovering, lastStartFailedAtMs } = fake.context.state.memory;
  assert.deepEqual([isRecovering, lastStartFailedAtMs], [true, fake.clock.monotonicMs()]);
});

test('a primary without a lease is not restarted: it would come up as one', async () => {
  const upstreamNow = () => ({ role: 'replica', upstream: null }) as const;
  const without = fakeAgent();
  const refused = await restart(without.context, upstreamNow, null, handleOf());
  assert.ok(!refused.isDone && /does not hold the leader lease/u.test(refused.message));
  assert.deepEqual(without.happened, []);
  const done = await restart(leading().context, upstreamNow, null, handleOf());
  assert.deepEqual(done, { isDone: true, message: 'restarted successfully' });
});
