// An endpoint in memory, for tests of either side: bags that can be set, a store and flags that can be
// looked into, and a count of what would each cost a hook tool.

import type {
  EndpointPort,
  FlagsPort,
  RelationEventPort,
  RelationPort,
  Settings,
  SettingsChange,
  StorePort,
} from '#interfaces/ports.ts';

export class FakeStore implements StorePort {
  #values: Map<string, string>;

  constructor(values: ReadonlyMap<string, string> = new Map()) {
    this.#values = new Map(values);
  }

  /** A copy: what a failed hook goes back to. */
  copy(): FakeStore {
    return new FakeStore(this.#values);
  }

  // Values go through JSON as in a real store, so that nothing is shared and nothing odd survives.
  get(key: string): unknown {
    const text = this.#values.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }
  set(key: string, value: unknown): void {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`not a JSON value under ${key}`);
    this.#values.set(key, text);
  }
  unset(key: string): void {
    this.#values.delete(key);
  }
  entries(prefix: string): readonly (readonly [string, unknown])[] {
    return [...this.#values.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort()
      .map((key) => [key, this.get(key)] as const);
  }
  /** All of it as text, to look for what must not be in it. */
  get text(): string {
    return JSON.stringify([...this.#values]);
  }
  get size(): number {
    return this.#values.size;
  }
}

export class FakeFlags implements FlagsPort {
  readonly #flags: Set<string>;
  /** Every transition to set, in order: what a trigger would see. */
  readonly raised: string[] = [];

  constructor(flags: Iterable<string> = []) {
    this.#flags = new Set(flags);
  }
  copy(): FakeFlags {
    return new FakeFlags(this.#flags);
  }
  set(flag: string): void {
    if (!this.#flags.has(flag)) this.raised.push(flag);
    this.#flags.add(flag);
  }
  clear(flag: string): void {
    this.#flags.delete(flag);
  }
  toggle(flag: string, on: boolean): void {
    if (on) this.set(flag);
    else this.clear(flag);
  }
  isSet(flag: string): boolean {
    return this.#flags.has(flag);
  }
  get all(): readonly string[] {
    return [...this.#flags].sort();
  }
}

export class NotLeaderError extends Error {
  readonly code = 'NOT_LEADER';
}

export function applyChange(bag: Settings, change: SettingsChange): Settings {
  const kept = new Map(Object.entries(bag));
  for (const [key, value] of Object.entries(change)) {
    if (value === null || value === '') kept.delete(key);
    else kept.set(key, value);
  }
  return Object.fromEntries(kept);
}

export interface FakeRelationOptions {
  readonly id?: number;
  readonly endpoint?: string;
  readonly remoteApplication?: string;
  readonly units?: Readonly<Record<string, Settings>>;
  /** Bags that can be read though their unit is gone. */
  readonly departedUnits?: Readonly<Record<string, Settings>>;
  readonly application?: Settings;
  readonly ownUnit?: Settings;
  readonly ownApplication?: Settings;
}

export class FakeRelation implements RelationPort {
  readonly id: number;
  readonly endpoint: string;
  readonly remoteApplication: string;
  units: Readonly<Record<string, Settings>>;
  departedUnits: Readonly<Record<string, Settings>>;
  application: Settings;
  ownUnit: Settings;
  ownApplication: Settings;
  isLeader = true;
  /** Reads and writes in order, for instance `get pg/0` or `set unit`. */
  readonly calls: string[] = [];

  constructor(options: FakeRelationOptions = {}) {
    this.id = options.id ?? 1;
    this.endpoint = options.endpoint ?? 'db';
    this.remoteApplication = options.remoteApplication ?? 'pg';
    this.units = options.units ?? {};
    this.departedUnits = options.departedUnits ?? {};
    this.application = options.application ?? {};
    this.ownUnit = options.ownUnit ?? {};
    this.ownApplication = options.ownApplication ?? {};
  }
  get name(): string {
    return `${this.endpoint}:${this.id}`;
  }
  get remoteUnits(): readonly string[] {
    const number = (unit: string): number => Number(unit.split('/')[1]);
    return Object.keys(this.units).sort((left, right) => number(left) - number(right));
  }
  remoteUnitSettings(unit: string): Settings {
    this.calls.push(`get ${unit}`);
    return this.units[unit] ?? this.departedUnits[unit] ?? {};
  }
  remoteApplicationSettings(): Settings {
    this.calls.push('get application');
    return this.application;
  }
  ownUnitSettings(): Settings {
    return this.ownUnit;
  }
  ownApplicationSettings(): Settings | null {
    this.calls.push('get own application');
    return this.isLeader ? this.ownApplication : null;
  }
  setUnit(change: SettingsChange): void {
    this.calls.push('set unit');
    this.ownUnit = applyChange(this.ownUnit, change);
  }
  setApplication(change: SettingsChange): void {
    if (!this.isLeader) throw new NotLeaderError('only the leader may write the bag');
    this.calls.push('set application');
    this.ownApplication = applyChange(this.ownApplication, change);
  }
}

export class FakeEndpoint implements EndpointPort {
  readonly name: string;
  readonly localUnit: string;
  store: FakeStore = new FakeStore();
  flags: FakeFlags = new FakeFlags();
  event: RelationEventPort | null = null;
  leader = true;
  readonly warnings: string[] = [];
  readonly all: FakeRelation[];
  /** How often all relations were listed, which costs a hook tool for each of them. */
  listings = 0;

  constructor(localUnit: string, relations: readonly FakeRelation[] = [], name = 'db') {
    this.name = name;
    this.localUnit = localUnit;
    this.all = [...relations];
  }
  get localApplication(): string {
    return this.localUnit.split('/')[0] ?? '';
  }
  get relations(): readonly RelationPort[] {
    this.listings += 1;
    return [...this.all].sort((left, right) => left.id - right.id);
  }
  relation(id: number): RelationPort | null {
    return this.all.find((relation) => relation.id === id) ?? null;
  }
  isLeader(): boolean {
    return this.leader;
  }
  warn(message: string): void {
    this.warnings.push(message);
  }
  setLeader(isLeader: boolean): void {
    this.leader = isLeader;
    for (const relation of this.all) relation.isLeader = isLeader;
  }
  /** Begins the next hook, of this event; null for a hook that is not of this endpoint. */
  hook(
    kind: RelationEventPort['kind'] | null,
    relation: FakeRelation | null = null,
    remoteUnit = '',
    departingUnit: string = kind === 'departed' ? remoteUnit : '',
  ): void {
    this.flags = this.flags.copy();
    this.event =
      kind === null || relation === null ? null : { kind, relation, remoteUnit, departingUnit };
  }
}
