// One connection to one server: opened with everything given explicitly, and known to be usable or not.

import { Client, DatabaseError, types } from 'pg';
import type { ClientConfig } from 'pg';
import { JobCacheError } from '../errors.ts';
import { codeOf, verdictOf } from './problems.ts';
import type { DatabaseTarget, Place } from './target.ts';
import { placeName } from './target.ts';
import { attemptsOf, tlsOptionsOf } from './tls-options.ts';

/** How long an idle connection may be silent before the system asks whether the server is there. */
const keepAliveDelayMs = 10_000;

// Times would lose their microseconds and JSON its exact numbers: both stay the text PostgreSQL writes.
const keptAsText: ReadonlySet<number> = new Set([
  114, 199, 1082, 1083, 1114, 1115, 1182, 1184, 1185, 1186, 1187, 1266, 3802, 3807,
]);

const columnTypes: NonNullable<ClientConfig['types']> = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    keptAsText.has(oid)
      ? (value: string) => value
      : types.getTypeParser(oid, format ?? 'text')) as typeof types.getTypeParser,
};

function startupOptions(target: DatabaseTarget, statementTimeoutMs: number): string {
  // The role's and the server's time zone do not matter: times of jobs are UTC. Ours come last, and win.
  const own = ['-c TimeZone=UTC', '-c DateStyle=ISO', '-c IntervalStyle=postgres'];
  const timeout = statementTimeoutMs === 0 ? [] : [`-c statement_timeout=${statementTimeoutMs}`];
  return [target.options, ...timeout, ...own].filter((part) => part !== null).join(' ');
}

/** The driver asks for it only where the server does. */
function passwordOf(target: DatabaseTarget, place: Place): () => string {
  return () => {
    const password = target.passwordFor(place);
    if (password !== null) return password;
    throw new JobCacheError(
      'the server asks for a password, and none was given; set PGPASSWORD, write a password file, or ' +
        'name a configuration file that has it',
      { kind: 'OperationalError' },
    );
  };
}

export class Connection {
  readonly client: Client;
  readonly place: Place;
  readonly name: string;
  /** For the pool: connections made before the primary changed are not used again. */
  readonly generation: number;
  readonly secret: string | null;
  #isUsable = true;

  constructor(client: Client, place: Place, generation: number, secret: string | null) {
    this.client = client;
    this.place = place;
    this.name = placeName(place);
    this.generation = generation;
    this.secret = secret;
    client.on('error', () => this.spoil());
    client.on('end', () => this.spoil());
  }

  /** False once it broke; it never becomes true again. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Whether no transaction was left open. */
  get isAtRest(): boolean {
    return this.client.getTransactionStatus() === 'I';
  }

  spoil(): void {
    this.#isUsable = false;
  }

  /** Leaves at once, without a word that a server that hangs would have to answer. */
  destroy(): void {
    this.spoil();
    callSocket(this.client, 'destroy');
  }

  /** Says goodbye, and does not wait for an answer: the server may hang. Never throws. */
  async close(): Promise<void> {
    if (!this.#isUsable) return;
    this.spoil();
    const ended = this.client.end().catch(() => undefined);
    callSocket(this.client, 'destroySoon');
    await ended;
  }
}

/** Calls a method of the client's socket, which the driver keeps to itself. */
function callSocket(client: Client, method: 'destroy' | 'destroySoon'): void {
  const connection: unknown = Reflect.get(client, 'connection');
  const socket: unknown =
    typeof connection === 'object' && connection !== null
      ? Reflect.get(connection, 'stream')
      : null;
  if (typeof socket !== 'object' || socket === null) return;
  const found: unknown = Reflect.get(socket, method);
  if (typeof found === 'function') Reflect.apply(found, socket, []);
}

export interface ConnectOptions {
  /** 0: none. The client gives up some time later, for a server that does not answer at all. */
  readonly statementTimeoutMs: number;
  /** After so long without an answer the client itself gives a query up; not set, it waits. */
  readonly queryTimeoutMs?: number;
  readonly generation: number;
  readonly applicationName: string;
}

async function connectOnce(
  target: DatabaseTarget,
  place: Place,
  isEncrypted: boolean,
  options: ConnectOptions,
): Promise<Connection> {
  const client = new Client({
    host: place.address ?? place.host,
    port: place.port,
    database: target.database,
    user: target.user,
    password: passwordOf(target, place),
    ssl: isEncrypted ? await tlsOptionsOf(target, place) : false,
    options: startupOptions(target, options.statementTimeoutMs),
    application_name: options.applicationName,
    connectionTimeoutMillis: target.connectTimeoutMs,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types: columnTypes,
  });
  // Whatever breaks between two statements says so here; unheard it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    callSocket(client, 'destroy');
    throw error;
  }
  return new Connection(client, place, options.generation, target.passwordFor(place));
}

/** Whether the other way, with TLS or without, may be let in where this one was not. */
function dependsOnTls(error: unknown): boolean {
  // invalid_authorization_specification: among others, no line of pg_hba.conf for this kind.
  if (error instanceof DatabaseError) return error.code === '28000';
  if (!(error instanceof Error) || error instanceof JobCacheError) return false;
  return (
    /SSL|TLS|ssl|tls/u.test(error.message) || /^(?:ERR_SSL|ERR_TLS|EPROTO)/u.test(codeOf(error))
  );
}

/** Throws what the driver throws, of the attempt that says more. */
export async function connectTo(
  target: DatabaseTarget,
  place: Place,
  options: ConnectOptions,
): Promise<Connection> {
  const [first = false, second] = attemptsOf(target, place);
  try {
    return await connectOnce(target, place, first, options);
  } catch (error) {
    if (second === undefined || !dependsOnTls(error)) throw error;
    try {
      return await connectOnce(target, place, second, options);
    } catch (other) {
      // Both ways are refused; PostgreSQL's own words say more than a handshake that failed.
      throw error instanceof DatabaseError && verdictOf(other) === 'broken' ? error : other;
    }
  }
}
