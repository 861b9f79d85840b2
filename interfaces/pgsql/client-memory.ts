// What a client remembers between hooks: what it asked for, what it last told its charm, and what it
// already warned of. It lives in the hook's store, so a failed hook forgets what it did.

import type { StorePort } from '../ports.ts';
import type { RequestText } from './request.ts';

/** Only what the charm asked for itself; what is not named stays as the bag has it. */
export type RequestPart = Partial<RequestText>;

/** What was last announced of one relation, as libpq text. Null where there was nothing yet. */
export interface Announced {
  readonly master: string | null;
  readonly standbys: readonly string[];
}

export const NOTHING_ANNOUNCED: Announced = { master: null, standbys: [] };

export class ClientMemory {
  readonly #store: StorePort;
  readonly #prefix: string;

  constructor(store: StorePort, endpointName: string) {
    this.#store = store;
    this.#prefix = `pgsql.client.${endpointName}.`;
  }

  /** What was asked of one relation, over what was asked of all of them. */
  request(relationId: number): RequestPart {
    return { ...this.#part('request'), ...this.#part(`request.${relationId}`) };
  }

  /** Remembers a request of all relations; earlier words for single relations give way to it. */
  requestOfAll(part: RequestPart): void {
    this.#store.set(`${this.#prefix}request`, { ...this.#part('request'), ...part });
    for (const [key, value] of this.#store.entries(`${this.#prefix}request.`)) {
      const kept = Object.entries(readPart(value)).filter(([field]) => !Object.hasOwn(part, field));
      this.#store.set(key, Object.fromEntries(kept));
    }
  }

  /** Remembers a request of one relation, over the one of all. */
  requestOf(relationId: number, part: RequestPart): void {
    const key = `request.${relationId}`;
    this.#store.set(this.#prefix + key, { ...this.#part(key), ...part });
  }

  /** What the charm was last told of this relation. */
  announced(relationId: number): Announced {
    return readAnnounced(this.#store.get(`${this.#prefix}announced.${relationId}`));
  }

  /** Remembers what the charm is being told; the store forgets it again if the hook fails. */
  announce(relationId: number, announced: Announced): void {
    this.#store.set(`${this.#prefix}announced.${relationId}`, announced);
  }

  /** Relations something is remembered of, besides what was asked of them. */
  announcedRelations(): readonly number[] {
    const prefix = `${this.#prefix}announced.`;
    return this.#store.entries(prefix).map(([key]) => Number(key.slice(prefix.length)));
  }

  /** Forgets what was announced, so that the same server is news when it comes back. */
  forgetAnnounced(relationId: number): void {
    this.#store.unset(`${this.#prefix}announced.${relationId}`);
  }

  /** A relation's number is never used again, so nothing of it is worth keeping. */
  forgetRelation(relationId: number): void {
    this.forgetAnnounced(relationId);
    this.#store.unset(`${this.#prefix}request.${relationId}`);
    this.#store.unset(`${this.#prefix}warned.${relationId}`);
  }

  /** The warnings among these that were not there before. Those that went away may be given again. */
  newWarnings(relationId: number, warnings: readonly string[]): readonly string[] {
    const key = `${this.#prefix}warned.${relationId}`;
    const before = readTexts(this.#store.get(key));
    if (warnings.length > 0) this.#store.set(key, warnings);
    else if (before.length > 0) this.#store.unset(key);
    return warnings.filter((warning) => !before.includes(warning));
  }

  #part(key: string): RequestPart {
    return readPart(this.#store.get(this.#prefix + key));
  }
}

// A store may hold what another version of the charm left there. What is not of the expected shape is
// read as nothing remembered: the bags still say what was asked, and the worst is one change announced twice.

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function readPart(value: unknown): RequestPart {
  if (!isObject(value)) return {};
  const { database, roles, extensions } = value;
  return {
    ...(typeof database === 'string' ? { database } : {}),
    ...(typeof roles === 'string' ? { roles } : {}),
    ...(typeof extensions === 'string' ? { extensions } : {}),
  };
}

function readAnnounced(value: unknown): Announced {
  if (!isObject(value)) return NOTHING_ANNOUNCED;
  const master = typeof value['master'] === 'string' ? value['master'] : null;
  return { master, standbys: readTexts(value['standbys']) };
}
