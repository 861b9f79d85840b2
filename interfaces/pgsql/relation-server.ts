// The server's side of the protocol: follow the clients, say what each of them waits for, and publish.
// A hook reads the bags of its own relation only; everything else is in the book. Publishing writes the
// keys of all generations at once, for this unit and, on the leader, for the application.

import type { EndpointPort, RelationEventPort, RelationPort } from '../ports.ts';
import { describeRequest, requestInForce } from './client-request.ts';
import type { ClientRequest } from './client-request.ts';
import { PgsqlError } from './errors.ts';
import { sortedNumbers } from './numeric-order.ts';
import { checkOffer, encodeOffer } from './offer.ts';
import type { Offer, OfferFacts } from './offer.ts';
import { decodeServerText, encodeServerText } from './protocol.ts';
import type { ServerChange } from './protocol.ts';
import { decodeRequest, isSameRequest } from './request.ts';
import { PENDING_KINDS, ServerLedger } from './server-ledger.ts';
import type { DepartedRelation, RefusedRelation } from './server-ledger.ts';
import {
  allowedSubnetsOf,
  allowedUnitsOf,
  newRecord,
  readClientUnit,
  sortUnits,
} from './server-record.ts';
import type { ServedRelation, ServerRecord } from './server-record.ts';
import { isSameSet, orAbsent } from './settings.ts';

export interface ServerOptions {
  /** Users of this endpoint are superusers; by default those of `db-admin`. */
  readonly isAdmin?: boolean;
  /** Name of the user a relation is served with; by default `juju_<application>` or `jujuadmin_…`. */
  readonly userName?: (application: string, relationId: number) => string;
}

/** What to publish. What is left out is taken from the request, or is the usual. */
export type NewOffer = Pick<Offer, 'database' | 'user' | 'password' | 'host' | 'port' | 'state'> &
  Partial<Omit<Offer, 'roles' | 'extensions'>> & {
    /**
     * Text of the request that was carried out, to be echoed. Left out: the request in force was. Null:
     * it could not be, so nothing is echoed and it stays pending (T8). A unit that mirrors the primary
     * passes what the primary echoed.
     */
    readonly roles?: string | null;
    readonly extensions?: string | null;
  };

export class RelationServer {
  protected readonly endpoint: EndpointPort;
  protected readonly ledger: ServerLedger;
  readonly #isAdmin: boolean;
  readonly #userName: (application: string, relationId: number) => string;

  constructor(endpoint: EndpointPort, options: ServerOptions = {}) {
    this.endpoint = endpoint;
    this.ledger = new ServerLedger(endpoint.store, endpoint.name);
    this.#isAdmin = options.isAdmin ?? endpoint.name === 'db-admin';
    const prefix = this.#isAdmin ? 'jujuadmin_' : 'juju_';
    this.#userName = options.userName ?? ((application) => prefix + application);
  }

  /**
   * To be called once in every hook, before anything else here. Follows the event under way and brings
   * the flags up to date: `database|roles|extensions.requested` and `addresses.changed` stand while a
   * relation waits for that, `departed` while a relation that is gone has not been dealt with.
   */
  manageFlags(): void {
    this.#open();
    const { event } = this.endpoint;
    if (event !== null) this.#follow(event);
    this.updateFlags();
  }

  /** Every relation that waits for anything, in numerical order. Reads no bag. */
  requests(): readonly ClientRequest[] {
    const pending = sortedNumbers(
      new Set(PENDING_KINDS.flatMap((kind) => this.ledger.pending(kind))),
    );
    return pending.flatMap((relationId) => this.request(relationId) ?? []);
  }

  /** The request of one relation, pending or not; null where the relation is not known. */
  request(relationId: number): ClientRequest | null {
    const record = this.ledger.record(relationId);
    return record === null ? null : this.describe(record);
  }

