// What the loop, its steps and its actions share.

import type { AgentDeps } from './agent-deps.ts';
import type { Executor } from './executor.ts';
import type { LeaseGuard } from './lease-guard.ts';
import type { SlotsHandler } from './slots/slots-handler.ts';
import type { AgentState } from './state.ts';

export interface AgentParts {
  readonly deps: AgentDeps;
  readonly state: AgentState;
  readonly executor: Executor;
  readonly guard: LeaseGuard;
  /** Another turn, at once; several calls before it count as one. */
  readonly wake: () => void;
}

export interface AgentContext extends AgentParts {
  readonly slots: SlotsHandler;
}

/** Our lease on the store, in milliseconds. */
export function ttlMs({ state }: AgentContext): number {
  return state.config.global.ttlSeconds * 1000;
}
