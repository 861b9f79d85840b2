// The server's book: one record per relation, what is pending of it, what was published, what was
// refused and who is gone. Every question is answered by a key or by a short prefix, so a hook costs the
// same with one relation as with a thousand.

import type { StorePort } from '../ports.ts';
import { sortedNumbers } from './numeric-order.ts';
import { isServedRelation, isServerRecord } from './server-record.ts';
import type { ServedRelation, ServerRecord } from './server-record.ts';

/** Shape of what the book holds. A book of another shape is opened anew, from the bags. */
const FORMAT = 1;

/** What a relation waits for. */
export const PENDING_KINDS = ['database', 'roles', 'extensions', 'addresses'] as const;
export type PendingKind = (typeof PENDING_KINDS)[number];

/** A relation that was not served, and why, for the status of the charm. */
export interface RefusedRelation {
  readonly relationId: number;
  readonly problem: string;
}

/** A relation that is gone, with what was handed to it. */
export interface DepartedRelation {
  readonly relationId: number;
  readonly relationName: string;
  readonly application: string;
  /** Null where it was never served. */
  readonly database: string | null;
  readonly user: string | null;
}

export class ServerLedger {
  readonly #store: StorePort;
  readonly #prefix: string;

  constructor(store: StorePort, endpointName: string) {
    this.#store = store;
    this.#prefix = `pgsql.server.${endpointName}.`;
  }

  record(relationId: number): ServerRecord | null {
    const value = this.#store.get(`${this.#prefix}record.${relationId}`);
    return isServerRecord(value) ? value : null;
  }

  keep(record: ServerRecord): void {
    this.#store.set(`${this.#prefix}record.${record.relationId}`, record);
    // By application too, since the interface of 2015 names relations by it. The number stands in the key.
    this.#store.set(this.#applicationKey(record.application, record.relationId), null);
  }

  /** Relations of one application, in numerical order. */
  relationsOf(application: string): readonly number[] {
    return this.#numbers(this.#applicationKey(application, ''));
  }

  /** Relations that wait for this, in numerical order. */
  pending(kind: PendingKind): readonly number[] {
    return this.#numbers(`${this.#prefix}pending.${kind}.`);
  }

  isPending(kind: PendingKind, relationId: number): boolean {
    return this.#store.get(`${this.#prefix}pending.${kind}.${relationId}`) === true;
  }

  /** Writes only a change: this is asked for every relation in every hook that touches it. */
  setPending(kind: PendingKind, relationId: number, isPending: boolean): void {
    if (isPending === this.isPending(kind, relationId)) return;
    const key = `${this.#prefix}pending.${kind}.${relationId}`;
    if (isPending) this.#store.set(key, true);
    else this.#store.unset(key);
  }

  /** What was last published to a relation, null for nothing. */
  served(relationId: number): ServedRelation | null {
    const value = this.#store.get(`${this.#prefix}served.${relationId}`);
    return isServedRelation(value) ? value : null;
  }

  /** All that was published, in numerical order. */
  allServed(): readonly ServedRelation[] {
    return this.#numbers(`${this.#prefix}served.`)
      .map((relationId) => this.served(relationId))
      .filter((served) => served !== null);
  }

  keepServed(served: ServedRelation): void {
    this.#store.set(`${this.#prefix}served.${served.relationId}`, served);
  }

  forgetServed(relationId: number): void {
    this.#store.unset(`${this.#prefix}served.${relationId}`);
  }

  refuse(relationId: number, problem: string): void {
    this.#store.set(`${this.#prefix}refused.${relationId}`, problem);
  }

  forgetRefusal(relationId: number): void {
    this.#store.unset(`${this.#prefix}refused.${relationId}`);
  }

  /** Refusals, in numerical order of the relations. */
  refused(): readonly RefusedRelation[] {
    return this.#numbers(`${this.#prefix}refused.`).map((relationId) => ({
      relationId,
      problem: String(this.#store.get(`${this.#prefix}refused.${relationId}`)),
    }));
  }

  /** Forgets a relation; where `departed` is given it is kept until the charm has dealt with it. */
  forget(record: ServerRecord, departed: DepartedRelation | null): void {
    const { relationId } = record;
    for (const kind of PENDING_KINDS) this.setPending(kind, relationId, false);
    this.forgetServed(relationId);
    this.forgetRefusal(relationId);
    this.#store.unset(this.#applicationKey(record.application, relationId));
    this.#store.unset(`${this.#prefix}record.${relationId}`);
    if (departed !== null) this.#store.set(`${this.#prefix}departed.${relationId}`, departed);
  }

  /** Relations that are gone and that the charm has not dealt with, in numerical order. */
  departed(): readonly DepartedRelation[] {
    return this.#numbers(`${this.#prefix}departed.`)
      .map((relationId) => this.#store.get(`${this.#prefix}departed.${relationId}`))
      .filter((value): value is DepartedRelation => isDeparted(value));
  }

  forgetDeparted(relationId: number): void {
    this.#store.unset(`${this.#prefix}departed.${relationId}`);
  }

  /** True once our own unit was seen to leave a relation: it is being removed and never comes back. */
  get isLeaving(): boolean {
    return this.#store.get(`${this.#prefix}leaving`) === true;
  }

  markLeaving(): void {
    this.#store.set(`${this.#prefix}leaving`, true);
  }

  /** True once the relations there were before this book was opened have been entered in it, in this shape. */
  get isOpened(): boolean {
    return this.#store.get(`${this.#prefix}opened`) === FORMAT;
  }

  markOpened(): void {
    this.#store.set(`${this.#prefix}opened`, FORMAT);
  }

  #applicationKey(application: string, relationId: number | ''): string {
    return `${this.#prefix}application.${application}.${relationId}`;
  }

  /** The store orders its keys as text, where 10 comes before 9 (T51). */
  #numbers(prefix: string): readonly number[] {
    return sortedNumbers(
      this.#store.entries(prefix).map(([key]) => Number(key.slice(prefix.length))),
    );
  }
}

function isDeparted(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'relationId' in value;
}
