// The machine's clock and its timers, behind an interface small enough to be replaced in a test.

import { setTimeout as sleep } from 'node:timers/promises';

/** Longest delay a timer of Node takes; a longer one would fire at once. */
const longestDelayMs = 2_147_483_647;

/** Something that was scheduled and can still be called off. */
export interface Scheduled {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Runs `task` once after `delayMs`, which is cut to the range a timer takes. */
  readonly after: (delayMs: number, task: () => void) => Scheduled;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, Math.min(Math.max(delayMs, 0), longestDelayMs));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted before. */
export async function delay(delayMs: number, signal?: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
}
