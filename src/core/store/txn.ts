// Performs reads and writes of keys, alone or together in a transaction, which does all of them or none.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { checkTxn } from './check-request.ts';
import type { Draft } from './draft.ts';
import type { KeyValue } from './etcd-state.ts';
import { keysInRange } from './etcd-state.ts';
import { checkRevision, readKeys } from './range.ts';
import { renderKeyValue, withoutZeros } from './render-json.ts';
import type {
  Compare,
  DeleteRequest,
  Operation,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from './requests.ts';

/** A transaction whose comparisons are made: all are made before the first write. */
interface Chosen {
  readonly isSucceeded: boolean;
  readonly operations: readonly (
    | Exclude<Operation, TxnRequest>
    | { readonly kind: 'txn'; readonly chosen: Chosen }
  )[];
}

/** The answers below are without their headers. */
export function putKey(request: PutRequest, draft: Draft): JsonObject {
  draft.checkLease(request);
  draft.checkReplaced(request);
  const previous = draft.put(request);
  return request.wantsPrevious && previous !== null ? { prev_kv: renderKeyValue(previous) } : {};
}

export function deleteKeys(request: DeleteRequest, draft: Draft): JsonObject {
  const found = draft.delete(request.range);
  return withoutZeros({
    deleted: String(found.length),
    prev_kvs: request.wantsPrevious ? found.map(renderKeyValue) : [],
  });
}

export function rangeKeys(request: RangeRequest, draft: Draft): JsonObject {
  const { base, entries, revision, events } = draft;
  const log = events.length === 0 ? base.log : [...base.log, ...events];
  return readKeys(request, { entries, log, revision, compactRevision: base.compactRevision });
}

/** Throws `EtcdError` before anything is changed. */
export function runTxn(request: TxnRequest, draft: Draft): JsonObject {
  checkTxn(request);
  const chosen = choose(request, draft);
  checkAll(chosen, draft);
  return perform(chosen, draft);
}

function choose(request: TxnRequest, draft: Draft): Chosen {
  const isSucceeded = request.compare.every((compare) => isTrue(compare, draft));
  const operations = isSucceeded ? request.success : request.failure;
  return {
    isSucceeded,
    operations: operations.map((operation) =>
      operation.kind === 'txn' ? { kind: 'txn', chosen: choose(operation, draft) } : operation,
    ),
  };
}

function checkAll({ operations }: Chosen, draft: Draft): void {
  for (const operation of operations) {
    if (operation.kind === 'range') checkRevision(operation, draft.base);
    if (operation.kind === 'txn') checkAll(operation.chosen, draft);
    if (operation.kind !== 'put') continue;
    // The other way round than for a put alone, as etcd does it.
    draft.checkReplaced(operation);
    draft.checkLease(operation);
  }
}

function perform({ isSucceeded, operations }: Chosen, draft: Draft): JsonObject {
  const responses: JsonObject[] = [];
  for (const operation of operations) {
    const withHeader = (answer: JsonObject): JsonObject => ({
      header: { revision: String(draft.revision) },
      ...answer,
    });
    switch (operation.kind) {
      case 'range':
        responses.push({ response_range: withHeader(rangeKeys(operation, draft)) });
        break;
      case 'put': {
        const answer = putKey(operation, draft);
        responses.push({ response_put: withHeader(answer) });
        break;
      }
      case 'delete': {
        const answer = deleteKeys(operation, draft);
        responses.push({ response_delete_range: withHeader(answer) });
        break;
      }
      case 'txn':
        responses.push({ response_txn: { header: {}, ...perform(operation.chosen, draft) } });
        break;
      case 'nothing':
        break;
      default:
        return operation satisfies never;
    }
  }
  return withoutZeros({ succeeded: isSucceeded, responses });
}

/** Of a range every key has to fit; of one that is not there all numbers are 0 and no value fits. */
function isTrue(compare: Compare, { entries }: Draft): boolean {
  const found = keysInRange(entries, compare.range);
  if (found.length > 0) return found.every((kv) => fits(compare, kv));
  return compare.target !== 'VALUE' && fits(compare, null);
}

function fits(compare: Compare, kv: KeyValue | null): boolean {
  const order =
    compare.target === 'VALUE'
      ? orderOf(kv?.value ?? '', compare.value)
      : orderOf(numberOf(compare.target, kv), compare.number);
  switch (compare.result) {
    case 'EQUAL':
      return order === 0;
    case 'NOT_EQUAL':
      return order !== 0;
    case 'GREATER':
      return order > 0;
    case 'LESS':
      return order < 0;
    default:
      return compare.result satisfies never;
  }
}

function numberOf(target: Exclude<Compare['target'], 'VALUE'>, kv: KeyValue | null): bigint {
  if (kv === null) return 0n;
  if (target === 'LEASE') return kv.lease;
  if (target === 'VERSION') return BigInt(kv.version);
  return BigInt(target === 'CREATE' ? kv.createRevision : kv.modRevision);
}

function orderOf<Value extends bigint | string>(one: Value, other: Value): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
