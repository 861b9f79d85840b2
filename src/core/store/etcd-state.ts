// The state of an etcd v3 store: keys, their history, and leases. Values are never changed, only replaced.

export interface EtcdSettings {
  /** As decimal text, 64 bits without a sign. */
  readonly clusterId: string;
  readonly memberId: string;
  readonly memberName: string;
  readonly clientUrls: readonly string[];
  readonly peerUrls: readonly string[];
  readonly raftTerm: number;
  /** What it calls itself, for example `3.4.23`; clients choose their paths by it. */
  readonly version: string;
  /** Shorter leases are made this long; etcd takes one and a half election timeouts, rounded up. */
  readonly minLeaseTtlSeconds: number;
  /** How many changes are kept for watches and reads of old revisions. */
  readonly historyLimit: number;
}

/** Keys and values are bytes: strings of characters below 256. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** 0n: none. */
  readonly lease: bigint;
}

export interface StoreEvent {
  readonly kind: 'put' | 'delete';
  /** Of a delete only key and revision count. */
  readonly kv: KeyValue;
  /** What it replaced; null where there was nothing, or where that was compacted. */
  readonly previous: KeyValue | null;
}

export interface Lease {
  readonly id: bigint;
  readonly ttlSeconds: number;
  readonly deadlineMs: number;
}

export interface EtcdState {
  readonly settings: EtcdSettings;
  readonly revision: number;
  /** The oldest revision that can still be read. */
  readonly compactRevision: number;
  readonly entries: ReadonlyMap<string, KeyValue>;
  /** Changes since `compactRevision`, oldest first. */
  readonly log: readonly StoreEvent[];
  readonly leases: ReadonlyMap<bigint, Lease>;
  /** The last lease id the store chose itself. */
  readonly lastLease: bigint;
  /** Requests that changed something, or could have. */
  readonly raftIndex: number;
}

/** A store without keys, at revision 1 as a new etcd is. */
export function emptyStore(settings: EtcdSettings): EtcdState {
  return {
    settings,
    revision: 1,
    compactRevision: 0,
    entries: new Map(),
    log: [],
    leases: new Map(),
    lastLease: 0x1000_0000_0000n,
    raftIndex: 1,
  };
}

/** A range of keys; `end` null: one key; empty: all from `key` on. */
export interface KeyRange {
  readonly key: string;
  readonly end: string | null;
}

export function isInRange({ key, end }: KeyRange, candidate: string): boolean {
  if (end === null) return candidate === key;
  return candidate >= key && (end === '' || candidate < end);
}

/** Those in the range, in the order of their keys. */
export function keysInRange(
  entries: ReadonlyMap<string, KeyValue>,
  range: KeyRange,
): readonly KeyValue[] {
  if (range.end === null) {
    const found = entries.get(range.key);
    return found === undefined ? [] : [found];
  }
  return [...entries.values()]
    .filter(({ key }) => isInRange(range, key))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1));
}

/** The keys as they were at a revision that was not compacted. */
export function entriesAt(
  { entries, log }: Pick<EtcdState, 'entries' | 'log'>,
  revision: number,
): ReadonlyMap<string, KeyValue> {
  const then = new Map(entries);
  for (const { kv, previous } of log.toReversed()) {
    if (kv.modRevision <= revision) break;
    if (previous === null) then.delete(kv.key);
    else then.set(kv.key, previous);
  }
  return then;
}