  /**
   * Publishes a database to one relation, all keys in one write per bag. Throws `INVALID_OFFER` or
   * `UNKNOWN_RELATION` before anything is written. False where the relation turned out to be gone: it is
   * then among `departed()`, as after a broken hook that an operator skipped.
   */
  publish(relationId: number, offer: NewOffer): boolean {
    const record = this.knownRecord(relationId);
    const { request } = requestInForce(record);
    const full: Offer = {
      master: null,
      standbys: [],
      version: '',
      connectionOptions: {},
      allowedUnits: allowedUnitsOf(record),
      allowedSubnets: allowedSubnetsOf(record),
      // Superusers never had a second pair; for the others it has long been the same as the first.
      schemaUser: this.#isAdmin ? '' : offer.user,
      schemaPassword: this.#isAdmin ? '' : offer.password,
      ...offer,
      roles: (offer.roles === undefined ? request.roles : offer.roles) ?? '',
      extensions: (offer.extensions === undefined ? request.extensions : offer.extensions) ?? '',
    };
    if (!this.#write(record, full)) return false;
    // An echo is the answer to what it repeats. A request that came in the meantime stays pending, and
    // so does one that used to be carried out and is not any more.
    const isNamed = request.database === '' || request.database === full.database;
    this.keepRecord({
      ...record,
      database: full.database,
      answered: {
        database: isNamed ? request.database : record.answered.database,
        roles: full.roles,
        extensions: full.extensions,
      },
    });
    this.ledger.forgetRefusal(relationId);
    this.updateFlags();
    return true;
  }

  /**
   * Publishes again what is served, with other facts: after a failover, or with a new password, port or
   * address. Keeps the echoes, so a request that came in the meantime is not claimed to be done. The
   * password is taken from our own bag, the one place it is kept. False as for `publish`.
   */
  republish(relationId: number, change: Partial<Offer>): boolean {
    const record = this.knownRecord(relationId);
    const served = this.ledger.served(relationId);
    if (served === null) {
      throw new PgsqlError(
        'UNKNOWN_RELATION',
        `Cannot publish relation ${record.relationName} again: nothing was published to it`,
        'Publish a whole offer first',
        { relationId },
      );
    }
    const relation = this.#present(record);
    if (relation === null) return false;
    const text = decodeServerText(relation.ownUnitSettings());
    const password = change.password ?? text.password;
    // A schema user of its own keeps its password; one that is the same user follows the first.
    const isOwnSchema = served.hasSchemaUser && text.schemaUser !== text.user;
    const full: Offer = {
      ...served,
      schemaUser: isOwnSchema ? text.schemaUser : served.hasSchemaUser ? served.user : '',
      schemaPassword: isOwnSchema ? text.schemaPassword : served.hasSchemaUser ? password : '',
      ...change,
      password,
    };
    if (!this.#write(record, full)) return false;
    this.#judge(record);
    this.updateFlags();
    return true;
  }

  /** Publishes the units and ranges of now, once the access rules let them in. */
  admit(relationId: number): boolean {
    const record = this.knownRecord(relationId);
    return this.republish(relationId, {
      allowedUnits: allowedUnitsOf(record),
      allowedSubnets: allowedSubnetsOf(record),
    });
  }

  /**
   * Takes back every key, so that no client can believe it is served, and remembers the problem for
   * `refused()`. Other relations are not touched. With `retry` the request stays pending, for a problem
   * that may go away by itself; without, only a new request of the client brings it back.
   */
  withdraw(
    relationId: number,
    problem: string,
    options: { readonly retry?: boolean } = {},
  ): boolean {
    const record = this.knownRecord(relationId);
    if (!this.#writeBags(record, encodeServerText({}))) return false;
    this.ledger.forgetServed(relationId);
    this.ledger.refuse(relationId, problem);
    const { request } = requestInForce(record);
    const isRetried = options.retry === true;
    this.keepRecord({
      ...record,
      answered: isRetried ? { database: null, roles: null, extensions: null } : request,
    });
    this.updateFlags();
    return true;
  }

  /**
   * Says no to the request in force and leaves what is published as it is, echoes of before included: a
   * client that compares the echo knows, and one that works goes on working. The problem is remembered
   * for `refused()`. With `retry` the request stays pending; without, only another one brings it back.
   */
  refuse(relationId: number, problem: string, options: { readonly retry?: boolean } = {}): void {
    const record = this.knownRecord(relationId);
    this.ledger.refuse(relationId, problem);
    if (options.retry !== true) {
      this.keepRecord({ ...record, answered: requestInForce(record).request });
    }
    this.updateFlags();
  }

  /** Relations that were refused and have not asked for anything else since. */
  refused(): readonly RefusedRelation[] {
    return this.ledger.refused();
  }

  /** What is published, by relation, without passwords: to publish again, and to make access rules of. */
  served(): readonly ServedRelation[] {
    return this.ledger.allServed();
  }

  /** What is published to one relation; null where nothing is. Costs one look, however many are served. */
  servedRelation(relationId: number): ServedRelation | null {
    return this.ledger.served(relationId);
  }

  /** Relations that are gone and not yet dealt with. */
  departed(): readonly DepartedRelation[] {
    return this.ledger.departed();
  }

  /** The charm has dealt with a relation that is gone. */
  forgetDeparted(relationId: number): void {
    this.ledger.forgetDeparted(relationId);
    this.updateFlags();
  }

  /** Reads the relation of the event under way; see `manageFlags`. */
  joinedChanged(): void {
    this.manageFlags();
  }

  protected knownRecord(relationId: number): ServerRecord {
    const record = this.ledger.record(relationId);
    if (record !== null) return record;
    throw new PgsqlError(
      'UNKNOWN_RELATION',
      `Cannot serve relation ${this.endpoint.name}:${relationId}: no client of it is known`,
      'Serve the relations that requests() and served() name',
      { relationId },
    );
  }

  protected describe(record: ServerRecord): ClientRequest {
    const { relationId, application } = record;
    const pending = PENDING_KINDS.filter((kind) => this.ledger.isPending(kind, relationId));
    return describeRequest(record, pending, this.#isAdmin, this.#userName(application, relationId));
  }

  /** Keeps the record and decides anew what is pending. */
  protected keepRecord(record: ServerRecord): void {
    this.ledger.keep(record);
    this.#judge(record);
  }

  protected updateFlags(): void {
    const { flags, name } = this.endpoint;
    for (const kind of PENDING_KINDS) {
      const flag = kind === 'addresses' ? `${name}.addresses.changed` : `${name}.${kind}.requested`;
      flags.toggle(flag, this.ledger.pending(kind).length > 0);
    }
    flags.toggle(`${name}.departed`, this.ledger.departed().length > 0);
  }

  /** Writes one echo beside an offer that is published already; nothing where there is none. */
  protected writeEcho(record: ServerRecord, key: 'roles' | 'extensions', text: string): void {
    const served = this.ledger.served(record.relationId);
    if (served === null) return;
    const change = { [key]: orAbsent(text) };
    if (!this.#writeBags(record, { unit: change, application: change })) return;
    this.ledger.keepServed({ ...served, [key]: text });
  }

  #write(record: ServerRecord, offer: Offer): boolean {
    checkOffer(offer);
    if (!this.#writeBags(record, encodeOffer(offer))) return false;
    this.ledger.keepServed(servedOf(record, offer));
    return true;
  }

  /** The application's bag comes first, as it is the one that can be refused (T25). */
  #writeBags(record: ServerRecord, change: ServerChange): boolean {
    const relation = this.#present(record);
    if (relation === null) return false;
    if (this.endpoint.isLeader()) relation.setApplication(change.application);
    relation.setUnit(change.unit);
    return true;
  }

  /** A relation that went without our noticing is dealt with as gone: it must not fail the hook that serves the others. */
  #present(record: ServerRecord): RelationPort | null {
    const relation = this.endpoint.relation(record.relationId);
    if (relation !== null) return relation;
    this.#relationGone(record.relationId);
    this.updateFlags();
    return null;
  }

  /** The first hook of this code reads every relation there is once: another charm may have served them. */
  #open(): void {
    if (this.ledger.isOpened) return;
    const { event } = this.endpoint;
    for (const relation of this.endpoint.relations) {
      // The relation of the event is left to it: a hook that says joined has heard no request yet.
      const isOfEvent = event?.relation.id === relation.id;
      if (!(isOfEvent && event?.kind === 'broken')) this.#read(relation, null, !isOfEvent);
    }
    this.ledger.markOpened();
  }

  #follow(event: RelationEventPort): void {
    switch (event.kind) {
      case 'created':
        return;
      case 'joined':
        this.#read(event.relation, event.remoteUnit, false);
        return;
      case 'changed':
        this.#read(event.relation, event.remoteUnit, true);
        return;
      case 'departed':
        // Where our own unit is the one that leaves, the clients stay, and others go on serving them (T20).
        if (event.departingUnit === this.endpoint.localUnit) this.ledger.markLeaving();
        else this.#unitGone(event.relation.id, event.remoteUnit);
        return;
      case 'broken':
        this.#relationGone(event.relation.id);
    }
  }

  /** Reads the bags that may have changed: the unit's of the event, those of units not seen yet, and the application's. */
  #read(relation: RelationPort, changedUnit: string | null, isHeard: boolean): void {
    const before =
      this.ledger.record(relation.id) ??
      newRecord(relation.id, relation.name, relation.remoteApplication);
    // The unit of the event counts even where it never joined (T22); the empty name is no unit (T23).
    const names = new Set([...relation.remoteUnits, ...(changedUnit ? [changedUnit] : [])]);
    const units = [...names].map((name) => {
      const known = before.units.find(({ unit }) => unit === name);
      return known === undefined || name === changedUnit
        ? readClientUnit(name, relation.remoteUnitSettings(name))
        : known;
    });
    const now = {
      ...before,
      isHeard: before.isHeard || isHeard,
      applicationRequest: decodeRequest(relation.remoteApplicationSettings()),
      units: sortUnits(units),
    };
    // A refusal was of the request there was; another request is judged anew.
    const isSame = isSameRequest(requestInForce(before).request, requestInForce(now).request);
    if (!isSame) this.ledger.forgetRefusal(relation.id);
    this.#update(now);
  }

