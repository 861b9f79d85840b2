// Connections to PostgreSQL for the agent's own work: parameters as libpq names them, passwords given to the
// protocol and to nobody else, every wait with an end.

import { readFile } from 'node:fs/promises';
import type { ClientConfig } from 'pg';
import { Client, DatabaseError } from 'pg';
import type { Credentials } from '#core/config/patroni/agent-config.ts';

export interface ConnectionTarget {
  /** Directory of the socket, or a host; several hosts are separated by commas. */
  readonly host: string;
  /** One for all hosts, or as many as there are hosts, separated by commas. */
  readonly port: string;
  readonly database: string;
}

export interface ConnectionOptions {
  readonly target: ConnectionTarget;
  readonly credentials: Credentials;
  readonly applicationName: string;
  /** GUCs of the session from its very beginning. Values must hold neither blanks nor backslashes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** 0: none. The client gives up a second later, for a server that does not answer at all. */
  readonly statementTimeoutMs: number;
  readonly isReplication?: boolean;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Connection extends AsyncDisposable {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** False once it broke; it never becomes true again. */
  readonly isUsable: boolean;
  /** Drops it without a word to the server, which may hang. */
  destroy(): void;
}

export const connectTimeoutMs = 3000;

type Encryption = 'none' | 'preferred' | 'demanded';

function encryptionOf(target: ConnectionTarget, mode: string | undefined): Encryption {
  if (target.host.startsWith('/') || mode === 'disable') return 'none';
  return mode === undefined || mode === 'prefer' || mode === 'allow' ? 'preferred' : 'demanded';
}

async function tlsOptions(
  parameters: Readonly<Record<string, string>>,
): Promise<NonNullable<ClientConfig['ssl']>> {
  const read = async (name: string): Promise<Record<string, string>> => {
    const path = parameters[name];
    return path === undefined ? {} : { [name]: await readFile(path, 'utf8') };
  };
  const { sslcert: cert, sslkey: key } = { ...(await read('sslcert')), ...(await read('sslkey')) };
  const { sslrootcert: ca } = await read('sslrootcert');
  const mode = parameters['sslmode'] ?? 'prefer';
  const passphrase = parameters['sslpassword'];
  return {
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function splitHosts(target: ConnectionTarget): readonly ConnectionTarget[] {
  const hosts = target.host.split(',').map((host) => host.trim());
  const ports = target.port.split(',').map((port) => port.trim());
  return hosts.map((host, index) => ({
    host,
    port: ports[index] ?? ports[0] ?? '5432',
    database: target.database,
  }));
}

function startupOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

async function connectOnce(
  target: ConnectionTarget,
  options: ConnectionOptions,
  isEncrypted: boolean,
): Promise<Client> {
  const { credentials, statementTimeoutMs } = options;
  const settings = options.isReplication === true ? {} : { search_path: 'pg_catalog' };
  const parameters: ClientConfig & { readonly replication?: string } = {
    host: target.host,
    port: Number(target.port),
    database: target.database,
    // Everything is given, so that nothing of our environment leads the connection elsewhere.
    user: credentials.username ?? 'postgres',
    password: credentials.password ?? '',
    ssl: isEncrypted ? await tlsOptions(credentials.connection) : false,
    options: startupOptions({ ...settings, ...options.settings }),
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...(options.isReplication === true ? { replication: 'true' } : {}),
    ...(statementTimeoutMs === 0
      ? {}
      : {
          query_timeout: statementTimeoutMs + 1000,
          ...(options.isReplication === true ? {} : { statement_timeout: statementTimeoutMs }),
        }),
  };
  const client = new Client(parameters);
  // What breaks between two statements is reported here; the next statement then fails with it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    destroyClient(client);
    throw error;
  }
  return client;
}

function destroyClient(client: Client): void {
  const stream: unknown = Reflect.get(client, 'connection');
  const socket: unknown =
    typeof stream === 'object' && stream !== null ? Reflect.get(stream, 'stream') : null;
  if (typeof socket !== 'object' || socket === null) return;
  const destroy: unknown = Reflect.get(socket, 'destroy');
  if (typeof destroy === 'function') Reflect.apply(destroy, socket, []);
}

/** `invalid_authorization_specification`: among others, pg_hba.conf has no line for an unencrypted one. */
function isRefusedUnencrypted(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '28000';
}

async function connectTo(target: ConnectionTarget, options: ConnectionOptions): Promise<Client> {
  const encryption = encryptionOf(target, options.credentials.connection['sslmode']);
  if (encryption !== 'preferred') return connectOnce(target, options, encryption === 'demanded');
  try {
    return await connectOnce(target, options, false);
  } catch (error) {
    if (!isRefusedUnencrypted(error)) throw error;
    try {
      return await connectOnce(target, options, true);
    } catch {
      // A server without TLS answers with something less to the point than its first refusal.
      throw error;
    }
  }
}

function wrap(client: Client): Connection {
  let isUsable = true;
  const spoil = (): void => {
    isUsable = false;
  };
  client.on('error', spoil);
  client.on('end', spoil);
  return {
    async query(text, values) {
      try {
        const result = await client.query<Record<string, unknown>>(
          text,
          values === undefined ? undefined : [...values],
        );
        return result.rows;
      } catch (error) {
        // Whatever is no answer of the server leaves the connection in a state nobody knows.
        if (!(error instanceof DatabaseError)) {
          spoil();
          destroyClient(client);
        }
        throw error;
      }
    },
    get isUsable() {
      return isUsable;
    },
    destroy() {
      spoil();
      destroyClient(client);
    },
    async [Symbol.asyncDispose]() {
      if (isUsable) await client.end();
    },
  };
}

/** Connects to the first host that lets us in; throws what the last one said. */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  let problem: unknown = new Error('no host was given');
  for (const target of splitHosts(options.target)) {
    try {
      return wrap(await connectTo(target, options));
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

/** What went wrong, in words; never a statement, its parameters or its context. */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseError) return `${error.message} (SQLSTATE ${error.code ?? 'none'})`;
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
