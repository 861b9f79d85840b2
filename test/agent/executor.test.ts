// Long actions: one at a time, called off in good order, and never the end of the agent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Executor, wordsOf } from '#agent/executor.ts';
import { recordingLog } from './rest/fake-host.ts';
import { VirtualClock, settle } from './virtual-clock.ts';

function parts() {
  const lines: string[] = [];
  let ends = 0;
  const clock = new VirtualClock();
  const executor = new Executor({ clock, log: recordingLog(lines), onEnd: () => (ends += 1) });
  return { executor, clock, lines, ends: () => ends };
}

test('a second action is refused while one runs', async () => {
  const { executor, ends } = parts();
  const { promise, resolve } = Promise.withResolvers<void>();
  assert.ok(executor.start('clone', 'cloning', async () => promise));
  assert.ok(!executor.start('restart', 'restart', async () => undefined));
  assert.equal(executor.running()?.name, 'cloning');
  resolve();
  await executor.idle();
  assert.equal(executor.running(), null);
  assert.equal(ends(), 1);
  assert.ok(executor.start('restart', 'restart', async () => undefined));
});

test('once it is closed nothing is started any more, and what runs goes on to its end', async () => {
  const { executor } = parts();
  const { promise, resolve } = Promise.withResolvers<void>();
  assert.ok(executor.start('clone', 'cloning', async () => promise));
  executor.close();
  resolve();
  await executor.idle();
  assert.ok(!executor.start('restart', 'restart', async () => undefined));
});

test('an action begins at once, before anybody else can do something', async () => {
  const { executor } = parts();
  let isBegun = false;
  executor.start('demote', 'demote', async (handle) => {
    handle.commit();
    isBegun = true;
  });
  assert.ok(isBegun);
  await executor.idle();
});

test('an action that fails is logged, and the next one can run', async () => {
  const { executor, lines } = parts();
  executor.start('clone', 'cloning', async () => Promise.reject(new Error('no space left')));
  await executor.idle();
  assert.deepEqual(lines, ['error cloning failed: no space left']);
  assert.equal(executor.running(), null);
});

test('cancel asks the action to end and waits for it', async () => {
  const { executor, lines } = parts();
  let isCleanedUp = false;
  executor.start('rewind', 'rewinding', async ({ signal }) => {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    await settle();
    isCleanedUp = true;
    signal.throwIfAborted();
  });
  const running = executor.running();
  assert.equal(running?.isCancelled, false);
  const cancelled = executor.cancel();
  assert.equal(executor.running()?.isCancelled, true);
  await cancelled;
  assert.ok(isCleanedUp);
  assert.deepEqual(lines, ['info rewinding was called off']);
});

test('cancel without an action is done at once', async () => {
  await parts().executor.cancel();
});

test('an action says from when on it can not be called off', async () => {
  const { executor } = parts();
  const { promise, resolve } = Promise.withResolvers<void>();
  executor.start('promote', 'promote', async (handle) => {
    await promise;
    handle.commit();
    await new Promise(setImmediate);
  });
  assert.equal(executor.running()?.isCancellable, true);
  resolve();
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(executor.running()?.isCancellable, false);
  await executor.idle();
});

test('how long an action runs already is told on the monotonic clock', async () => {
  const { executor, clock } = parts();
  const { promise, resolve } = Promise.withResolvers<void>();
  executor.start('clone', 'cloning', async () => promise);
  const sinceMs = clock.monotonicMs();
  await clock.advance(5000);
  assert.equal(executor.running()?.sinceMs, sinceMs);
  resolve();
  await executor.idle();
});

test('anything thrown has words', () => {
  assert.equal(wordsOf(new Error('a')), 'a');
  assert.equal(wordsOf('b'), 'b');
});
