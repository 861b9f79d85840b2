// One session with PostgreSQL over its socket, as the superuser, by the name of the machine's user and
// without a password. It leaves no trace of what it runs: statements here set passwords' verifiers.

import { Client } from 'pg';

/** What the functions of this folder need of a session; `pg.Client` is behind it. */
export interface SqlSession {
  /** Runs one statement; rows are plain objects. Throws `pg.DatabaseError` when the server refuses it. */
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface OpenSession extends SqlSession, AsyncDisposable {}

export interface SessionOptions {
  /** Directory of the socket, or a host name. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user?: string;
  /** Longest time for one statement, in milliseconds. CREATE DATABASE copies files and needs some. */
  readonly statementTimeoutMs?: number;
}

const lockTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;

// Given with the connection and not as statements, so that even the first statement is covered. Whatever the
// server is configured to keep of statements (log, activity view, statistics, audit), it keeps none of ours.
// The search path holds nothing a related application could have put something in.
export const quietSettings: Readonly<Record<string, string>> = {
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_duration: 'off',
  track_activities: 'off',
  'pg_stat_statements.track': 'none',
  'pgaudit.log': 'none',
  search_path: 'pg_catalog',
  client_min_messages: 'warning',
};

function startupOptions(): string {
  return Object.entries(quietSettings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/**
 * Opens a session. Throws what `pg` throws when the server can't be reached or does not let us in.
 * Everything is given explicitly, so that no PGHOST or PGPASSWORD of the environment leads it elsewhere.
 */
export async function openSession(options: SessionOptions): Promise<OpenSession> {
  const statementTimeoutMs = options.statementTimeoutMs ?? 120_000;
  const client = new Client({
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user ?? 'postgres',
    password: '',
    ssl: false,
    options: startupOptions(),
    application_name: 'postgresql charm',
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    // The client's own limit comes later than the server's, for a server that does not answer at all.
    query_timeout: statementTimeoutMs + 5_000,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A connection that breaks between two statements reports it here; the next statement then fails with it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    async query(text, values) {
      const result = await client.query<Record<string, unknown>>(
        text,
        values === undefined ? undefined : [...values],
      );
      return result.rows;
    },
    async [Symbol.asyncDispose]() {
      await client.end();
    },
  };
}

/** Runs `work` in a transaction: all of it, or nothing of it when it throws. */
export async function inTransaction<Result>(
  session: SqlSession,
  work: () => Promise<Result>,
): Promise<Result> {
  await session.query('BEGIN');
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // The connection itself may be what failed; the server then rolls back alone, and the cause is `error`.
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  await session.query('COMMIT');
  return result;
}
