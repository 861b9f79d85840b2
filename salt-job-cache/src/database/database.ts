// What the job cache needs of a database: kept connections to whichever server is the primary now, and
// prepared statements. `open-database.ts` is the one that speaks to PostgreSQL.

import type { Queryable } from '../queryable.ts';

/**
 * Columns by name, as the driver `pg` reads them, but for two kinds that stay the text PostgreSQL writes:
 * times (they have microseconds) and JSON (its numbers are exact). The time zone of a session is UTC.
 */
export type Row = Readonly<Record<string, unknown>>;

export interface Result {
  readonly rows: readonly Row[];
  /** Rows inserted, deleted or read. */
  readonly rowCount: number;
}

/** A statement that is sent often. With a name each connection prepares it once. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** One connection, inside a transaction or not. */
export interface Session {
  run(statement: Statement, values?: readonly unknown[]): Promise<Result>;
  /**
   * COPY … FROM STDIN in text format.
   * @param statement the whole COPY statement
   * @param chunks rows, already in COPY's text format, as bytes or text
   */
  copyIn(statement: string, chunks: AsyncIterable<Uint8Array | string>): Promise<number>;
  /** Rows of a query, read in portions through a cursor, so that any number fits. */
  stream(statement: Statement, values?: readonly unknown[]): AsyncIterable<Row>;
  /** For code written against a driver's client: schema, check. Throws the driver's errors, inside. */
  readonly queryable: Queryable;
}

/**
 * Kept connections to the primary. Every method throws `JobCacheError`, transient where the server was away.
 * What was sent and not answered may or may not have happened: nothing here sends it a second time.
 */
export interface Database extends AsyncDisposable {
  /** One statement in a transaction of its own, on any connection. */
  run(statement: Statement, values?: readonly unknown[]): Promise<Result>;
  /** BEGIN, the work, COMMIT; ROLLBACK where the work throws. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** A connection for work that does its own transactions or takes long, such as VACUUM or CONCURRENTLY. */
  session<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Where the last connection led: host and port; null before the first. */
  readonly place: string | null;
}
