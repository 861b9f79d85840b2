// Asks for leadership on behalf of a tool. Once the answer was no it stays no for the rest of the hook,
// while a yes is asked for again at every call (D4).

import { leadershipOf } from '../uniter/leases.ts';
import { runError } from './tool.ts';
import type { Invocation } from './tool.ts';

/**
 * True when the unit leads. Claims or renews the lease in the invocation's model where that is needed.
 * Exit 1 with `PREFIX: reason` when the agent can't tell.
 */
export function isLeader(invocation: Invocation, prefix: string): boolean {
  const { context } = invocation;
  if (context.minion) return false;
  const leadership = leadershipOf(invocation.model, context.unit, invocation.world.now);
  invocation.model = leadership.model;
  if (leadership.unknown !== undefined) throw runError(`${prefix}: ${leadership.unknown}`);
  if (!leadership.leader) context.minion = true;
  return leadership.leader;
}

/** Ends the call when the unit does not lead. */
export function requireLeader(invocation: Invocation, message: string): void {
  if (!isLeader(invocation, 'cannot determine leadership status')) throw runError(message);
}
