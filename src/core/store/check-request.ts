// Refuses requests that make no sense whatever the keys are, as an etcd server does before it looks at them.

import {
  duplicateKey,
  emptyKey,
  EtcdError,
  keyNotFound,
  leaseProvided,
  tooManyOperations,
  valueProvided,
} from './etcd-error.ts';
import type { KeyRange } from './etcd-state.ts';
import { isInRange } from './etcd-state.ts';
import type { Operation, PutRequest, TxnRequest } from './requests.ts';

/** Of one transaction with those inside it. */
const mostOperations = 128;

export function checkKey({ key }: Pick<KeyRange, 'key'>): void {
  if (key === '') throw new EtcdError(emptyKey);
}

export function checkPutRequest(request: PutRequest): void {
  checkKey(request);
  if (request.ignoresValue && request.value !== '') throw new EtcdError(valueProvided);
  if (request.ignoresLease && request.lease !== 0n) throw new EtcdError(leaseProvided);
}

export function checkTxn(request: TxnRequest): void {
  checkOperations(request, mostOperations);
  writesOf(request.success);
  writesOf(request.failure);
}

function checkOperations({ compare, success, failure }: TxnRequest, most: number): void {
  const count = Math.max(compare.length, success.length, failure.length);
  if (count > most) throw new EtcdError(tooManyOperations);
  for (const { range } of compare) checkKey(range);
  for (const operation of [...success, ...failure]) {
    switch (operation.kind) {
      case 'range':
      case 'delete':
        checkKey(operation.range);
        break;
      case 'put':
        checkPutRequest(operation);
        break;
      case 'txn':
        checkOperations(operation, most - count);
        break;
      case 'nothing':
        throw new EtcdError(keyNotFound);
      default:
        operation satisfies never;
    }
  }
}

interface Writes {
  readonly puts: ReadonlySet<string>;
  readonly deletes: readonly KeyRange[];
}

/** What a list of operations writes; throws where one revision would write a key twice. */
function writesOf(operations: readonly Operation[]): Writes {
  const deletes: KeyRange[] = operations
    .filter((operation) => operation.kind === 'delete')
    .map(({ range }) => range);
  const puts = new Set<string>();
  const add = (key: string, isAllowedTwice = false): void => {
    // A delete of everything from a key on is passed over, as etcd passes it over.
    const isDeleted = deletes.some((range) => range.end !== '' && isInRange(range, key));
    if (isDeleted || (puts.has(key) && !isAllowedTwice)) throw new EtcdError(duplicateKey);
    puts.add(key);
  };
  for (const operation of operations) {
    if (operation.kind !== 'txn') continue;
    const success = writesOf(operation.success);
    const failure = writesOf(operation.failure);
    for (const key of success.puts) add(key);
    // Only one of the two branches is taken.
    for (const key of failure.puts) add(key, success.puts.has(key));
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const operation of operations) if (operation.kind === 'put') add(operation.key);
  return { puts, deletes };
}
