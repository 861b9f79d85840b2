// How the server that is copied is reached.

import type { Credentials } from '#core/config/patroni/agent-config.ts';
import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import { parseConnUrl, printDsn } from '#core/config/patroni/dsn.ts';
import type { CloneSource } from '../bootstrap-port.ts';

function placeOf(source: CloneSource): ConnectionParameters | null {
  switch (source.kind) {
    case 'member':
      return source.member.connUrl === null ? null : parseConnUrl(source.member.connUrl);
    case 'remote':
      return source.from.host === null
        ? null
        : { host: source.from.host, port: source.from.port ?? '5432' };
    case 'none':
      return null;
    default:
      return source satisfies never;
  }
}

/** Place and credentials of replication, password included; null where there is nobody to connect to. */
export function sourceConnection(
  source: CloneSource,
  replication: Credentials,
  database: string,
): ConnectionParameters | null {
  const place = placeOf(source);
  if (place === null) return null;
  return {
    dbname: database,
    ...place,
    ...replication.connection,
    ...(replication.username === null ? {} : { user: replication.username }),
    ...(replication.password === null ? {} : { password: replication.password }),
  };
}

/** The connection as a program gets it among its arguments, which everybody on the machine can read. */
export function publicDsn(connection: ConnectionParameters, majorVersion: number): string {
  const { password: _password, sslpassword: _sslpassword, ...open } = connection;
  return printDsn(open, majorVersion * 10_000);
}
