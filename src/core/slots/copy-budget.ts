// Decides when a replica is restarted to take over logical slots: once for all that wait, not again for the same one
// within some time, and never where it would do harm.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { CopyLogicalStep } from './slot-step.ts';

/** What is remembered between turns, in milliseconds on a clock that never goes back. */
export interface CopyMemory {
  /** When the server was last stopped to put this slot in place, whether or not that worked. */
  readonly restartedAtMs: ReadonlyMap<string, number>;
  /** Since when there is something to copy; null: there is nothing. */
  readonly waitingSinceMs: number | null;
}

export const noCopies: CopyMemory = { restartedAtMs: new Map(), waitingSinceMs: null };

export interface CopyInput {
  readonly candidates: readonly CopyLogicalStep[];
  /** How many more are configured and about to come, as the primary is still creating them. */
  readonly expectedCount: number;
  readonly memory: CopyMemory;
  readonly nowMs: number;
  readonly intervalMs: number;
  /** A long action runs, or a promotion, a start or a stop is under way. */
  readonly isBusy: boolean;
  readonly isInRecovery: boolean;
  readonly hasLeaderKey: boolean;
  readonly isFailsafeActive: boolean;
  readonly config: Pick<GlobalConfig, 'isPaused'>;
}

export type CopyDecision =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'wait';
      readonly why: string;
      /** After that it may go; null: as soon as the reason is over. */
      readonly forMs: number | null;
    }
  | { readonly kind: 'copy'; readonly names: readonly string[]; readonly why: string };

/** Slots configured together are created one after the other: so long the first waits for the last. */
const settleMs = 500;

/** The decision, and what to remember of it. A restart is noted by `afterRestart`, once it happens. */
export function decideCopy(input: CopyInput): {
  readonly decision: CopyDecision;
  readonly memory: CopyMemory;
} {
  const { candidates, memory, nowMs } = input;
  if (candidates.length === 0) {
    return { decision: { kind: 'none' }, memory: { ...memory, waitingSinceMs: null } };
  }
  const waitingSinceMs = memory.waitingSinceMs ?? nowMs;
  return { decision: decide(input, waitingSinceMs), memory: { ...memory, waitingSinceMs } };
}

function decide(input: CopyInput, waitingSinceMs: number): CopyDecision {
  const obstacle = obstacleTo(input);
  if (obstacle !== null) return { kind: 'wait', why: obstacle, forMs: null };
  const leftMs = input.candidates.map(({ name }) => pauseLeftMs(name, input));
  const soonestMs = Math.min(...leftMs);
  if (soonestMs > 0) {
    const why = 'this server was restarted for each of them not long ago (slot_copy_interval)';
    return { kind: 'wait', why, forMs: soonestMs };
  }
  const settlesInMs = waitingSinceMs + settleMs - input.nowMs;
  if (input.expectedCount > 0 && settlesInMs > 0) {
    const why = 'the primary is creating more of them';
    return { kind: 'wait', why, forMs: settlesInMs };
  }
  // One restart serves all, also those that would have to wait on their own.
  const names = input.candidates.map(({ name }) => name);
  return { kind: 'copy', names, why: `Copying logical slots ${names.join(', ')} from the primary` };
}

function obstacleTo(input: CopyInput): string | null {
  if (input.config.isPaused) return 'the cluster is in maintenance mode';
  if (input.isFailsafeActive) return 'the configuration store is away';
  if (!input.isInRecovery) return 'this server is a primary';
  if (input.hasLeaderKey) return 'this member holds the leader key';
  return input.isBusy ? 'something else is being done with this server' : null;
}

function pauseLeftMs(name: string, { memory, nowMs, intervalMs }: CopyInput): number {
  const restartedAtMs = memory.restartedAtMs.get(name);
  return restartedAtMs === undefined ? 0 : Math.max(0, restartedAtMs + intervalMs - nowMs);
}

/** To be noted before the server is stopped, so that a failure half-way counts as well. */
export function afterRestart(
  memory: CopyMemory,
  names: readonly string[],
  nowMs: number,
): CopyMemory {
  const restarted = names.map((name) => [name, nowMs] as const);
  return { restartedAtMs: new Map([...memory.restartedAtMs, ...restarted]), waitingSinceMs: null };
}

/** A slot whose configuration changed, or that is gone, starts anew. */
export function withoutOthers(memory: CopyMemory, names: ReadonlySet<string>): CopyMemory {
  const restartedAtMs = [...memory.restartedAtMs].filter(([name]) => names.has(name));
  return { ...memory, restartedAtMs: new Map(restartedAtMs) };
}
