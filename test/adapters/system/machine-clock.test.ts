// The machine's clocks for the agent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMachineClock } from '#adapters/system/machine-clock.ts';

const clock = createMachineClock();

async function after(delayMs: number): Promise<number> {
  const startedMs = clock.monotonicMs();
  await new Promise<void>((resolve) => {
    clock.after(delayMs, resolve);
  });
  return clock.monotonicMs() - startedMs;
}

test('a timer fires once its time is over, never before', async () => {
  assert.ok((await after(30)) >= 30);
  assert.ok((await after(0)) >= 0);
  assert.ok((await after(-5)) >= 0);
});

test('a timer longer than one stretch is made of several, and keeps its time', async () => {
  const tookMs = await after(1050);
  assert.ok(tookMs >= 1050, `${tookMs} ms`);
});

test('a timer that was called off does not fire, also after its first stretch', async () => {
  let hasFired = false;
  const short = clock.after(10, () => {
    hasFired = true;
  });
  short.cancel();
  await after(30);
  assert.ok(!hasFired);
});

test('the monotonic clock never goes back, and the other one is the time of day', () => {
  let last = clock.monotonicMs();
  for (let time = 0; time < 1000; time += 1) {
    const next = clock.monotonicMs();
    assert.ok(next >= last);
    last = next;
  }
  assert.ok(Math.abs(clock.now() - Date.now()) < 1000);
});

test('a delay ends with its signal', async () => {
  const abort = new AbortController();
  const waiting = clock.delay(60_000, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(waiting);
});
