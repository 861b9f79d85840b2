// What an agent takes up that the one before it left when it died.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restart } from '#agent/actions/restart.ts';
import type { AgentContext } from '#agent/context.ts';
import { resumeLease } from '#agent/leadership.ts';
import { remember } from '#agent/state.ts';
import { takeUpUnfinished } from '#agent/unfinished.ts';
import { DcsError } from '#adapters/ports/dcs.ts';
import type { Unfinished } from '#core/bootstrap/journal.ts';
import { primaryFacts, standbyFacts } from '../core/ha/worlds.ts';
import type { FakeAgent, FakeAgentParts } from './fake-agent.ts';
import { fakeAgent } from './fake-agent.ts';

const never = (): AbortSignal => new AbortController().signal;

/** An agent whose predecessor left this behind; `given` tells what it gave up. */
function successor(unfinished: Unfinished, given: string[] = []): FakeAgent {
  const fake = fakeAgent({ name: 'b', facts: standbyFacts });
  const { bootstrap } = fake.context.deps;
  bootstrap.readUnfinished = async () => unfinished;
  bootstrap.noteGivenUp = async () => void given.push('noted');
  return fake;
}

test('data that a pg_rewind left half way is known as such', async () => {
  const { context } = successor('rewind');
  await takeUpUnfinished(context, never());
  assert.equal(context.state.memory.rejoin.isDamaged, true);
});

test('data that is damaged is not restarted by hand either', async () => {
  const { context } = successor('rewind');
  await takeUpUnfinished(context, never());
  const handle = { signal: never(), commit: () => undefined };
  const { isDone, message } = await restart(
    context,
    () => ({ role: 'replica', upstream: null }),
    null,
    handle,
  );
  assert.equal(isDone, false);
  assert.match(message, /a clone is to take its place/u);
});

test('a cluster that was half made is stopped and set aside before its claim is given back', async () => {
  const { context, happened } = successor('cluster');
  await takeUpUnfinished(context, never());
  assert.deepEqual(
    happened.filter((what) => /^(?:stop|aside|cancel)/u.test(what)),
    ['stop immediate', 'aside failed', 'cancelInitialization'],
  );
});

test('the claim is given back when the store answers, and that it was is noted first', async () => {
  const given: string[] = [];
  const fake = successor('cluster', given);
  fake.dcs.isAway = true;
  const taking = takeUpUnfinished(fake.context, never());
  await fake.clock.advance(5000);
  assert.equal(given.length, 0);
  fake.dcs.cancelInitialization = async () => {
    given.push('given back');
    if (given.length === 2) throw new DcsError('the answer was lost', '');
    return true;
  };
  fake.dcs.isAway = false;
  await fake.clock.advance(5000);
  await taking;
  assert.deepEqual(given, ['noted', 'given back', 'noted', 'given back']);
});

/** A member whose predecessor noted a lease that lasts so long. */
function noted(leftMs: number | null, parts: FakeAgentParts = {}) {
  const fake = fakeAgent({ facts: primaryFacts, ...parts });
  const written: (number | null)[] = [];
  const context: AgentContext = {
    ...fake.context,
    deps: {
      ...fake.context.deps,
      leaseNote: { read: async () => leftMs, write: (left) => void written.push(left) },
    },
  };
  return { ...fake, context, written };
}

test('the lease of an agent that died ends when it would have, whatever the store says', async () => {
  const { context, clock, happened } = noted(10_000);
  await resumeLease(context);
  assert.equal(context.guard.untilMs, clock.monotonicMs() + 10_000);
  await clock.advance(9000);
  assert.ok(
    happened.some((what) => what.startsWith('fence within')),
    happened.join(),
  );
});

test('a primary whose lease is over is stopped at once', async () => {
  const { context, happened } = noted(-1);
  await resumeLease(context);
  assert.ok(happened.some((what) => what.startsWith('fence within')));
});

test('a standby is left alone, and so is a member of whom nothing was noted', async () => {
  for (const fake of [noted(-1, { name: 'b', facts: standbyFacts }), noted(null)]) {
    await resumeLease(fake.context);
    await fake.clock.advance(60_000);
    assert.deepEqual(
      fake.happened.filter((what) => what.startsWith('fence')),
      [],
    );
  }
});

test('a primary whose promotion was not waited for to the end makes its first checkpoint all the same', async () => {
  const fake = fakeAgent();
  remember(fake.context.state, { isCheckpointAfterPromoteDone: false });
  const running = fake.agent.run();
  await fake.clock.advance(1000);
  assert.equal(fake.context.state.memory.isCheckpointAfterPromoteDone, true);
  fake.agent.stop();
  await fake.clock.advance(60_000);
  await running;
});
