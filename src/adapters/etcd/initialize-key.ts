// The key `initialize` at the moment a member claims the new cluster. It has no owner's name in it, so a
// claim whose answer was lost could not be told from that of another member. Hence two steps: it is created
// on our lease, by which it is known, and then taken off the lease, as it has to outlive its claimer.

import type { StoredKey } from '#core/dcs/read-cluster.ts';
import { keyNames } from '#core/dcs/keys.ts';
import type { Deadline } from './deadline.ts';
import type { EtcdGateway } from './gateway.ts';

export class InitializeClaim {
  readonly #gateway: EtcdGateway;
  readonly #key: string;
  /** The first step was done and nobody was told yet. */
  #isUnsettled = false;

  constructor(gateway: EtcdGateway, key: string) {
    this.#gateway = gateway;
    this.#key = key;
  }

  /** False where another member was faster. May be called again after it threw. */
  async make(value: string, lease: string, deadline: Deadline): Promise<boolean> {
    const key = this.#key;
    if (!this.#isUnsettled) {
      const { isSucceeded, found } = await this.#gateway.txn(
        [{ target: 'absent', key }],
        [{ kind: 'put', key, value, lease }],
        [{ kind: 'get', key }],
        deadline,
      );
      if (!isSucceeded && found[0]?.lease !== lease) return false;
      this.#isUnsettled = true;
    }
    const { isSucceeded, found } = await this.#gateway.txn(
      [{ target: 'lease', key, lease }],
      [{ kind: 'put', key, value, lease: '' }],
      [{ kind: 'get', key }],
      deadline,
    );
    this.#isUnsettled = false;
    const [present] = found;
    return isSucceeded || (present?.value === value && present.lease === '');
  }

  /** Of the claim that is there, whosever it is; empty where there is none, or a cluster is made already. */
  async revision(deadline: Deadline): Promise<string> {
    const { found } = await this.#gateway.txn([], [{ kind: 'get', key: this.#key }], [], deadline);
    const present = found[0] ?? null;
    return present !== null && present.value === '' ? present.modRevision : '';
  }

  /** Our own claim whose second step is not known to be done: for us the cluster is still to be claimed. */
  isOwn({ key, value, lease }: StoredKey, ownLease: string): boolean {
    if (key !== keyNames.initialize || value !== '') return false;
    return lease === '' ? this.#isUnsettled : lease === ownLease;
  }
}
