// The requests of the key-value part, read from JSON into types.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { KeyRange } from './etcd-state.ts';
import {
  readBigInteger,
  readBytes,
  readEnum,
  readFlag,
  readInteger,
  readObject,
  readObjects,
} from './read-json.ts';

export interface RangeRequest {
  readonly kind: 'range';
  readonly range: KeyRange;
  readonly limit: number;
  /** 0 or less: the present one. */
  readonly revision: number;
  readonly sortOrder: 'NONE' | 'ASCEND' | 'DESCEND';
  readonly sortTarget: 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE';
  readonly isKeysOnly: boolean;
  readonly isCountOnly: boolean;
  /** 0: no bound. */
  readonly minModRevision: number;
  readonly maxModRevision: number;
  readonly minCreateRevision: number;
  readonly maxCreateRevision: number;
}

export interface PutRequest {
  readonly kind: 'put';
  readonly key: string;
  readonly value: string;
  readonly lease: bigint;
  readonly wantsPrevious: boolean;
  readonly ignoresValue: boolean;
  readonly ignoresLease: boolean;
}

export interface DeleteRequest {
  readonly kind: 'delete';
  readonly range: KeyRange;
  readonly wantsPrevious: boolean;
}

export interface Compare {
  readonly range: KeyRange;
  readonly result: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL';
  readonly target: 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' | 'LEASE';
  readonly number: bigint;
  readonly value: string;
}

export interface TxnRequest {
  readonly kind: 'txn';
  readonly compare: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export type Operation =
  | RangeRequest
  | PutRequest
  | DeleteRequest
  | TxnRequest
  | { readonly kind: 'nothing' };

/** An end of one zero byte means everything from the key on. */
export function readKeyRange(request: JsonObject): KeyRange {
  const end = readBytes(request, 'range_end');
  return { key: readBytes(request, 'key'), end: end === '' ? null : end === '\0' ? '' : end };
}

export function readRange(request: JsonObject): RangeRequest {
  return {
    kind: 'range',
    range: readKeyRange(request),
    limit: readInteger(request, 'limit'),
    revision: readInteger(request, 'revision'),
    sortOrder: readEnum(request, 'sort_order', ['NONE', 'ASCEND', 'DESCEND']),
    sortTarget: readEnum(request, 'sort_target', ['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE']),
    isKeysOnly: readFlag(request, 'keys_only'),
    isCountOnly: readFlag(request, 'count_only'),
    minModRevision: readInteger(request, 'min_mod_revision'),
    maxModRevision: readInteger(request, 'max_mod_revision'),
    minCreateRevision: readInteger(request, 'min_create_revision'),
    maxCreateRevision: readInteger(request, 'max_create_revision'),
  };
}

export function readPut(request: JsonObject): PutRequest {
  return {
    kind: 'put',
    key: readBytes(request, 'key'),
    value: readBytes(request, 'value'),
    lease: readBigInteger(request, 'lease'),
    wantsPrevious: readFlag(request, 'prev_kv'),
    ignoresValue: readFlag(request, 'ignore_value'),
    ignoresLease: readFlag(request, 'ignore_lease'),
  };
}

export function readDelete(request: JsonObject): DeleteRequest {
  return {
    kind: 'delete',
    range: readKeyRange(request),
    wantsPrevious: readFlag(request, 'prev_kv'),
  };
}

export function readTxn(request: JsonObject): TxnRequest {
  return {
    kind: 'txn',
    compare: readObjects(request, 'compare').map(readCompare),
    success: readObjects(request, 'success').map(readOperation),
    failure: readObjects(request, 'failure').map(readOperation),
  };
}

const numberFields = {
  VERSION: 'version',
  CREATE: 'create_revision',
  MOD: 'mod_revision',
  LEASE: 'lease',
} as const;

function readCompare(request: JsonObject): Compare {
  const target = readEnum(request, 'target', ['VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE']);
  return {
    range: readKeyRange(request),
    result: readEnum(request, 'result', ['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL']),
    target,
    number: target === 'VALUE' ? 0n : readBigInteger(request, numberFields[target]),
    value: target === 'VALUE' ? readBytes(request, 'value') : '',
  };
}

function readOperation(request: JsonObject): Operation {
  const range = readObject(request, 'request_range');
  if (range !== null) return readRange(range);
  const put = readObject(request, 'request_put');
  if (put !== null) return readPut(put);
  const remove = readObject(request, 'request_delete_range');
  if (remove !== null) return readDelete(remove);
  const txn = readObject(request, 'request_txn');
  return txn === null ? { kind: 'nothing' } : readTxn(txn);
}
