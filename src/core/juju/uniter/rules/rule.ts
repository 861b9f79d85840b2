// What a rule is. The rules stand in one ordered list (next-operation.ts) and the first that has an
// answer decides, as one pass of Juju's resolver does; each is a small function of its own.

import type { Choose } from '../../../random.ts';
import type { UniterState } from '../../model.ts';
import type { InstantOperation, LongOperation } from '../operation.ts';
import type { RemoteSnapshot } from '../snapshot.ts';

/** All a rule may look at. */
export interface View {
  readonly local: UniterState;
  readonly remote: RemoteSnapshot;
  /** For an order Juju leaves to chance (L20d, L42), and for nothing else. */
  readonly choose: Choose;
}

/** Do this, or: nothing may be done at all until something changes, whatever later rules say. */
export type Verdict =
  | { readonly operation: LongOperation | InstantOperation; readonly why: string }
  | { readonly wait: string };

export interface Rule {
  readonly name: string;
  /** Null when the rule has nothing to say and the next one is asked. */
  readonly decide: (view: View) => Verdict | null;
}

/** Nothing queued, nothing pending: where most rules may act (L11). */
export function isFree({ local }: View): boolean {
  return local.kind === 'continue';
}

/** A hook failed and waits for its retry or for the user (E81). */
export function isFailed({ local, remote }: View): boolean {
  return local.kind === 'run-hook' && local.step === 'pending' && remote.reported === 'error';
}
