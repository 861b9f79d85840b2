// What each remote bag held when it was last looked at: it tells which keys changed, and it is what
// a protocol reads when Juju does not give the bag any more.

import type { Settings, StorePort } from '#interfaces/ports.ts';
import type { HashText } from '../reactive/data-changed.ts';

export class BagMemory {
  readonly #store: StorePort;
  readonly #prefix: string;
  readonly #hash: HashText | null;

  /**
   * @param hash given for a peer relation: only hashes are kept then, as peers' bags can be large,
   *   stay readable for ever, and hold what the application shares with nobody else
   */
  constructor(store: StorePort, endpoint: string, hash: HashText | null) {
    this.#store = store;
    this.#prefix = `reactive.endpoints.${endpoint}.bag.`;
    this.#hash = hash;
  }

  /**
   * The keys that are new, different or gone (T50) since the last look, sorted; remembers the bag.
   * @param entity a unit, or an application for its bag
   */
  look(relationId: number, entity: string, settings: Settings): readonly string[] {
    const key = this.#key(relationId, entity);
    const before = readTexts(this.#store.get(key));
    const after = new Map(
      Object.entries(settings).map(([name, value]) => [name, this.#hash?.(value) ?? value]),
    );
    const names = new Set([...before.keys(), ...after.keys()]);
    const changed = [...names].filter((name) => before.get(name) !== after.get(name)).sort();
    if (changed.length > 0) this.#store.set(key, Object.fromEntries(after));
    return changed;
  }

  /** The bag as it was last seen; empty where none was, and always for a peer. */
  copy(relationId: number, entity: string): Settings {
    if (this.#hash !== null) return {};
    return Object.fromEntries(readTexts(this.#store.get(this.#key(relationId, entity))));
  }

  /** Forgets a unit that departed. */
  forget(relationId: number, entity: string): void {
    this.#store.unset(this.#key(relationId, entity));
  }

  /** Forgets everything of a relation that is gone. */
  forgetRelation(relationId: number): void {
    for (const [key] of this.#store.entries(`${this.#prefix}${relationId}.`))
      this.#store.unset(key);
  }

  /** Forgets all relations but these: those that went in a hook an operator skipped. */
  keepOnly(relationIds: ReadonlySet<number>): void {
    for (const [key] of this.#store.entries(this.#prefix)) {
      const id = Number.parseInt(key.slice(this.#prefix.length), 10);
      if (!relationIds.has(id)) this.#store.unset(key);
    }
  }

  #key(relationId: number, entity: string): string {
    return `${this.#prefix}${relationId}.${entity}`;
  }
}

function readTexts(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
