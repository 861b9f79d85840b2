// Waits for something to become true. There is no other waiting in the scenarios: nothing sleeps for a time
// and hopes.

import { AssertionError } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** Thrown by a condition that can't come true any more: nobody waits for the end of the time then. */
export class Hopeless extends Error {}

const betweenLooksMs = 100;

function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Calls `condition` until it no longer throws and gives what it returned. At the end of the time it fails
 * with what the last look said, so that a condition is best written as assertions.
 */
export async function within<Seen>(
  seconds: number,
  what: string,
  condition: () => Promise<Seen> | Seen,
): Promise<Seen> {
  const began = performance.now();
  const deadline = began + seconds * 1000;
  let looks = 0;
  for (;;) {
    looks += 1;
    try {
      return await condition();
    } catch (error) {
      if (performance.now() >= deadline || error instanceof Hopeless) {
        const took = ((performance.now() - began) / 1000).toFixed(1);
        throw new AssertionError({
          message: `Not within ${seconds} s: ${what}. After ${looks} looks in ${took} s the last saw: ${told(error)}`,
        });
      }
    }
    await delay(betweenLooksMs);
  }
}

/**
 * Looks all through `seconds` that `condition` does not throw: for what must not happen, such as a
 * member that must not promote itself.
 */
export async function throughout(
  seconds: number,
  what: string,
  condition: () => Promise<unknown>,
): Promise<void> {
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    try {
      await condition();
    } catch (error) {
      const after = ((performance.now() - began) / 1000).toFixed(1);
      throw new AssertionError({
        message: `Not throughout: ${what}. After ${after} s: ${told(error)}`,
      });
    }
    await delay(betweenLooksMs);
  }
}
