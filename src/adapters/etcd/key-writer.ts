// Compare-and-set of single keys. A write may be sent twice, when the answer to the first was lost; so a key
// that already is as it should be counts as written.

import type { Expected } from '#adapters/ports/dcs.ts';
import type { Deadline } from './deadline.ts';
import type { Compare, EtcdGateway } from './gateway.ts';

function comparisons(key: string, expected: string | null): readonly Compare[] {
  return expected === null
    ? [{ target: 'absent', key }]
    : [{ target: 'revision', key, modRevision: expected }];
}

/** The key's revision now; null where it was not as expected. */
export async function putIf(
  gateway: EtcdGateway,
  key: string,
  value: string,
  expected: Expected,
  deadline: Deadline,
): Promise<string | null> {
  if (expected === undefined) return gateway.put({ key, value, lease: '' }, deadline);
  const { isSucceeded, revision, found } = await gateway.txn(
    comparisons(key, expected),
    [{ kind: 'put', key, value, lease: '' }],
    [{ kind: 'get', key }],
    deadline,
  );
  if (isSucceeded) return revision;
  const [present] = found;
  return present?.value === value ? present.modRevision : null;
}

/** False where the key is there and not as expected. */
export async function deleteIf(
  gateway: EtcdGateway,
  key: string,
  expected: Expected,
  deadline: Deadline,
): Promise<boolean> {
  if (expected === undefined) {
    await gateway.delete(key, deadline);
    return true;
  }
  const { isSucceeded, found } = await gateway.txn(
    comparisons(key, expected),
    [{ kind: 'delete', key }],
    [{ kind: 'get', key }],
    deadline,
  );
  return isSucceeded || found[0] === null;
}
