// What the agent last did to its server or saw of it: state, role, since when, progress of long work.

import type { PostgresState, Progress, Role } from '#core/dcs/cluster.ts';
import type { StartOutcome } from '#core/ha/values.ts';

export class MemberState {
  readonly #monotonicMs: () => number;
  #state: PostgresState = 'stopped';
  #sinceMs: number;
  role: Role = 'replica';
  progress: Progress | null = null;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#sinceMs = monotonicMs();
  }

  get state(): PostgresState {
    return this.#state;
  }

  set state(state: PostgresState) {
    if (state === this.#state) return;
    this.#state = state;
    this.#sinceMs = this.#monotonicMs();
  }

  startFailed(kind: 'starting' | 'restarting', why: string): StartOutcome {
    this.state = kind === 'starting' ? 'start failed' : 'restart failed';
    return { kind: 'failed', why };
  }

  /** How long it has been in this state, in milliseconds. */
  get ageMs(): number {
    return this.#monotonicMs() - this.#sinceMs;
  }
}
