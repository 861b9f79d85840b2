// One request's changes to the keys before they become the state: all of them get the same revision.

import type { EtcdState, KeyRange, KeyValue, StoreEvent } from './etcd-state.ts';
import { compactTo } from './compaction.ts';
import { keysInRange } from './etcd-state.ts';
import { EtcdError, keyNotFound, leaseNotFound } from './etcd-error.ts';
import type { PutRequest } from './requests.ts';

export class Draft {
  readonly base: EtcdState;
  readonly events: StoreEvent[] = [];
  readonly #entries: Map<string, KeyValue>;

  constructor(base: EtcdState) {
    this.base = base;
    this.#entries = new Map(base.entries);
  }

  /** Of the state once the changes so far are in it. */
  get revision(): number {
    return this.base.revision + (this.events.length > 0 ? 1 : 0);
  }

  get entries(): ReadonlyMap<string, KeyValue> {
    return this.#entries;
  }

  /** A put may refer to a lease; throws `EtcdError` where that is not there. */
  checkLease({ lease }: PutRequest): void {
    if (lease !== 0n && !this.base.leases.has(lease)) throw new EtcdError(leaseNotFound);
  }

  /** A put may refer to what its key has; throws `EtcdError` where the key is not there. */
  checkReplaced({ key, ignoresValue, ignoresLease }: PutRequest): void {
    if ((ignoresValue || ignoresLease) && !this.#entries.has(key)) throw new EtcdError(keyNotFound);
  }

  /** Returns what was there before. */
  put({ key, value, lease, ignoresValue, ignoresLease }: PutRequest): KeyValue | null {
    const previous = this.#entries.get(key) ?? null;
    const modRevision = this.base.revision + 1;
    const kv = {
      key,
      value: ignoresValue ? (previous?.value ?? '') : value,
      createRevision: previous?.createRevision ?? modRevision,
      modRevision,
      version: (previous?.version ?? 0) + 1,
      lease: ignoresLease ? (previous?.lease ?? 0n) : lease,
    };
    this.#entries.set(key, kv);
    this.#note('put', kv);
    return previous;
  }

  /** Returns what was deleted, in the order of the keys. */
  delete(range: KeyRange): readonly KeyValue[] {
    const found = keysInRange(this.#entries, range);
    for (const previous of found) {
      this.#entries.delete(previous.key);
      const kv = {
        key: previous.key,
        value: '',
        createRevision: 0,
        modRevision: this.base.revision + 1,
        version: 0,
        lease: 0n,
      };
      this.#note('delete', kv);
    }
    return found;
  }

  /** What an event replaced is what the revision before had, also where one revision writes a key twice. */
  #note(kind: StoreEvent['kind'], kv: KeyValue): void {
    this.events.push({ kind, kv, previous: this.base.entries.get(kv.key) ?? null });
  }

  /** The state with the changes in it, and with a history as long as it may be; one revision is not cut. */
  commit(): EtcdState {
    if (this.events.length === 0) return this.base;
    const { settings, log } = this.base;
    const next = {
      ...this.base,
      revision: this.revision,
      entries: this.#entries,
      log: [...log, ...this.events],
    };
    const surplus = next.log.length - settings.historyLimit;
    const oldest = surplus > 0 ? next.log[surplus] : undefined;
    return oldest === undefined ? next : compactTo(next, oldest.kv.modRevision);
  }
}
