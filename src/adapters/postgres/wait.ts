// Waits for a condition by looking often. Every wait of this folder has an end.

import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly everyMs: number;
  /** Null: until the signal is aborted, or for ever. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal | undefined;
}

/** True as soon as the condition holds; false when the time is over or the signal is aborted. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<boolean> {
  const deadline = options.timeoutMs === null ? Infinity : performance.now() + options.timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (options.signal?.aborted === true || performance.now() >= deadline) return false;
    await sleep(options.everyMs);
  }
}

/** Whether the promise is fulfilled within the time; what it does afterwards is not looked at. */
export async function endsWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      sleep(Math.max(0, timeoutMs), false, { signal: timer.signal }),
    ]);
  } finally {
    timer.abort();
  }
}
