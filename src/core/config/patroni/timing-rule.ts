// The rule a lease depends on: loop_wait + 2 * retry_timeout <= ttl. In the worst case a primary sleeps for
// loop_wait, reads the store for retry_timeout and writes to it for retry_timeout before it knows that it
// has to stop; by then its lease must not have ended.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { dynamicDefaults, timingMinimums } from './defaults.ts';
import { readInteger } from './read-value.ts';

export interface Timing {
  readonly ttlSeconds: number;
  readonly loopWaitSeconds: number;
  readonly retryTimeoutSeconds: number;
  /** Sentences for the log, in Patroni's words. */
  readonly warnings: readonly string[];
}

type TimingName = keyof typeof timingMinimums;

function readAtLeast(dynamic: JsonObject, name: TimingName, warnings: string[]): number {
  const value = readInteger(dynamic[name], 's') ?? dynamicDefaults[name];
  const minimum = timingMinimums[name];
  if (value >= minimum) return value;
  warnings.push(`${name}=${value} can't be smaller than ${minimum}, adjusting...`);
  return minimum;
}

/** The three values in force, which always satisfy the rule. */
export function readTiming(dynamic: JsonObject): Timing {
  const warnings: string[] = [];
  const ttl = readAtLeast(dynamic, 'ttl', warnings);
  const loopWait = readAtLeast(dynamic, 'loop_wait', warnings);
  const retryTimeout = readAtLeast(dynamic, 'retry_timeout', warnings);
  const rule = 'Violated the rule "loop_wait + 2*retry_timeout <= ttl", where';
  const loopWaitMin = timingMinimums.loop_wait;
  if (loopWaitMin + 2 * retryTimeout > ttl) {
    const lower = Math.floor((ttl - loopWaitMin) / 2);
    warnings.push(
      `${rule} ttl=${ttl}. Adjusting loop_wait from ${loopWait} to ${loopWaitMin} ` +
        `and retry_timeout from ${retryTimeout} to ${lower}`,
    );
    return {
      ttlSeconds: ttl,
      loopWaitSeconds: loopWaitMin,
      retryTimeoutSeconds: lower,
      warnings,
    };
  }
  const longest = ttl - 2 * retryTimeout;
  if (loopWait > longest) {
    warnings.push(
      `${rule} ttl=${ttl} and retry_timeout=${retryTimeout}. ` +
        `Adjusting loop_wait from ${loopWait} to ${longest}`,
    );
  }
  return {
    ttlSeconds: ttl,
    loopWaitSeconds: Math.min(loopWait, longest),
    retryTimeoutSeconds: retryTimeout,
    warnings,
  };
}
