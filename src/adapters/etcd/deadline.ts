// The time one operation on the store may take, attempts and pauses between them included.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import { DcsError } from '#adapters/ports/dcs.ts';
import { EtcdError, hintFor } from './etcd-error.ts';
import type { FailedAttempt } from './transport.ts';
import { TransportError } from './transport.ts';

export interface Deadline {
  /** Milliseconds that are left; never less than 0. */
  readonly leftMs: () => number;
  readonly signal: AbortSignal;
}

const firstPauseMs = 50;
const longestPauseMs = 1000;

export interface Operation {
  /** What is tried, to be put behind "Cannot". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly signal: AbortSignal;
}

/**
 * Runs the steps, all of them anew while no host answers and time is left. They must be such that doing them
 * twice does no harm. Throws `DcsError`.
 */
export async function withinDeadline<Result>(
  operation: Operation,
  steps: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const { what, timeoutMs, clock, log, signal } = operation;
  const end = clock.monotonicMs() + timeoutMs;
  const leftMs = (): number => Math.max(0, end - clock.monotonicMs());
  const failed: FailedAttempt[] = [];
  let pauseMs = firstPauseMs;
  for (;;) {
    try {
      return await steps({ leftMs, signal });
    } catch (error) {
      if (signal.aborted) {
        throw new DcsError(`Cannot ${what}: the agent is leaving etcd`, '', { cause: error });
      }
      if (error instanceof EtcdError) {
        throw new DcsError(`Cannot ${what}: etcd answered "${error.message}"`, hintFor(error), {
          cause: error,
        });
      }
      if (!(error instanceof TransportError)) throw error;
      failed.push(...error.attempts);
      if (leftMs() <= pauseMs) {
        throw new DcsError(
          `Cannot ${what} within ${timeoutMs / 1000} s: ${summary(failed)}`,
          'Look whether etcd runs and has a leader: etcdctl endpoint status --cluster',
          { cause: error },
        );
      }
      log.debug(`Trying again to ${what}`, { problem: error.message });
    }
    await pause(clock, pauseMs, signal, what);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

async function pause(
  clock: ClockPort,
  pauseMs: number,
  signal: AbortSignal,
  what: string,
): Promise<void> {
  try {
    await clock.delay(pauseMs, signal);
  } catch (error) {
    throw new DcsError(`Cannot ${what}: the agent is leaving etcd`, '', { cause: error });
  }
}

/** Each host with each of its problems once, and how often it was tried. */
function summary(failed: readonly FailedAttempt[]): string {
  const counts = new Map<string, number>();
  for (const { host, problem } of failed) {
    const line = `${host} ${problem}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  if (counts.size === 0) return 'its answers took too long';
  return [...counts]
    .map(([line, times]) => (times === 1 ? line : `${line} (${times} times)`))
    .join('; ');
}
