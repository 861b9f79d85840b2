// Keeps a few connections open and lends them out, in the order they are asked for. A connection that
// broke, or that leads to a server that is no longer right, is not lent again.

import { JobCacheError } from '../errors.ts';
import type { Connection } from './connection.ts';
import type { Place } from './target.ts';

interface Waiter {
  readonly resolve: (connection: Connection | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Opens a connection; `last` is the place to try first. */
export type Open = (last: Place | null, generation: number) => Promise<Connection>;

export class ConnectionPool {
  readonly #open: Open;
  readonly #size: number;
  readonly #idle: Connection[] = [];
  readonly #lent: Set<Connection> = new Set();
  readonly #waiters: Waiter[] = [];
  #opening = 0;
  #generation = 0;
  #lastPlace: Place | null = null;
  #isClosed = false;

  /** @param size at most so many connections at a time */
  constructor(open: Open, size: number) {
    this.#open = open;
    this.#size = Math.max(1, size);
  }

  /** Where the last connection led. */
  get lastPlace(): Place | null {
    return this.#lastPlace;
  }

  /** Waits where all are lent. @throws what opening one throws */
  async borrow(): Promise<Connection> {
    for (;;) {
      this.#refuseClosed();
      const idle = this.#takeIdle();
      if (idle !== null) return this.#lend(idle);
      if (this.#lent.size + this.#opening < this.#size) return this.#openOne();
      const { promise, resolve, reject } = Promise.withResolvers<Connection | null>();
      this.#waiters.push({ resolve, reject });
      const handed = await promise;
      if (handed?.isUsable === true) return handed;
      if (handed !== null) this.#drop(handed);
    }
  }

  /** Takes a connection back; it is kept where it is usable, at rest, and leads to the right server. */
  release(connection: Connection): void {
    const isKept =
      !this.#isClosed &&
      connection.isUsable &&
      connection.isAtRest &&
      connection.generation === this.#generation;
    if (!isKept) {
      this.#drop(connection);
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve(connection);
      return;
    }
    this.#lent.delete(connection);
    this.#idle.push(connection);
  }

  /** The server is not the right one any more: nothing that was opened so far is used again. */
  lookAgain(): void {
    this.#generation += 1;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Ends all connections, also those that are lent: who holds one, has left its work unfinished. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null);
    for (const connection of this.#lent) connection.destroy();
    await Promise.all(this.#idle.splice(0).map(async (connection) => connection.close()));
  }

  #refuseClosed(): void {
    if (!this.#isClosed) return;
    throw new JobCacheError('The job cache was closed; open it again to use it', {
      kind: 'InterfaceError',
    });
  }

  #takeIdle(): Connection | null {
    // The one used last: its statements are the most likely to be prepared and in memory.
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      if (connection.isUsable) return connection;
    }
  }

  #lend(connection: Connection): Connection {
    this.#lent.add(connection);
    return connection;
  }

  #drop(connection: Connection): void {
    this.#lent.delete(connection);
    // At rest it is only not wanted any more; else what it does has to end at once.
    if (connection.isUsable && connection.isAtRest) void connection.close();
    else connection.destroy();
    this.#waiters.shift()?.resolve(null);
  }

  async #openOne(): Promise<Connection> {
    this.#opening += 1;
    let connection: Connection;
    try {
      connection = await this.#open(this.#lastPlace, this.#generation);
    } catch (error) {
      this.#failWaiters(error);
      throw error;
    } finally {
      this.#opening -= 1;
    }
    this.#lastPlace = connection.place;
    if (this.#isClosed) connection.destroy();
    this.#refuseClosed();
    return this.#lend(connection);
  }

  /** Nobody would be served sooner by waiting for an attempt of its own at a server that is away. */
  #failWaiters(error: unknown): void {
    if (this.#lent.size > 0) {
      this.#waiters.shift()?.resolve(null);
      return;
    }
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}
