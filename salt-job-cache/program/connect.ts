// Opens a connection to the related PostgreSQL from a conninfo string, bounded in time, and says in a
// sentence why it could not. Neither the string nor the password ever appears in a message.

import { Client } from 'pg';
import type { ClientConfig } from 'pg';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';

const connectTimeoutMs = 5000;
const statementTimeoutMs = 15_000;

export class ConnectError extends Error {
  override readonly name: string = 'ConnectError';
  /** SQLSTATE, or the code of the socket's error. */
  readonly code: string;
  /** Whether the next event may well find it mended. */
  readonly isTransient: boolean;

  constructor(message: string, code: string, isTransient: boolean, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.isTransient = isTransient;
  }
}

/** Errors a person can do something about, and what that is; whether it may pass by itself. */
const hints: ReadonlyMap<string, readonly [hint: string, isTransient: boolean]> = new Map([
  ['ECONNREFUSED', ['nothing listens there yet; it is tried again at the next event', true]],
  ['ENOTFOUND', ['nobody knows that name; look at the name service of this machine', true]],
  ['ETIMEDOUT', ['no answer in time; look at the network between the units', true]],
  [
    '28P01',
    [
      'the password was refused; if no other one arrives, remove the relation and relate again',
      false,
    ],
  ],
  ['28000', ['the server does not admit this unit yet; it is tried again at the next event', true]],
  ['3D000', ['the database is not there; remove the relation and relate again', false]],
  ['57P03', ['the server is starting or stopping; it is tried again at the next event', true]],
  ['53300', ['all its connections are taken; raise max-connections of PostgreSQL', true]],
] as const);

function codeOf(error: unknown): string {
  if (error instanceof Error && error.message === 'timeout expired') return 'ETIMEDOUT';
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** libpq's words for how far a connection has to be protected. */
function sslOf(mode: string | null): ClientConfig['ssl'] {
  if (mode === 'verify-ca' || mode === 'verify-full') return { rejectUnauthorized: true };
  return mode === 'require' ? { rejectUnauthorized: false } : false;
}

function configOf(target: ConnectionString): ClientConfig {
  const { dbname, user, password } = target;
  return {
    host: target.host ?? 'localhost',
    port: Number(target.port ?? 5432),
    ...(dbname === null ? {} : { database: dbname }),
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
    ssl: sslOf(target.get('sslmode')),
    application_name: 'salt-job-cache',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + connectTimeoutMs,
  };
}

export interface Connection extends AsyncDisposable {
  readonly client: Client;
}

/**
 * @param conninfo libpq's keyword/value form or a URI, as the relation publishes it
 * @throws ConnectError; PgsqlError for a conninfo that can't be read
 */
export async function connect(conninfo: string): Promise<Connection> {
  const target = ConnectionString.parse(conninfo);
  const config = configOf(target);
  const client = new Client(config);
  // A connection that breaks while nothing is asked of it says so here; the next query fails and tells.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    // A socket may be open still, and would keep the program from ending; closing it tells nothing new.
    await client.end().catch(() => undefined);
    const code = codeOf(error);
    const words = error instanceof Error ? error.message : String(error);
    const [hint, isTransient] = hints.get(code) ?? [words, true];
    throw new ConnectError(
      `Cannot connect to PostgreSQL at ${config.host}:${config.port}: ${hint}`,
      code,
      isTransient,
      { cause: error },
    );
  }
  return { client, [Symbol.asyncDispose]: async () => client.end() };
}
