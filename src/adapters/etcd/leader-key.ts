// The leader key: its value is the leader's name, its lease the leader's. Every question is one transaction.

import type { EtcdKeyValue } from './answers.ts';
import type { Deadline } from './deadline.ts';
import type { EtcdGateway } from './gateway.ts';

export interface LeaderKey {
  readonly gateway: EtcdGateway;
  /** Full path. */
  readonly key: string;
  /** Of ourselves. */
  readonly name: string;
}

/** Creates it; true also where it is ours with this lease already. */
export async function createLeader(
  { gateway, key, name }: LeaderKey,
  lease: string,
  deadline: Deadline,
): Promise<boolean> {
  const { isSucceeded, found } = await gateway.txn(
    [{ target: 'absent', key }],
    [{ kind: 'put', key, value: name, lease }],
    [{ kind: 'get', key }],
    deadline,
  );
  return isSucceeded || isOurs(found[0], name, lease);
}

function isOurs(found: EtcdKeyValue | null | undefined, name: string, lease: string): boolean {
  return found?.value === name && found.lease === lease;
}

/**
 * Whether the key names us and hangs on this lease, which proves that the lease lives: etcd deletes both
 * together. `elsewhere`: it names us and hangs on another, as after a restart of the agent.
 */
export async function proveLeader(
  { gateway, key, name }: LeaderKey,
  lease: string,
  deadline: Deadline,
): Promise<'ours' | 'elsewhere' | 'lost'> {
  const { isSucceeded, found } = await gateway.txn(
    [
      { target: 'value', key, value: name },
      { target: 'lease', key, lease },
    ],
    [],
    [{ kind: 'get', key }],
    deadline,
  );
  if (isSucceeded) return 'ours';
  return found[0]?.value === name ? 'elsewhere' : 'lost';
}

/** Hangs the key on this lease, if it names us. */
export async function attachLeader(
  { gateway, key, name }: LeaderKey,
  lease: string,
  deadline: Deadline,
): Promise<boolean> {
  const { isSucceeded } = await gateway.txn(
    [{ target: 'value', key, value: name }],
    [{ kind: 'put', key, value: name, lease }],
    [],
    deadline,
  );
  return isSucceeded;
}

/** Writes another key, if the leader key names us. */
export async function putAsLeader(
  { gateway, key, name }: LeaderKey,
  other: { readonly key: string; readonly value: string },
  deadline: Deadline,
): Promise<boolean> {
  const { isSucceeded } = await gateway.txn(
    [{ target: 'value', key, value: name }],
    [{ kind: 'put', ...other, lease: '' }],
    [],
    deadline,
  );
  return isSucceeded;
}

/**
 * Deletes it if it names us, having written the last words in the same transaction: whoever sees that nobody
 * leads sees them too. True also where nobody led any more.
 *
 * The key is asked for first and deleted as it was found: a request that was given up, and that the network delivers
 * much later all the same, must not take away a key that we have got again by then.
 */
export async function deleteLeader(
  { gateway, key, name }: LeaderKey,
  lastWords: { readonly key: string; readonly value: string } | null,
  deadline: Deadline,
): Promise<boolean> {
  const asked = await gateway.txn([], [{ kind: 'get', key }], [], deadline);
  const present = asked.found[0] ?? null;
  if (present === null) return true;
  if (present.value !== name) return false;
  const { isSucceeded, found } = await gateway.txn(
    [{ target: 'revision', key, modRevision: present.modRevision }],
    [
      ...(lastWords === null ? [] : [{ kind: 'put' as const, ...lastWords, lease: '' }]),
      { kind: 'delete', key },
    ],
    [{ kind: 'get', key }],
    deadline,
  );
  return isSucceeded || found[0] === null;
}
