// Where a job cache may be found and how to get in, read from what libpq calls a connection string.

import { userInfo } from 'node:os';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { PgsqlError } from '#interfaces/pgsql/errors.ts';
import { JobCacheError } from '../errors.ts';

/** One server. */
export interface Place {
  /** Its name, or the directory of its socket. */
  readonly host: string;
  /** Where to go instead of asking for the address of `host`: libpq's hostaddr. */
  readonly address: string | null;
  readonly port: number;
}

export const sslModes = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
] as const;
export type SslMode = (typeof sslModes)[number];

export const serverKinds = [
  'read-write',
  'primary',
  'any',
  'read-only',
  'standby',
  'prefer-standby',
] as const;
/** Which of the servers will do: libpq's target_session_attrs. */
export type ServerKind = (typeof serverKinds)[number];

export interface DatabaseTarget {
  /** At least one; tried in this order. */
  readonly places: readonly Place[];
  readonly database: string;
  readonly user: string;
  /** The password for a server. A function, so that no log and no inspection shows it. */
  readonly passwordFor: (place: Place) => string | null;
  readonly sslMode: SslMode;
  /** Files of certificates; `sslRootCert` may be `system` for the authorities this machine trusts. */
  readonly sslRootCert: string | null;
  readonly sslCert: string | null;
  readonly sslKey: string | null;
  /** For one attempt at one server; 0 waits for as long as the system does. */
  readonly connectTimeoutMs: number;
  readonly serverKind: ServerKind;
  /** Settings of the session, as the command line of a server takes them: `-c name=value`. */
  readonly options: string | null;
}

export const defaultConnectTimeoutMs = 5000;
const defaultPort = '5432';
/** Where libpq of Debian looks when no host is given. */
const defaultHost = '/var/run/postgresql';

function refuse(sentence: string, hint: string): never {
  throw new JobCacheError(`Cannot use the connection: ${sentence}. ${hint}`, {
    kind: 'ProgrammingError',
  });
}

function oneOf<const T extends string>(
  keyword: string,
  value: string | null,
  known: readonly T[],
  absent: T,
): T {
  if (value === null) return absent;
  const found = known.find((word) => word === value);
  return (
    found ?? refuse(`${keyword} is ${JSON.stringify(value)}`, `It is one of ${known.join(', ')}`)
  );
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  return refuse(`port is ${JSON.stringify(text)}`, 'Ports are numbers from 1 to 65535');
}

function placesOf(parts: ConnectionString): readonly Place[] {
  const list = (keyword: string): readonly string[] =>
    parts
      .get(keyword)
      ?.split(',')
      .map((item) => item.trim()) ?? [];
  const hosts = list('host');
  const addresses = list('hostaddr');
  const ports = list('port');
  const count = Math.max(hosts.length, addresses.length, 1);
  if (hosts.length > 0 && addresses.length > 0 && hosts.length !== addresses.length) {
    refuse(`${hosts.length} hosts and ${addresses.length} hostaddr`, 'Give as many of both');
  }
  if (ports.length > 1 && ports.length !== count) {
    refuse(`${count} hosts and ${ports.length} ports`, 'Give one port for all, or one for each');
  }
  return Array.from({ length: count }, (_, index) => {
    const address = addresses[index] || null;
    const given = ports.length > 1 ? ports[index] : ports[0];
    return {
      host: hosts[index] || address || defaultHost,
      address,
      port: portOf(given || defaultPort),
    };
  });
}

function connectTimeoutOf(text: string | null): number {
  if (text === null) return defaultConnectTimeoutMs;
  if (!/^-?\d{1,9}$/u.test(text)) {
    refuse(`connect_timeout is ${JSON.stringify(text)}`, 'It is a whole number of seconds');
  }
  return Math.max(0, Number(text)) * 1000;
}

/**
 * libpq's keyword/value form or a URI.
 * @throws JobCacheError of kind `ProgrammingError` with the position, and nothing of the text
 */
export function parseConnection(conninfo: string): ConnectionString {
  try {
    return ConnectionString.parse(conninfo);
  } catch (error) {
    if (!(error instanceof PgsqlError)) throw error;
    throw new JobCacheError(error.message, { kind: 'ProgrammingError' }, { cause: error });
  }
}

/**
 * Reads libpq's keyword/value form or a URI; both may name several hosts. Nothing of the environment is
 * looked at, but for the user's name where none is given.
 * @param passwordFor asked where the string holds no password, as for a password file
 * @throws JobCacheError of kind `ProgrammingError`; its message holds no password
 */
export function targetOf(
  conninfo: string,
  passwordFor: (place: Place, database: string, user: string) => string | null = () => null,
): DatabaseTarget {
  const parts = parseConnection(conninfo);
  const { password } = parts;
  const user = parts.user ?? userInfo().username;
  const database = parts.dbname ?? user;
  return {
    places: placesOf(parts),
    database,
    user,
    passwordFor: (place) => password ?? passwordFor(place, database, user),
    sslMode: oneOf('sslmode', parts.get('sslmode'), sslModes, 'prefer'),
    sslRootCert: parts.get('sslrootcert'),
    sslCert: parts.get('sslcert'),
    sslKey: parts.get('sslkey'),
    connectTimeoutMs: connectTimeoutOf(parts.get('connect_timeout')),
    serverKind: oneOf(
      'target_session_attrs',
      parts.get('target_session_attrs'),
      serverKinds,
      'read-write',
    ),
    options: parts.get('options'),
  };
}

/** How a server is called in messages. */
export function placeName({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
