// When a hook that failed is tried again (E82), and when the next update-status is due (L33).

import type { Random } from '../../random.ts';
import type { Millis } from '../model.ts';

const shortest: Millis = 5_000;
const longest: Millis = 5 * 60_000;
const factor = 2;
// Units that failed together should not all come back together.
const retryJitter = 0.03;
const updateStatusJitter = 0.2;
// After secret-rotate or secret-expired without any act of the charm, the event comes back this late.
export const secretRetryDelay: Millis = 5 * 60_000;

/**
 * How long to wait before try number `attempts` + 1: 5 s after the first failure, twice as long after each
 * further one, never more than five minutes. Without randomness the delay is exact.
 */
export function retryDelay(attempts: number, random: Random | null): Millis {
  const delay = Math.min(shortest * factor ** (attempts - 1), longest);
  return Math.min(Math.round(delay * spread(retryJitter, random)), longest);
}

/** How long to wait for the next update-status: the interval, give or take a fifth. */
export function updateStatusDelay(interval: Millis, random: Random | null): Millis {
  return Math.round(interval * spread(updateStatusJitter, random));
}

function spread(jitter: number, random: Random | null): number {
  return random === null ? 1 : 1 + jitter * (2 * random.next() - 1);
}
