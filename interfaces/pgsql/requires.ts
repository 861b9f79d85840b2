// The client's side of the protocol: ask for a database, learn where it is, hear of every change once.
// Everything is recomputed from the bags in every hook, so no hook has to be the right one; the store
// holds only what was asked and what was last announced.

import type { EndpointPort, RelationPort } from '../ports.ts';
import { ClientMemory, NOTHING_ANNOUNCED } from './client-memory.ts';
import type { Announced, RequestPart } from './client-memory.ts';
import { stayingRelations, stayingUnits, viewRelation } from './client-view.ts';
import type { ClientView } from './client-view.ts';
import type { ConnectionString } from './connection-string.ts';
import { PgsqlError } from './errors.ts';
import { compareText } from './numeric-order.ts';
import {
  checkDatabaseName,
  decodeRequest,
  encodeExtensions,
  encodeRequest,
  encodeRoles,
  isEmptyRequest,
} from './request.ts';
import type { RequestText } from './request.ts';

export class PostgreSQLClient {
  readonly #endpoint: EndpointPort;
  readonly #memory: ClientMemory;
  #views: readonly ClientView[] | null = null;

  constructor(endpoint: EndpointPort) {
    this.#endpoint = endpoint;
    this.#memory = new ClientMemory(endpoint.store, endpoint.name);
  }

  /** Name of the endpoint, for example `db`. */
  get relationName(): string {
    return this.#endpoint.name;
  }

  // Asking. Whatever is wrong with a request is thrown before anything of it is written (T3).

  /** Asks every relation for this database; the empty name lets the server choose. */
  changeDatabaseName(name: string): void {
    this.#ask({ database: checkDatabaseName(name) }, null);
  }

  /** Asks for exactly these roles, in this order; a later call replaces them, none takes them back. */
  requestRoles(...roles: readonly (string | readonly string[])[]): void {
    this.#ask({ roles: encodeRoles(roles.flat()) }, null);
  }

  /** Asks for exactly these extensions: `name`, `name(schema)` or `name:schema`. */
  requestExtensions(...extensions: readonly (string | readonly string[])[]): void {
    this.#ask({ extensions: encodeExtensions(extensions.flat()) }, null);
  }

  /** As `changeDatabaseName`, for one relation where its number is given. */
  setDatabase(name: string, relationId: number | null = null): void {
    this.#ask({ database: checkDatabaseName(name) }, relationId);
  }

  /** As `requestRoles`, sorted, for one relation where its number is given. */
  setRoles(roles: string | readonly string[], relationId: number | null = null): void {
    this.#ask({ roles: encodeRoles([roles].flat().sort(compareText)) }, relationId);
  }

  /** As `requestExtensions`, sorted, for one relation where its number is given. */
  setExtensions(extensions: string | readonly string[], relationId: number | null = null): void {
    this.#ask({ extensions: encodeExtensions([extensions].flat().sort(compareText)) }, relationId);
  }

  // Learning. All of these are null until a server has let this unit in and done what was asked.

  /** The server that accepts writes: of the first relation that has one. */
  get master(): ConnectionString | null {
    return this.#masterView()?.master ?? null;
  }

  /** Servers to read from, of all relations, each once, sorted as text. */
  get standbys(): readonly ConnectionString[] {
    const all = this.views.flatMap((view) => view.standbys ?? []);
    const byText = new Map(all.map((standby) => [standby.libpq, standby]));
    return [...byText].sort(([left], [right]) => compareText(left, right)).map(([, each]) => each);
  }

  /** Version of PostgreSQL as the server writes it: `9.6`, `12`, `14.10`. Not a number. */
  get version(): string | null {
    const own = this.#masterView()?.version;
    return own ?? this.views.find(({ version }) => version !== null)?.version ?? null;
  }

  /** What a person should know, of all relations. */
  get warnings(): readonly string[] {
    return this.views.flatMap((view) => view.warnings);
  }

