// Connection strings as PostgreSQL's own programs get them, and the `conn_url` by which a member says where
// it is. Order and quoting are Patroni's, so that a comparison with what a running server has finds no
// difference that is none.

import { parseConnectionUri, isConnectionUri } from '#interfaces/pgsql/connection-uri.ts';
import { PgsqlError } from '#interfaces/pgsql/errors.ts';
import { parseKeywordValue } from '#interfaces/pgsql/keyword-value.ts';
import { percentEncode } from '#interfaces/pgsql/percent-encoding.ts';
import type { HostPort } from './agent-config.ts';
import { postgresqlPort } from './defaults.ts';
import { printHostPort } from './host-port.ts';

/** Values by libpq keyword. */
export type ConnectionParameters = Readonly<Record<string, string>>;

/** Keywords in the order in which they are written, with the version of libpq that first knew each. */
const keywords: ReadonlyMap<string, number> = new Map([
  ['dbname', 0],
  ['user', 0],
  ['passfile', 0],
  ['password', 0],
  ['host', 0],
  ['port', 0],
  ['sslmode', 0],
  ['sslcompression', 0],
  ['sslcert', 0],
  ['sslkey', 0],
  ['sslpassword', 130_000],
  ['sslrootcert', 0],
  ['sslcrl', 0],
  ['sslcrldir', 140_000],
  ['application_name', 0],
  ['krbsrvname', 0],
  ['gssencmode', 120_000],
  ['channel_binding', 130_000],
  ['target_session_attrs', 0],
  ['sslnegotiation', 170_000],
]);

/**
 * Escapes what would end a value. Every blank of C counts, as a password may hold a line break; an empty
 * value needs quotes, or libpq would take the next keyword for it.
 */
function escapeValue(value: string): string {
  return value === '' ? "''" : value.replaceAll(/['\\ \t\n\v\f\r]/gu, String.raw`\$&`);
}

/**
 * The keyword/value form for programs of `serverVersion` (for example 150018). Keywords they do not know
 * are left out, and so is the password where there is a passfile.
 */
export function printDsn(parameters: ConnectionParameters, serverVersion: number): string {
  const parts: string[] = [];
  for (const [keyword, knownFrom] of keywords) {
    const value = parameters[keyword];
    if (value === undefined || serverVersion < knownFrom) continue;
    if (keyword === 'password' && parameters['passfile'] !== undefined) continue;
    parts.push(`${keyword}=${escapeValue(value)}`);
  }
  return parts.join(' ');
}

/** Reads either form of libpq; null where it is neither. */
export function parseDsn(text: string): ConnectionParameters | null {
  try {
    return Object.fromEntries(
      isConnectionUri(text) ? parseConnectionUri(text) : parseKeywordValue(text),
    );
  } catch (error) {
    if (error instanceof PgsqlError) return null;
    throw error;
  }
}

/** As members publish it: `postgres://10.0.0.1:5432/postgres`. */
export function printConnUrl(address: HostPort, database: string): string {
  return `postgres://${printHostPort(address)}/${percentEncode(database)}`;
}

/**
 * Where a member's `conn_url` points: host, port (5432 where it says none), database and further keywords,
 * without user and password. Null where it can't be read or names no host.
 */
export function parseConnUrl(url: string): ConnectionParameters | null {
  const parsed = isConnectionUri(url) ? parseDsn(url) : null;
  if (parsed?.['host'] === undefined) return null;
  const { user: _user, password: _password, ...place } = parsed;
  return { ...place, port: parsed['port'] ?? String(postgresqlPort) };
}
