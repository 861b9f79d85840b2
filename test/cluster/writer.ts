// A client that writes all the time, as a program with libpq and several hosts does: it goes through its hosts
// until one accepts writes, inserts a row every 20 ms, and connects anew after any error. It remembers what was
// acknowledged to it and when.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Login } from './member-document.ts';
import type { Member } from './member.ts';
import { within } from './within.ts';

export interface Host {
  readonly host: string;
  readonly port: number;
}

export interface WriterOptions {
  readonly hosts: readonly Host[];
  readonly login: Login;
  /** Made by the writer, with a column `number`. */
  readonly table?: string;
  readonly everyMs?: number;
}

const connectTimeoutMs = 2_000;
/** Longest wait for the answer to an insert: as tcp_user_timeout cuts off a peer that is gone. */
const insertTimeoutMs = 5_000;
/** Between two rounds through all hosts in which none accepted writes. */
const retryMs = 20;

interface Acknowledged {
  readonly number: number;
  /** Of performance.now(). */
  readonly at: number;
}

/** Time without an acknowledged write. */
export interface Outage {
  readonly ms: number;
  /** Of performance.now(): when the last write before it was acknowledged. */
  readonly from: number;
}

export class Writer implements AsyncDisposable {
  readonly #options: WriterOptions;
  readonly #table: string;
  readonly #everyMs: number;
  readonly #acknowledged: Acknowledged[] = [];
  #client: Client | null = null;
  #attempts = 0;
  #isWanted = true;
  #lastError = 'nothing went wrong';
  readonly #running: Promise<void>;

  private constructor(options: WriterOptions) {
    this.#options = options;
    this.#table = options.table ?? 'written';
    this.#everyMs = options.everyMs ?? 20;
    this.#running = this.#run();
  }

  /** Starts it and waits until its first write is acknowledged. */
  static async start(options: WriterOptions): Promise<Writer> {
    const writer = new Writer(options);
    try {
      await writer.untilWriting(20);
    } catch (error) {
      await writer.stop();
      throw error;
    }
    return writer;
  }

  /** Rows acknowledged so far. */
  get count(): number {
    return this.#acknowledged.length;
  }

  /** The numbers of these rows. */
  get acknowledged(): readonly number[] {
    return this.#acknowledged.map(({ number }) => number);
  }

  /** Until a write that was begun after this call is acknowledged. */
  async untilWriting(seconds: number): Promise<void> {
    const before = this.#attempts;
    await within(seconds, 'a write is acknowledged', () => {
      const last = this.#acknowledged.at(-1)?.number ?? -1;
      assert.ok(last >= before, `${this.count} were acknowledged, at last: ${this.#lastError}`);
    });
  }

  /** Ends it; what it has begun is waited for. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#running;
  }

  /** The longest gap between two acknowledged writes, since a time of performance.now(). */
  longestOutage(since = 0): Outage {
    const times = this.#acknowledged.map(({ at }) => at);
    let longest: Outage = { ms: 0, from: since };
    for (const [place, at] of times.entries()) {
      const from = times[place - 1];
      if (from === undefined || at < since) continue;
      if (at - from > longest.ms) longest = { ms: at - from, from };
    }
    return longest;
  }

  /** Numbers that were acknowledged and are not in the table of this member. */
  async missingOn(member: Member): Promise<readonly number[]> {
    const rows = await member.sql(`SELECT number FROM ${this.#table}`);
    const there = new Set(rows.map((row) => Number(row['number'])));
    return this.#acknowledged.map(({ number }) => number).filter((number) => !there.has(number));
  }

  async #run(): Promise<void> {
    let next = performance.now();
    while (this.#isWanted) {
      const client = this.#client ?? (await this.#connect());
      if (client === null) {
        await delay(retryMs);
        continue;
      }
      await delay(Math.max(0, next - performance.now()));
      next = Math.max(next + this.#everyMs, performance.now());
      await this.#insert(client);
    }
    await this.#disconnect();
  }

  async #insert(client: Client): Promise<void> {
    const number = this.#attempts;
    this.#attempts += 1;
    try {
      await client.query(`INSERT INTO ${this.#table} VALUES ($1)`, [number]);
      this.#acknowledged.push({ number, at: performance.now() });
    } catch (error) {
      this.#lastError = String(error);
      await this.#disconnect();
    }
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    // A server that is gone does not answer the goodbye either; its socket is given up with it.
    await Promise.race([client?.end().catch(() => undefined), delay(200)]);
  }

  /** The first host that accepts writes, as `target_session_attrs=read-write` finds it; null for none. */
  async #connect(): Promise<Client | null> {
    for (const { host, port } of this.#options.hosts) {
      if (!this.#isWanted) return null;
      const client = new Client({
        host,
        port,
        user: this.#options.login.username,
        password: this.#options.login.password,
        database: 'postgres',
        ssl: false,
        connectionTimeoutMillis: connectTimeoutMs,
        query_timeout: insertTimeoutMs,
        application_name: 'writer',
      });
      client.on('error', (error) => {
        this.#lastError = String(error);
        if (this.#client === client) this.#client = null;
      });
      try {
        await client.connect();
        const asked = await client.query<{ transaction_read_only: string }>(
          'SHOW transaction_read_only',
        );
        if (asked.rows[0]?.transaction_read_only !== 'off') throw new Error(`${host} is read-only`);
        await client.query(`CREATE TABLE IF NOT EXISTS ${this.#table} (number bigint)`);
        this.#client = client;
        return client;
      } catch (error) {
        this.#lastError = String(error);
        await Promise.race([client.end().catch(() => undefined), delay(200)]);
      }
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The hosts of members in their order, as a client's connection string lists them. */
export function hostsOf(members: readonly Member[]): readonly Host[] {
  return members.map(({ place }) => ({ host: place.host, port: place.postgresPort }));
}
