// Watches: which changes of a range of keys a client has not been told yet.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { EtcdState, KeyRange, StoreEvent } from './etcd-state.ts';
import { isInRange } from './etcd-state.ts';
import { readEnum, readFlag, readInteger } from './read-json.ts';
import { renderHeader, renderKeyValue, withoutZeros } from './render-json.ts';
import { readKeyRange } from './requests.ts';

export interface Watch {
  readonly range: KeyRange;
  /** The first revision not told yet. */
  readonly nextRevision: number;
  readonly wantsPrevious: boolean;
  /** Kinds of changes that are not told. */
  readonly silent: ReadonlySet<StoreEvent['kind']>;
}

export interface WatchOutcome {
  /** Null: the watch is over, and the stream ends after the answers. */
  readonly watch: Watch | null;
  /** Lines of the stream. */
  readonly answers: readonly JsonObject[];
}

/** From the `create_request` of a watch; the changes since its start revision come from `eventsSince`. */
export function createWatch(state: EtcdState, request: JsonObject): WatchOutcome {
  const asked = readKeyRange(request);
  // A watch without a key is one from the lowest key on.
  const range = asked.key === '' ? { key: '\0', end: asked.end } : asked;
  const header = renderHeader(state.settings, state.revision);
  if (range.end !== null && range.end !== '' && range.key >= range.end) {
    const reason = 'mvcc: watcher range is empty';
    const refused = { watch_id: '-1', created: true, canceled: true, cancel_reason: reason };
    return { watch: null, answers: [{ result: { header, ...refused } }] };
  }
  const start = readInteger(request, 'start_revision');
  return {
    watch: {
      range,
      nextRevision: start > 0 ? start : state.revision + 1,
      wantsPrevious: readFlag(request, 'prev_kv'),
      silent: readFilters(request),
    },
    answers: [{ result: { header, created: true } }],
  };
}

/** What the watch has to tell now: nothing, one line with all changes, or that they were compacted. */
export function eventsSince(state: EtcdState, watch: Watch): WatchOutcome {
  const { settings, revision, compactRevision } = state;
  if (watch.nextRevision < compactRevision) {
    const header = renderHeader(settings, 0);
    const result = { header, canceled: true, compact_revision: String(compactRevision) };
    return { watch: null, answers: [{ result }] };
  }
  const events = state.log.filter(
    ({ kind, kv }) =>
      kv.modRevision >= watch.nextRevision &&
      isInRange(watch.range, kv.key) &&
      !watch.silent.has(kind),
  );
  const next = { ...watch, nextRevision: Math.max(watch.nextRevision, revision + 1) };
  if (events.length === 0) return { watch: next, answers: [] };
  const shown = events.map((event) => renderEvent(event, watch.wantsPrevious));
  const header = renderHeader(settings, revision);
  return { watch: next, answers: [{ result: { header, events: shown } }] };
}

function renderEvent({ kind, kv, previous }: StoreEvent, wantsPrevious: boolean): JsonObject {
  return withoutZeros({
    type: kind === 'delete' ? 'DELETE' : '',
    kv: renderKeyValue(kv),
    prev_kv: wantsPrevious && previous !== null ? renderKeyValue(previous) : null,
  });
}

function readFilters(request: JsonObject): ReadonlySet<StoreEvent['kind']> {
  const { filters } = request;
  if (!Array.isArray(filters)) return new Set();
  return new Set(
    filters.map((filter) =>
      readEnum({ filter }, 'filter', ['NOPUT', 'NODELETE']) === 'NOPUT' ? 'put' : 'delete',
    ),
  );
}