  #unitGone(relationId: number, unit: string): void {
    const record = this.ledger.record(relationId);
    if (record === null) return;
    this.#update({ ...record, units: record.units.filter((each) => each.unit !== unit) });
  }

  /** The bags are out of reach by now, so all that is said of the relation comes from the book (T20). */
  #relationGone(relationId: number): void {
    const record = this.ledger.record(relationId);
    if (record === null) return;
    const { relationName, application, database } = record;
    // While our own unit is being removed every relation breaks for it, and for nobody else.
    const user = this.ledger.served(relationId)?.user ?? null;
    const departed = { relationId, relationName, application, database, user };
    this.ledger.forget(record, this.ledger.isLeaving ? null : departed);
  }

  /** Keeps what was read, and says what is new and worth saying. */
  #update(record: ServerRecord): void {
    this.keepRecord(record);
    const warnings = record.isHeard ? this.describe(record).warnings : [];
    for (const warning of warnings.filter((each) => !record.warned.includes(each))) {
      this.endpoint.warn(warning);
    }
    if (!isSameSet(warnings, record.warned)) this.ledger.keep({ ...record, warned: warnings });
  }

  /** Decides what the relation waits for: whatever was asked and is not what was last carried out. */
  #judge(record: ServerRecord): void {
    const { relationId, answered } = record;
    const { request } = requestInForce(record);
    for (const key of ['database', 'roles', 'extensions'] as const) {
      this.ledger.setPending(key, relationId, record.isHeard && request[key] !== answered[key]);
    }
    // Before the first offer nobody waits for access: the offer will name everybody.
    const served = this.ledger.served(relationId);
    const isLetIn =
      served === null ||
      (isSameSet(served.allowedSubnets, allowedSubnetsOf(record)) &&
        isSameSet(served.allowedUnits, allowedUnitsOf(record)));
    this.ledger.setPending('addresses', relationId, !isLetIn);
  }
}

/** What is remembered of an offer: all of it but the secrets. */
function servedOf(record: ServerRecord, offer: Offer): ServedRelation {
  const { password: _password, schemaUser, schemaPassword: _schemaPassword, ...facts } = offer;
  const { relationId, relationName, application } = record;
  const kept: OfferFacts = facts;
  return { ...kept, relationId, relationName, application, hasSchemaUser: schemaUser !== '' };
}
