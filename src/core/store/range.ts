// Answers reads of keys: of one, of a range, now or at an earlier revision, sorted, cut and filtered.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { compactedRevision, EtcdError, futureRevision } from './etcd-error.ts';
import type { EtcdState, KeyValue } from './etcd-state.ts';
import { entriesAt, keysInRange } from './etcd-state.ts';
import { renderKeyValue, withoutZeros } from './render-json.ts';
import type { RangeRequest } from './requests.ts';

type Readable = Pick<EtcdState, 'entries' | 'log' | 'revision' | 'compactRevision'>;

/** Throws `EtcdError` for a revision that is not there. */
export function checkRevision(request: RangeRequest, state: Readable): void {
  if (request.revision > state.revision) throw new EtcdError(futureRevision);
  if (request.revision > 0 && request.revision < state.compactRevision) {
    throw new EtcdError(compactedRevision);
  }
}

/** The answer without its header. */
export function readKeys(request: RangeRequest, state: Readable): JsonObject {
  checkRevision(request, state);
  const isPast = request.revision > 0 && request.revision < state.revision;
  const entries = isPast ? entriesAt(state, request.revision) : state.entries;
  const found = keysInRange(entries, request.range);
  const count = String(found.length);
  if (request.isCountOnly) return withoutZeros({ count });
  const kept = sortKeys(
    found.filter((kv) => isWithinBounds(kv, request)),
    request,
  );
  const shown = request.limit > 0 ? kept.slice(0, request.limit) : kept;
  return withoutZeros({
    kvs: shown.map((kv) => renderKeyValue(request.isKeysOnly ? { ...kv, value: '' } : kv)),
    more: shown.length < kept.length,
    count,
  });
}

function isWithinBounds({ modRevision, createRevision }: KeyValue, request: RangeRequest): boolean {
  return (
    modRevision >= request.minModRevision &&
    (request.maxModRevision === 0 || modRevision <= request.maxModRevision) &&
    createRevision >= request.minCreateRevision &&
    (request.maxCreateRevision === 0 || createRevision <= request.maxCreateRevision)
  );
}

function sortKeys(found: readonly KeyValue[], request: RangeRequest): readonly KeyValue[] {
  const { sortOrder, sortTarget } = request;
  if (sortOrder === 'NONE' && sortTarget === 'KEY') return found;
  const direction = sortOrder === 'DESCEND' ? -1 : 1;
  const valueOf = (kv: KeyValue): number | string => {
    switch (sortTarget) {
      case 'KEY':
        return kv.key;
      case 'VALUE':
        return kv.value;
      case 'VERSION':
        return kv.version;
      case 'CREATE':
        return kv.createRevision;
      case 'MOD':
        return kv.modRevision;
      default:
        return sortTarget satisfies never;
    }
  };
  return found.toSorted((one, other) => {
    const [left, right] = [valueOf(one), valueOf(other)];
    return left === right ? 0 : left < right ? -direction : direction;
  });
}