  /** Every relation by itself, in numerical order. */
  get views(): readonly ClientView[] {
    this.#views ??= stayingRelations(this.#endpoint).map((relation) =>
      viewRelation(
        this.#endpoint,
        relation,
        this.#request(relation, this.#memory.request(relation.id)),
      ),
    );
    return this.#views;
  }

  /** One relation by its number; null where it is not related. */
  relation(relationId: number): ClientView | null {
    return this.views.find((view) => view.relationId === relationId) ?? null;
  }

  /** `host=… port=… dbname=… user=… password=…`, in this order; null while any of them is missing. */
  connectionString(): string | null {
    const { master } = this;
    const parts = [master?.host, master?.port, master?.dbname, master?.user, master?.password];
    return parts.every((part) => (part ?? '') !== '') ? (master?.fixedOrder ?? null) : null;
  }

  host(): string | null {
    return this.master?.host ?? null;
  }
  port(): string | null {
    return this.master?.port ?? null;
  }
  database(): string | null {
    return this.master?.dbname ?? null;
  }
  user(): string | null {
    return this.master?.user ?? null;
  }
  password(): string | null {
    return this.master?.password ?? null;
  }
  schemaUser(): string | null {
    return this.#masterView()?.schemaUser ?? null;
  }
  schemaPassword(): string | null {
    return this.#masterView()?.schemaPassword ?? null;
  }

  /**
   * To be called once in every hook. Mirrors the request into our bags and brings the flags up to date:
   * `connected`, `database|master|standbys.available` follow the facts, `…changed` is raised once per
   * change and `departed` when the last server left; the charm clears those.
   */
  manageFlags(): void {
    const relations = stayingRelations(this.#endpoint);
    for (const relation of relations) {
      this.#write(relation, this.#memory.request(relation.id));
    }
    const { flags, name } = this.#endpoint;
    // The flag tells what was; what is comes from the bags.
    const isConnected = relations.some((each) => stayingUnits(this.#endpoint, each).length > 0);
    const hasDeparted = !isConnected && flags.isSet(`${name}.connected`);
    const changed = this.#announce(relations, isConnected);

    flags.toggle(`${name}.connected`, isConnected);
    flags.toggle(`${name}.master.available`, this.master !== null);
    flags.toggle(`${name}.standbys.available`, this.standbys.length > 0);
    flags.toggle(`${name}.database.available`, this.connectionString() !== null);
    if (hasDeparted || changed.master) this.#raise('master.changed');
    if (hasDeparted || changed.standbys) this.#raise('standbys.changed');
    if (hasDeparted || changed.master || changed.standbys) this.#raise('database.changed');
    if (hasDeparted) this.#raise('departed');
  }

  /** Compares with what was announced last, remembers the new facts, and warns of what is new. */
  #announce(
    relations: readonly RelationPort[],
    isConnected: boolean,
  ): { readonly master: boolean; readonly standbys: boolean } {
    const changed = { master: false, standbys: false };
    const related = new Set(relations.map(({ id }) => id));
    for (const gone of this.#memory.announcedRelations().filter((id) => !related.has(id))) {
      const before = this.#memory.announced(gone);
      changed.master ||= before.master !== null;
      changed.standbys ||= before.standbys.length > 0;
      this.#memory.forgetRelation(gone);
    }
    for (const view of this.views) {
      for (const warning of this.#memory.newWarnings(view.relationId, view.warnings)) {
        this.#endpoint.warn(`${view.relationName}: ${warning}`);
      }
      const before = this.#memory.announced(view.relationId);
      // With the last server gone, all that was announced is void, and its return will be news.
      const now = isConnected ? announcedNext(before, view) : NOTHING_ANNOUNCED;
      if (isSameAnnounced(before, now)) continue;
      changed.master ||= before.master !== now.master;
      changed.standbys ||= before.standbys.join('\n') !== now.standbys.join('\n');
      if (isConnected) this.#memory.announce(view.relationId, now);
      else this.#memory.forgetAnnounced(view.relationId);
    }
    return changed;
  }

  #ask(part: RequestPart, relationId: number | null): void {
    const relations = stayingRelations(this.#endpoint).filter(
      ({ id }) => relationId === null || id === relationId,
    );
    if (relationId !== null && relations.length === 0) {
      throw new PgsqlError(
        'UNKNOWN_RELATION',
        `Cannot ask for a database in relation ${this.relationName}:${relationId}: there is none`,
        'Pass the number of one of the relations in views, or none to ask all of them',
        { relationId },
      );
    }
    // Remembered last: should a bag refuse the change, nothing of it is kept.
    for (const relation of relations) {
      this.#write(relation, { ...this.#memory.request(relation.id), ...part });
    }
    if (relationId === null) this.#memory.requestOfAll(part);
    else this.#memory.requestOf(relationId, part);
    this.#views = null;
  }

  /**
   * What is asked of a relation. What the charm did not name stays as our bag has it, so that a charm
   * that was upgraded from another one keeps its database before it ever names it again.
   */
  #request(relation: RelationPort, asked: RequestPart): RequestText {
    return { ...decodeRequest(relation.ownUnitSettings()), ...asked };
  }

  /**
   * Every unit writes the request to its own bag, the leader to the application's too. The latter comes
   * first: it is the one that can be refused (T25). Our application's bag is never read (T24).
   */
  #write(relation: RelationPort, asked: RequestPart): void {
    const request = this.#request(relation, asked);
    // A leader that has nothing to say yet must not wipe out what its predecessor asked for.
    if (Object.keys(asked).length === 0 && isEmptyRequest(request)) return;
    const change = encodeRequest(request);
    if (this.#endpoint.isLeader()) relation.setApplication(change);
    relation.setUnit(change);
  }

  #masterView(): ClientView | null {
    return this.views.find(({ master }) => master !== null) ?? null;
  }

  /** Cleared first, so that triggers fire even where the charm has not handled the last change yet. */
  #raise(flag: string): void {
    const { flags, name } = this.#endpoint;
    flags.clear(`${name}.${flag}`);
    flags.set(`${name}.${flag}`);
  }
}

/**
 * What is worth announcing. A master that is gone for the moment keeps its last announcement: its
 * absence shows in the flag `available`, and the same one coming back is no change.
 */
function announcedNext(before: Announced, view: ClientView): Announced {
  return {
    master: view.master?.libpq ?? before.master,
    standbys: view.standbys?.map((standby) => standby.libpq) ?? before.standbys,
  };
}

function isSameAnnounced(left: Announced, right: Announced): boolean {
  return left.master === right.master && left.standbys.join('\n') === right.standbys.join('\n');
}
