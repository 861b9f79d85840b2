// Opens the job cache's database: a few kept connections to whichever server is the primary now.

import type { Database, Result, Session, Statement } from './database.ts';
import { findServer } from './find-server.ts';
import { ConnectionPool } from './pool.ts';
import { problemOf } from './problems.ts';
import { PgSession } from './session.ts';
import type { DatabaseTarget, ServerKind } from './target.ts';
import { placeName } from './target.ts';

export interface OpenOptions {
  /** At most so many connections at a time. */
  readonly connections?: number;
  /**
   * Longest time for one statement of `run` and `transaction`, in milliseconds; 0, the default, is none.
   * With a limit a server that does not answer at all is given up a few seconds later. `session` has none.
   */
  readonly statementTimeoutMs?: number;
  /** In place of the target's: `any` for reading from whatever server there is. */
  readonly serverKind?: ServerKind;
  /** As pg_stat_activity shows it. */
  readonly applicationName?: string;
}

export const defaultConnections = 4;

class PgDatabase implements Database {
  readonly #pool: ConnectionPool;
  readonly #statementTimeoutMs: number;

  constructor(pool: ConnectionPool, statementTimeoutMs: number) {
    this.#pool = pool;
    this.#statementTimeoutMs = statementTimeoutMs;
  }

  get place(): string | null {
    const { lastPlace } = this.#pool;
    return lastPlace === null ? null : placeName(lastPlace);
  }

  async run(statement: Statement, values?: readonly unknown[]): Promise<Result> {
    return this.#with(this.#statementTimeoutMs, async (session) => session.run(statement, values));
  }

  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#with(this.#statementTimeoutMs, async (session) => session.transaction(work));
  }

  async session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#with(0, async (session) => {
      if (this.#statementTimeoutMs === 0) return work(session);
      await session.run({ text: 'SET statement_timeout = 0' });
      try {
        return await work(session);
      } finally {
        // Fails where the connection broke or a transaction was left open; it is not lent again then.
        await session.run({ text: 'RESET statement_timeout' }).catch(() => undefined);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }

  async #with<T>(statementTimeoutMs: number, work: (session: PgSession) => Promise<T>): Promise<T> {
    const connection = await this.#pool.borrow();
    const onNotPrimary = (): void => this.#pool.lookAgain();
    try {
      return await work(new PgSession(connection, { statementTimeoutMs, onNotPrimary }));
    } catch (error) {
      // Of `queryable`, whose errors are the driver's own.
      throw problemOf(error, connection.name, connection.secret);
    } finally {
      this.#pool.release(connection);
    }
  }
}

/**
 * The first connection is made here, so that a target that can't be reached is told at once; where that
 * may pass, `whenAway: 'later'` opens anyway and leaves it to the first statement.
 * @throws JobCacheError with what was found at each place
 */
export async function openDatabase(
  target: DatabaseTarget,
  options: OpenOptions & { readonly whenAway?: 'throw' | 'later' } = {},
): Promise<Database> {
  const { connections = defaultConnections, statementTimeoutMs = 0 } = options;
  const { applicationName = 'salt-job-cache', serverKind = target.serverKind } = options;
  const wanted = { ...target, serverKind };
  const pool = new ConnectionPool(
    async (last, generation) =>
      findServer(wanted, last, { statementTimeoutMs, generation, applicationName }),
    connections,
  );
  if (options.whenAway !== 'later') pool.release(await pool.borrow());
  return new PgDatabase(pool, statementTimeoutMs);
}
