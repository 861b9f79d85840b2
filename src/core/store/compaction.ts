// Forgets old revisions, by request and to keep the history within its bound.

import type { EtcdState } from './etcd-state.ts';
import { compactedRevision, EtcdError, futureRevision } from './etcd-error.ts';

/** By request; throws `EtcdError` where the revision is gone already or not there yet. */
export function compact(state: EtcdState, revision: number): EtcdState {
  if (revision <= state.compactRevision) throw new EtcdError(compactedRevision);
  if (revision > state.revision) throw new EtcdError(futureRevision);
  return compactTo(state, revision);
}

/** The revision itself can still be read; deletions in it, and what its changes replaced, can't. */
export function compactTo(state: EtcdState, revision: number): EtcdState {
  const log = state.log
    .filter(
      ({ kind, kv }) =>
        kv.modRevision > revision || (kv.modRevision === revision && kind === 'put'),
    )
    .map((event) => (event.kv.modRevision > revision ? event : { ...event, previous: null }));
  return { ...state, log, compactRevision: Math.max(state.compactRevision, revision) };
}
