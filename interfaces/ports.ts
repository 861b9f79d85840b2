// What a relation protocol needs of the charm it runs in. Small structural interfaces, owned here;
// `charm/` satisfies them, and so does anything else that wants to speak a protocol.

/** Settings of one bag. Values are always text: a protocol never parses them as JSON by itself. */
export type Settings = Readonly<Record<string, string>>;

/** Keys to write; null takes a key away. A key that is not named stays as it is. */
export type SettingsChange = Readonly<Record<string, string | null>>;

/** One relation of an endpoint, as it stands in this hook. */
export interface RelationPort {
  /** `endpoint:number`, for example `db:7`. */
  readonly name: string;
  readonly id: number;
  readonly endpoint: string;
  /** Name of the application at the other end; for a peer relation our own. */
  readonly remoteApplication: string;
  /** Units at the other end that have joined and not departed, in numerical order. */
  readonly remoteUnits: readonly string[];
  /** Bag of a unit at the other end; empty where it can't be read. Departed units stay readable. */
  remoteUnitSettings(unit: string): Settings;
  remoteApplicationSettings(): Settings;
  /** Our own bags, with what this hook wrote. The application's is null where we may not read it. */
  ownUnitSettings(): Settings;
  ownApplicationSettings(): Settings | null;
  /** Writes only what differs from what is there. */
  setUnit(change: SettingsChange): void;
  /** Leader only: throws an error of code `NOT_LEADER` otherwise, before anything is written. */
  setApplication(change: SettingsChange): void;
}

/** The relation event under way on this endpoint, if it is this endpoint's. */
export interface RelationEventPort {
  readonly kind: 'created' | 'joined' | 'changed' | 'departed' | 'broken';
  readonly relation: RelationPort;
  /** Empty for created, broken and a change of the application's bag. */
  readonly remoteUnit: string;
  readonly departingUnit: string;
}

export interface FlagsPort {
  set(flag: string): void;
  clear(flag: string): void;
  toggle(flag: string, on: boolean): void;
  isSet(flag: string): boolean;
}

/** Facts that outlive the hook, kept if it succeeds and forgotten if it fails. */
export interface StorePort {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  unset(key: string): void;
  /** Keys that begin with `prefix`, taken literally, and their values; in the order of the keys. */
  entries(prefix: string): readonly (readonly [string, unknown])[];
}

export interface EndpointPort {
  readonly name: string;
  /** `application/number` of the unit we run in. */
  readonly localUnit: string;
  readonly localApplication: string;
  /** Relations in numerical order. Costs a hook tool per relation: a protocol that can answer from the event's own relation should. */
  readonly relations: readonly RelationPort[];
  /** One relation without looking at the others; null where there is none of that number. */
  relation(id: number): RelationPort | null;
  readonly event: RelationEventPort | null;
  isLeader(): boolean;
  readonly flags: FlagsPort;
  readonly store: StorePort;
  warn(message: string): void;
}
