// One lent connection as the job cache uses it: statements, COPY, cursors. Every error that comes out of
// here is the job cache's own, and tells the connection whether it may be used again.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { QueryConfig, QueryResult } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { JobCacheError } from '../errors.ts';
import type { Queryable } from '../queryable.ts';
import type { Connection } from './connection.ts';
import type { Result, Row, Session, Statement } from './database.ts';
import { problemOf, verdictOf } from './problems.ts';

/** Rows that a cursor gives at a time. */
const portionRows = 1000;

/** How much later than the server the client gives up on a statement. */
const graceMs = 5000;

/** The driver's option, by its own name; ms. */
interface ClientTimeout {
  readonly query_timeout?: number;
}

export interface SessionOptions {
  /** 0: none. */
  readonly statementTimeoutMs: number;
  /** The server turned out to be no primary. */
  readonly onNotPrimary: () => void;
}

export class PgSession implements Session {
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly queryable: Queryable;
  #cursors = 0;

  constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.queryable = {
      // Code that knows drivers looks at their codes; the database translates what gets past it.
      query: async (text, values) => this.#watched(async () => this.#send({ text }, values)),
    };
  }

  async run(statement: Statement, values?: readonly unknown[]): Promise<Result> {
    const { rows, rowCount } = await this.#guard(async () => this.#send(statement, values));
    return { rows, rowCount: rowCount ?? 0 };
  }

  async copyIn(statement: string, chunks: AsyncIterable<Uint8Array | string>): Promise<number> {
    return this.#guard(async () => {
      // The driver reads its own option off whatever it is given; where it gives up, the copy fails with its error.
      const guarded = Object.assign(copyFrom(statement), this.#clientTimeout);
      const copy = this.#connection.client.query(guarded);
      await pipeline(Readable.from(chunks, { objectMode: true }), copy);
      return copy.rowCount;
    });
  }

  async *stream(statement: Statement, values?: readonly unknown[]): AsyncGenerator<Row, void> {
    // A cursor lives in a transaction; where there is none this one is for reading only.
    const isOwn = this.#connection.isAtRest;
    this.#cursors += 1;
    const cursor = `salt_job_cache_${this.#cursors}`;
    if (isOwn) await this.run({ text: 'BEGIN READ ONLY' });
    try {
      await this.run({ text: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${statement.text}` }, values);
      for (;;) {
        const { rows } = await this.run({ text: `FETCH ${portionRows} FROM ${cursor}` });
        yield* rows;
        if (rows.length < portionRows) break;
      }
    } finally {
      await this.#closeCursor(cursor, isOwn);
    }
  }

  /** BEGIN, the work, COMMIT; ROLLBACK where the work throws. */
  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    await this.run({ text: 'BEGIN' });
    let result: T;
    try {
      result = await work(this);
    } catch (error) {
      await this.#rollback();
      throw error;
    }
    await this.#commit();
    return result;
  }

  /**
   * The answer tells what became of it: the driver hands an error on before it hears of the state it left behind,
   * and a COMMIT after a statement that failed rolls back without a word.
   */
  async #commit(): Promise<void> {
    const { command } = await this.#guard(async () => this.#send({ text: 'COMMIT' }));
    if (command === 'COMMIT') return;
    throw new JobCacheError(
      'The transaction was rolled back: one of its statements failed, and its error was not passed on',
      { kind: 'InFailedSqlTransaction', sqlstate: '25P02' },
    );
  }

  /** What went wrong is known already; a connection on which this fails as well is not lent again. */
  async #rollback(): Promise<void> {
    if (!this.#connection.isUsable) return;
    await this.run({ text: 'ROLLBACK' }).catch(() => this.#connection.destroy());
  }

  async #closeCursor(cursor: string, isOwn: boolean): Promise<void> {
    const { isUsable, client } = this.#connection;
    if (!isUsable) return;
    if (isOwn) return this.#rollback();
    // In a transaction that failed nothing is accepted but its end, which closes the cursor; the driver may not have
    // heard of the failure yet.
    if (client.getTransactionStatus() !== 'T') return;
    await this.run({ text: `CLOSE ${cursor}` }).catch(() => undefined);
  }

  async #send(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<QueryResult<Record<string, unknown>>> {
    const config: QueryConfig & ClientTimeout = {
      text: statement.text,
      ...(statement.name === undefined ? {} : { name: statement.name }),
      ...(values === undefined ? {} : { values: [...values] }),
      ...this.#clientTimeout,
    };
    return this.#connection.client.query<Record<string, unknown>>(config);
  }

  /** For a server that does not answer at all; one that does ends the statement before. */
  get #clientTimeout(): ClientTimeout {
    const { statementTimeoutMs } = this.#options;
    return statementTimeoutMs === 0 ? {} : { query_timeout: statementTimeoutMs + graceMs };
  }

  /** Throws what the driver throws, and tells the connection what it means. */
  async #watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict === 'broken') this.#connection.destroy();
      if (verdict === 'not-primary') this.#options.onNotPrimary();
      throw error;
    }
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#watched(work);
    } catch (error) {
      throw problemOf(error, this.#connection.name, this.#connection.secret);
    }
  }
}
